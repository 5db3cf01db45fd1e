"""A cell as the engine reads it: who reads whom, what is joined, when each state is read for the last time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from nas.spaces.cells.family import INNER, NEWER, NUM_INPUTS, OLDER, WIDE, CellFamily, Joins

Operands = tuple[int, str, int, str, bool]
"""One block: first state, its operation, second state, its operation, and whether the two are concatenated, not added."""


@dataclass(slots=True)
class Wiring:
    """States are numbered: the two inputs 0 and 1, then what each block makes.

    Attributes:
      blocks: in their order.
      sources: per state, where it comes from (NEWER, OLDER, INNER, WIDE).
      last_read: per state, the number of the operation that reads it last (0, 1 in the first block, 2, 3 in the second …);
        2·blocks for states that are joined, -1 for an input that nobody reads.
      joined: the states concatenated to the output, ascending.
    """

    blocks: Sequence[Operands]
    sources: list[int]
    last_read: list[int]
    joined: list[int]

    def reads(self, state: int) -> bool:
        return self.last_read[state] >= 0


def wiring(family: CellFamily, blocks: Iterable[Operands], concat: Collection[int] = ()) -> Wiring:
    """`concat`: states that are joined whether somebody reads them or not."""
    blocks = tuple(blocks)
    end = 2 * len(blocks)
    sources = [NEWER, OLDER] if family.newer == 0 else [OLDER, NEWER]
    last_read = [-1] * (len(blocks) + NUM_INPUTS)
    place = 0
    for first, _, second, _, is_wide in blocks:
        last_read[first] = place
        last_read[second] = place + 1
        sources.append(WIDE if is_wide else INNER)
        place += 2
    begin = 0 if family.joins is Joins.UNREAD_STATES else NUM_INPUTS
    if family.joins is Joins.ALL_BLOCKS:
        joined = list(range(begin, len(last_read)))
    else:
        joined = [state for state in range(begin, len(last_read)) if last_read[state] < 0]
        if concat:
            joined = sorted({*joined, *concat})
    for state in joined:
        last_read[state] = end
    return Wiring(blocks, sources, last_read, joined)
