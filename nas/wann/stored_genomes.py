"""Genomes as arrays by name, as states of populations keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.wann.genome import Genome

Arrays = Mapping[str, npt.NDArray[Any]]

_OF_NODES = ("activations",)
_OF_CONNECTIONS = ("sources", "destinations", "is_enabled")


def pack_genomes(genomes: Sequence[Genome]) -> dict[str, npt.NDArray[Any]]:
    """The genomes' arrays one behind the other, and how long each is."""
    return {
        "num_hidden": np.array([genome.num_hidden for genome in genomes], dtype=np.int64),
        "num_connections": np.array([len(genome.sources) for genome in genomes], dtype=np.int64),
        **{
            name: np.concatenate([getattr(genome, name) for genome in genomes])
            for name in (*_OF_NODES, *_OF_CONNECTIONS)
        },
    }


def unpack_genomes(arrays: Arrays, num_inputs: int, num_outputs: int) -> list[Genome]:
    """The inverse of `pack_genomes`. Raises KeyError or ValueError for what it did not write."""
    parts: dict[str, list[npt.NDArray[Any]]] = {}
    for names, lengths in ((_OF_NODES, arrays["num_hidden"]), (_OF_CONNECTIONS, arrays["num_connections"])):
        for name in names:
            if len(arrays[name]) != lengths.sum():
                raise ValueError(f"{name} has {len(arrays[name])} entries, not {lengths.sum()}")
            parts[name] = [part.copy() for part in np.split(arrays[name], np.cumsum(lengths)[:-1])]
    return [
        Genome(num_inputs, num_outputs, *one)
        for one in zip(*(parts[name] for name in (*_OF_NODES, *_OF_CONNECTIONS)), strict=True)
    ]
