"""Networks that an island trained, inside its stored state, so that an evaluation may begin with their weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from nas.core.errors import StateMismatch

_PREFIX = "handed_down"
Arrays = Mapping[str, npt.NDArray[Any]]


def packed(networks: Mapping[str, Arrays]) -> tuple[dict[str, npt.NDArray[Any]], list[str]]:
    """`networks`: by canonical form, the arrays of a state dict. Returns them as arrays of one file, and their forms."""
    arrays = {
        f"{_PREFIX}.{place}.{name}": array
        for place, network in enumerate(networks.values())
        for name, array in network.items()
    }
    return arrays, list(networks)


def is_handed_down(name: str) -> bool:
    """Whether the array belongs to such a network rather than to the island."""
    return name.startswith(f"{_PREFIX}.")


def trained_network(stored: bytes, form: str) -> bytes | None:
    """`stored` as the checkpoint of a trained network: itself, unless it is the state of an island; of that the network with
    the canonical form `form`, None where there is none. Raises StateMismatch when it cannot be read.
    """
    try:
        head = json.loads(stored[8 : 8 + int.from_bytes(stored[:8], "little")])["__metadata__"]
        if "island" not in head:
            return stored
        forms = json.loads(head["island"])["handed_down"]
    except (KeyError, ValueError, TypeError) as error:
        raise StateMismatch(f"the checkpoint cannot be read: {error!s:.200}") from None
    if form not in forms:
        return None
    from safetensors.torch import load

    from nas.training.checkpoint import pack, prefixed, with_prefix

    return pack(prefixed("network", with_prefix(f"{_PREFIX}.{forms.index(form)}", load(stored))), {})
