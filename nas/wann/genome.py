"""A weight agnostic network as evolution changes it: nodes in order of creation, connections that are enabled or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidGenotype
from nas.core.proposal import Genotype
from nas.core.shown import shown
from nas.spaces.genotype_reader import GenotypeReader
from nas.wann.activations import ACTIVATIONS
from nas.wann.layering import first_edges, longest_paths

MAX_HIDDEN = 2_000
MAX_CONNECTIONS = 100_000
"""Published networks have up to some thousand; a bound on what a stranger can make the product read."""


@dataclass(frozen=True, slots=True, eq=False)
class Genome:
    """Nodes are numbered: 0 bias, 1 … I inputs, I+1 … I+O outputs, then hidden ones in order of creation. Outputs are linear.

    Attributes:
      activations: (H,) uint8, the activation id of each hidden node.
      sources, destinations: (E,) int32, sorted by source, then destination; no pair twice.
      is_enabled: (E,) bool. All connections together, disabled ones too, have no cycle.
    """

    num_inputs: int
    num_outputs: int
    activations: npt.NDArray[np.uint8]
    sources: npt.NDArray[np.int32]
    destinations: npt.NDArray[np.int32]
    is_enabled: npt.NDArray[np.bool_]

    @property
    def first_hidden(self) -> int:
        return 1 + self.num_inputs + self.num_outputs

    @property
    def num_hidden(self) -> int:
        return len(self.activations)

    @property
    def num_enabled(self) -> int:
        return int(np.count_nonzero(self.is_enabled))

    @classmethod
    def of(
        cls, genotype: object, num_inputs: int, num_outputs: int, *, allowed: Sequence[int] = tuple(ACTIVATIONS)
    ) -> Genome:
        """The genome that `genotype` writes: {"activations": [id, …], "connections": [[source, destination, 0 or 1], …]}.

        Connections may come in any order. Raises InvalidGenotype with one error per wrong field.
        """
        reader = GenotypeReader()
        given = reader.fields("", genotype, ("activations", "connections"))
        reader.finish()
        assert given is not None  # `finish` raised
        ids = reader.items("activations", given["activations"], at_least=0, at_most=MAX_HIDDEN, of="hidden nodes") or []
        for place, activation in enumerate(ids):
            if type(activation) is not int or activation not in allowed:
                reader.choice(f"activations.{place}", activation, tuple(allowed))
        rows = reader.items("connections", given["connections"], at_least=0, at_most=MAX_CONNECTIONS, of="connections")
        num_nodes = 1 + num_inputs + num_outputs + len(ids)
        for place, row in enumerate(rows or []):
            if problem := _problem_with(row, num_inputs, num_outputs, num_nodes):
                reader.error(f"connections.{place}", problem)
        reader.finish()
        flat = np.fromiter(chain.from_iterable(rows or []), dtype=np.int64).reshape(-1, 3)
        flat = flat[np.lexsort((flat[:, 1], flat[:, 0]))]
        again = np.flatnonzero((flat[1:, :2] == flat[:-1, :2]).all(axis=1))
        if len(again):
            source, destination = flat[again[0], :2]
            raise InvalidGenotype.at("connections", f"the connection from {source} to {destination} is listed twice")
        genome = cls(
            num_inputs,
            num_outputs,
            np.array(ids, dtype=np.uint8),
            flat[:, 0].astype(np.int32),
            flat[:, 1].astype(np.int32),
            flat[:, 2].astype(np.bool_),
        )
        genome._check_cycles()
        return genome

    def as_genotype(self) -> Genotype:
        """The JSON form, connections sorted."""
        rows = np.stack([self.sources, self.destinations, self.is_enabled.astype(np.int32)], axis=1)
        return {"activations": self.activations.tolist(), "connections": rows.tolist()}

    def levels(self) -> npt.NDArray[np.int64]:
        """(H,) of the hidden nodes: 1, or one more than the highest they are connected from, by disabled connections too.

        A hidden connection is only ever disabled where an enabled detour takes its place, so enabled ones alone give the same
        levels (the published code's); of networks that came another way no later change can close a cycle.
        """
        return self._longest_paths()[0]

    def _longest_paths(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
        firsts = first_edges(self.first_hidden, self.num_hidden, self.sources)
        return longest_paths(self.first_hidden, firsts, self.destinations, np.ones(len(self.sources), dtype=np.bool_))

    def _check_cycles(self) -> None:
        """Raises InvalidGenotype at "connections" that names a node of a cycle."""
        _levels, order, num_ordered = self._longest_paths()
        if num_ordered < self.num_hidden:
            left = np.setdiff1d(np.arange(self.num_hidden), order[:num_ordered]) + self.first_hidden
            raise InvalidGenotype.at(
                "connections",
                f"hidden nodes read each other in a circle ({', '.join(map(str, left[:5]))} are on one or behind it); "
                "remove a connection between them, a disabled one counts too",
            )


def _problem_with(row: Any, num_inputs: int, num_outputs: int, num_nodes: int) -> str | None:
    """What is wrong with one connection, in words."""
    if type(row) not in (list, tuple) or len(row) != 3 or any(type(number) is not int for number in row):
        return f"expected [source, destination, enabled 0 or 1], whole numbers, got {shown(row)}"
    source, destination, enabled = row
    problem = None
    if not 0 <= source < num_nodes or not 0 <= destination < num_nodes:
        wrong = source if not 0 <= source < num_nodes else destination
        problem = f"there is no node {shown(wrong)}; there are the nodes 0 to {num_nodes - 1}"
    elif enabled not in (0, 1):
        problem = f"the third number says whether it is enabled, 0 or 1, got {shown(enabled)}"
    elif num_inputs < source <= num_inputs + num_outputs:
        problem = f"node {source} is an output; nothing may read it"
    elif destination <= num_inputs:
        problem = f"node {destination} is {'the bias' if destination == 0 else 'an input'}; it reads nothing"
    elif source == destination:
        problem = f"node {source} would read itself"
    return problem
