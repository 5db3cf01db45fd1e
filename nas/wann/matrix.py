"""A network as one matrix of its connections, the form in which people write small ones down."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidGenotype
from nas.wann.activations import ACTIVATION_IDS, ACTIVATIONS
from nas.wann.topology import Topology

MOST_NODES = 4_000


class MatrixForWANN:
    """Columns are sources, inputs then hidden nodes; rows are destinations, hidden nodes then outputs.

    Row r and column in_dim + r are the same hidden node. What is not 0 is a connection. Hidden nodes may stand in any order.

    Attributes:
      mat: (H + O, I + H) float64.
      num_hidden_nodes: H.
      levels: (H,) of each hidden node: 1, or one more than the highest level among the hidden nodes it reads.
      hidden_dim: the sizes of the levels.
      order: (H,) the hidden nodes sorted by level: a permutation after which each reads earlier ones only.
    """

    def __init__(self, mat: Any, in_dim: int, out_dim: int) -> None:
        """Raises InvalidGenotype for a shape that does not fit, numbers that are not finite, and cycles."""
        try:
            given: npt.NDArray[np.float64] = np.array(mat, dtype=np.float64)
        except (TypeError, ValueError):
            raise InvalidGenotype.at("mat", "must be a matrix of numbers, all rows of one length") from None
        if in_dim < 1 or out_dim < 1:
            raise InvalidGenotype.at("mat", f"there must be inputs and outputs, got {in_dim} and {out_dim}")
        if given.ndim != 2 or given.shape[0] < out_dim or given.shape[1] - in_dim != given.shape[0] - out_dim:
            raise InvalidGenotype.at(
                "mat",
                "must have a row per hidden node and output, and a column per input and hidden node: with H hidden nodes "
                f"(H + {out_dim}) × ({in_dim} + H), got the shape {given.shape}",
            )
        if max(given.shape) > MOST_NODES:
            raise InvalidGenotype.at(
                "mat", f"has the shape {given.shape}; at most {MOST_NODES} rows and columns are read"
            )
        if not np.isfinite(given).all():
            row, column = np.argwhere(~np.isfinite(given))[0].tolist()
            raise InvalidGenotype.at(
                f"mat.{row}.{column}",
                f"must be a finite number, 0 where there is no connection, got {given[row, column]}",
            )
        self.mat = given
        self.in_dim = in_dim
        self.out_dim = out_dim
        self.num_hidden_nodes = given.shape[1] - in_dim
        self.levels = _levels(given[: self.num_hidden_nodes, in_dim:] != 0)
        self.order = np.argsort(self.levels, kind="stable")
        self.hidden_dim: list[int] = np.bincount(self.levels)[1:].tolist()

    @classmethod
    def of_topology(cls, topology: Topology) -> MatrixForWANN:
        """Ones at the connections; the bias is the first input."""
        mat = np.zeros((topology.num_rows, 1 + topology.num_inputs + topology.num_hidden))
        mat[topology.rows(), topology.columns] = 1.0
        return cls(mat, 1 + topology.num_inputs, topology.num_outputs)

    def topology(self, activations: Any, *, has_bias: bool = False) -> Topology:
        """The network that is computed: without hidden nodes that no output depends on.

        Args:
          activations: of each hidden node in the order of the matrix, by id or by name.
          has_bias: whether the first input is the constant 1.

        Raises InvalidGenotype.
        """
        ids = [_activation_id(place, given) for place, given in enumerate(activations)]
        if len(ids) != self.num_hidden_nodes:
            raise InvalidGenotype.at(
                "activations", f"there must be one per hidden node, {self.num_hidden_nodes} of them, got {len(ids)}"
            )
        num_inputs = self.in_dim - has_bias
        first_hidden = 1 + num_inputs + self.out_dim
        hidden = range(first_hidden, first_hidden + self.num_hidden_nodes)
        destinations = [*hidden, *range(1 + num_inputs, first_hidden)]
        sources = [*range(1 - has_bias, 1 + num_inputs), *hidden]
        connections = [[sources[column], destinations[row], 1] for row, column in np.argwhere(self.mat != 0).tolist()]
        return Topology.of({"activations": ids, "connections": connections}, num_inputs, self.out_dim)


def _levels(reads: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(H,) from (H, H): whether a row's node reads a column's. A level is known once those of all it reads are."""
    levels = np.zeros(len(reads), dtype=np.int64)
    level = 0
    while not levels.all():
        level += 1
        waits = (reads & (levels == 0)).any(axis=1)
        ready = (levels == 0) & ~waits
        if not ready.any():
            left = (np.flatnonzero(levels == 0)[:5] + 1).tolist()
            raise InvalidGenotype.at(
                "mat",
                f"hidden nodes read each other in a circle: {', '.join(map(str, left))} are on one or behind it",
            )
        levels[ready] = level
    return levels


def _activation_id(place: int, given: Any) -> int:
    if isinstance(given, str) and given in ACTIVATION_IDS:
        return ACTIVATION_IDS[given]
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool) and int(given) in ACTIVATIONS:
        return int(given)
    known = ", ".join(f"{one.id} {one.name}" for one in ACTIVATIONS.values())
    raise InvalidGenotype.at(f"activations.{place}", f"there is no activation {given!r:.40}; there are {known}")
