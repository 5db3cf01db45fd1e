"""A weight agnostic network as it is computed: only what the outputs depend on, level by level."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from nas.wann.genome import Genome
from nas.wann.layering import first_edges, kept_hidden, longest_paths, read_columns

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """Enabled connections alone, without hidden nodes that no output depends on. A hidden node that reads nothing, but that an
    output depends on, stays: a constant.

    Rows are what is computed: H hidden nodes sorted by level, inside a level by activation, then number; after them the O
    outputs, which are linear. Columns are what can be read: 0 the bias (constant 1), 1 … I the inputs, then 1+I+r row r.
    The matrix of the network has the shape (H + O, 1 + I + H), ones at (row, column) of each connection, all of them
    strictly below the level of the row.

    Attributes:
      hidden: (H,) per hidden row its number among all hidden nodes of the genome, counted from 0.
      activations: (H,) activation ids.
      levels: (H,) 1, or one more than the highest level among the hidden nodes it reads; ascending.
      starts: (H + O + 1,) where the connections of each row begin.
      columns: (E,) what is read: row r reads `columns[starts[r] : starts[r + 1]]`, bias and inputs before rows.
    """

    num_inputs: int
    num_outputs: int
    hidden: Integers
    activations: Integers
    levels: Integers
    starts: Integers
    columns: Integers

    @classmethod
    def of(cls, genotype: object, num_inputs: int, num_outputs: int) -> Topology:
        """Raises InvalidGenotype for what is no network: unknown activations, wrong node numbers, cycles (`Genome.of`)."""
        return cls.of_genome(Genome.of(genotype, num_inputs, num_outputs))

    @classmethod
    def of_genome(cls, genome: Genome) -> Topology:
        first, counts = genome.first_hidden, genome.is_enabled
        firsts = first_edges(first, genome.num_hidden, genome.sources)
        levels, order, _ = longest_paths(first, firsts, genome.destinations, counts)
        hidden = kept_hidden(first, firsts, levels, order, genome.activations, genome.destinations, counts)
        starts, columns = read_columns(
            genome.num_inputs,
            genome.num_outputs,
            genome.num_hidden,
            hidden,
            genome.sources,
            genome.destinations,
            counts,
        )
        return cls(
            num_inputs=genome.num_inputs,
            num_outputs=genome.num_outputs,
            hidden=hidden,
            activations=genome.activations[hidden].astype(np.int64),
            levels=levels[hidden],
            starts=starts,
            columns=columns,
        )

    @property
    def num_hidden(self) -> int:
        return len(self.hidden)

    @property
    def num_rows(self) -> int:
        return len(self.starts) - 1

    @property
    def num_connections(self) -> int:
        return len(self.columns)

    @property
    def num_levels(self) -> int:
        """Levels of hidden nodes; 0 where there is none."""
        return int(self.levels[-1]) if len(self.levels) else 0

    def rows(self) -> Integers:
        """(E,) the row of each connection, beside `columns`."""
        return np.repeat(np.arange(self.num_rows), np.diff(self.starts))

    def level_bounds(self) -> list[tuple[int, int]]:
        """Per level of hidden nodes its first row and the one after its last. No level is empty."""
        edges = np.searchsorted(self.levels, np.arange(1, self.num_levels + 2))
        return list(pairwise(edges.tolist()))

    def segments(self, first: int, last: int) -> list[tuple[int, int, int]]:
        """(activation id, first row, one after the last) for each run of equal activations among the rows `first` to `last`."""
        ids = self.activations[first:last]
        cuts = [0, *(np.flatnonzero(np.diff(ids)) + 1).tolist(), len(ids)] if len(ids) else []
        return [(int(ids[a]), first + a, first + b) for a, b in pairwise(cuts)]

    def node_of_column(self, column: int) -> int:
        """The number of a column's node in the genome: bias and inputs as they are, hidden ones by creation."""
        first = 1 + self.num_inputs
        return column if column < first else first + self.num_outputs + int(self.hidden[column - first])
