"""What a family of cell spaces has in common, and in what its members differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from nas.blueprint.draft import Draft, Value
from nas.operations.catalogue import OPERATIONS, Write

NORMAL, REDUCTION = 0, 1
"""The two kinds of cells: they keep the size of maps, or halve it."""

NEWER, OLDER, INNER, WIDE = 0, 1, 2, 3
"""Where an operand comes from: the two inputs of the cell, a block of usual width, a block that concatenated (2·filters)."""

NUM_INPUTS = 2

AlignNewer = Callable[[Draft, Value, int], Value]
AlignOlder = Callable[[Draft, Value, int, int], Value]


class Joins(StrEnum):
    """Which states a cell concatenates to its output."""

    UNREAD_BLOCKS = "unread_blocks"
    UNREAD_STATES = "unread_states"  # the cell's two inputs as well
    ALL_BLOCKS = "all_blocks"


@dataclass(frozen=True, eq=False)
class CellFamily:
    """The rules of one space. One instance per space: compared by identity.

    Attributes:
      newer: the index by which genotypes call the output of the cell before; 1 - newer is that of the one before it.
      joins: what is concatenated at the end of a cell.
      align_newer: (draft, x, filters) → the newer input as the cell's first operations read it; a new tensor always.
      align_older: (draft, x, filters, stride) → the same of the older input; stride 2 where its map is twice as large.
        May return `x` where nothing is to be done.
      allows_concat: cells may name states that are joined though others read them, as published cells do.
      written: operations that this family writes otherwise than the catalogue.
    """

    newer: int
    joins: Joins
    align_newer: AlignNewer
    align_older: AlignOlder
    allows_concat: bool = False
    written: tuple[tuple[str, Write], ...] = field(default=())

    @property
    def older(self) -> int:
        return 1 - self.newer

    def write(self, operation: str) -> Write:
        return dict(self.written).get(operation) or OPERATIONS[operation].write
