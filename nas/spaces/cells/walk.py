"""Peak memory inside one cell: a walk over its operations as wholes, their own peaks looked up.

It finds exactly what a walk over every layer finds (`nas.blueprint.cost.peak_of`), because an operation's layers touch
nothing of the rest of the cell: while it runs, all other buffers stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from nas.blueprint.piece import Operation, Piece, piece
from nas.core.graph import Shape
from nas.spaces.cells.family import INNER, CellFamily
from nas.spaces.cells.wiring import Wiring

FIT = "fit"
"""In a table of prices: bringing a state to the width and size of the cell's output, where it is joined."""

Moves = tuple[bool, int, int, int]
"""What the walk needs of an operation: whether its result is its input's buffer, what the peak adds to what is alive
before (when the input dies with it, when the input stays), elements of the input."""


@dataclass(frozen=True, eq=False)
class Bench:
    """Prices of all operations at one place of a network, by the source of what they read (NEWER, OLDER, INNER, WIDE).

    Attributes:
      unit: elements of what an operation makes, filters·H·W.
      sizes: elements of a state, by source.
      pieces, moves: source → operation → its price, and what the walk needs of it.
    """

    unit: int
    sizes: tuple[int, ...]
    pieces: tuple[Mapping[str, Piece], ...]
    moves: tuple[Mapping[str, Moves], ...]


def bench(family: CellFamily, operations: Sequence[str], fit: Operation, shapes: Sequence[Shape], stride: int) -> Bench:
    """`shapes`: of states by source; operations read the two inputs with `stride`, blocks with 1."""
    filters = shapes[INNER][0]
    sizes = tuple(prod(shape) for shape in shapes)
    pieces = []
    for source, shape in enumerate(shapes):
        step = stride if source < INNER else 1
        prices = {name: piece(family.write(name), shape, filters, step) for name in operations}
        pieces.append({**prices, FIT: piece(fit, shape, filters, step)})
    moves = tuple(
        {name: (price.is_alias, price.peak - size, price.peak_beside - size, size) for name, price in prices.items()}
        for prices, size in zip(pieces, sizes, strict=True)
    )
    return Bench(sizes[INNER], sizes, tuple(pieces), moves)


def peak_inside(  # noqa: PLR0912 - one loop without calls: every architecture that is priced runs it a few times
    wiring: Wiring, at: Bench, last_read: Sequence[int], alive: int
) -> int:
    """Elements alive at the peak between the aligned inputs and the cell's output.

    Args:
      last_read: as in `Wiring`; beyond 2·blocks for an input whose buffer others read after this cell.
      alive: elements of the inputs that nobody else holds.
    """
    unit, moves, sources = at.unit, at.moves, wiring.sources
    peak = alive
    number = 0  # of the operation
    for first, one, second, two, is_wide in wiring.blocks:
        is_alias, dying, staying, size = moves[sources[first]][one]
        if is_alias:
            ended = 1 if last_read[first] <= number + 1 else 0
        else:
            ended = 1
            if last_read[first] == number:
                peak = max(peak, alive + dying)
                alive += unit - size
            else:
                peak = max(peak, alive + staying)
                alive += unit
        shares = is_alias and first == second  # the second operation reads a buffer that the first result still is
        number += 1
        is_alias, dying, staying, size = moves[sources[second]][two]
        if is_alias:
            if last_read[second] <= number and not shares:
                ended += 1
        else:
            ended += 1
            if last_read[second] == number and not shares:
                peak = max(peak, alive + dying)
                alive += unit - size
            else:
                peak = max(peak, alive + staying)
                alive += unit
        number += 1
        # `ended` buffers are read for the last time; a sum takes over one of them, a concatenation needs its own
        if is_wide:
            alive += 2 * unit
            peak = max(peak, alive)
            alive -= ended * unit
        elif ended:
            alive -= (ended - 1) * unit
        else:
            alive += unit
            peak = max(peak, alive)
    for state in wiring.joined:
        if sources[state] != INNER:
            is_alias, dying, staying, size = moves[sources[state]][FIT]
            if is_alias:
                continue
            if last_read[state] == number:
                peak = max(peak, alive + dying)
                alive += unit - size
            else:
                peak = max(peak, alive + staying)
                alive += unit
    return max(peak, alive + unit * len(wiring.joined)) if len(wiring.joined) > 1 else peak
