"""The canonical form of a cell: equal for two cells exactly when they differ only in the order in which things are written.

The order of a block's two operands, the numbering of blocks and the order of a concatenation carry no meaning (channels of
a concatenation may be renamed). Two blocks that look alike still are two blocks, with weights of their own. Not noticed is that
operations without weights give the same twice: a pool that is written twice and one that is read twice stay apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from nas.spaces.cells.family import NUM_INPUTS
from nas.spaces.cells.wiring import Operands, Wiring

_End = tuple[int, str]  # what is read: -2 and -1 for the inputs of the cell, else a colour; the operation on it


def canonical_cell(wiring: Wiring) -> str:
    """One term per block, operands sorted; "&" where they are concatenated; what is joined: "-2 identity+-1 sep_conv_3x3;…>0".

    Blocks get colours by what they read and who reads them, refined until nothing splits; where some stay alike, each in
    turn is put first and the smallest text wins. Of blocks that may be swapped one is tried, so that ten equal blocks
    take ten tries, not ten factorial.
    """
    blocks = wiring.blocks
    colours = _refined(blocks, [int(NUM_INPUTS + i in wiring.joined) for i in range(len(blocks))])
    return min(_texts(wiring, colours))


def _texts(wiring: Wiring, colours: Sequence[int]) -> list[str]:
    alike = defaultdict(list)
    for block, colour in enumerate(colours):
        alike[colour].append(block)
    tied = next((alike[colour] for colour in sorted(alike) if len(alike[colour]) > 1), None)
    if tied is None:
        return [_text(wiring, colours)]
    texts: list[str] = []
    tried: list[int] = []
    for block in tied:
        if not any(_may_be_swapped(wiring.blocks, block, other) for other in tried):
            tried.append(block)
            marked = [2 * colour + (i != block) for i, colour in enumerate(colours)]
            texts += _texts(wiring, _refined(wiring.blocks, marked))
    return texts


def _refined(blocks: Sequence[Operands], colours: Sequence[int]) -> list[int]:
    """Colours 0, 1, … that depend on no numbering of blocks; a class of `colours` is split, never joined with another."""
    while True:
        ends = _ends(blocks, colours)
        readers: list[list[tuple[int, str, _End]]] = [[] for _ in blocks]
        for (first, one, second, two, _), (left, right), colour in zip(blocks, ends, colours, strict=True):
            for state, operation, beside in ((first, one, right), (second, two, left)):
                if state >= NUM_INPUTS:
                    readers[state - NUM_INPUTS].append((colour, operation, beside))
        keys = [(colours[i], blocks[i][4], sorted(ends[i]), sorted(readers[i])) for i in range(len(blocks))]
        distinct: list[object] = []
        for key in sorted(keys):
            if not distinct or distinct[-1] != key:
                distinct.append(key)
        finer = [distinct.index(key) for key in keys]
        if len(distinct) == len(set(colours)):
            return finer
        colours = finer


def _ends(blocks: Sequence[Operands], colours: Sequence[int]) -> list[tuple[_End, _End]]:
    """Both operands of each block, states by their colour."""
    names = [*range(-NUM_INPUTS, 0), *colours]
    return [((names[first], one), (names[second], two)) for first, one, second, two, _ in blocks]


def _may_be_swapped(blocks: Sequence[Operands], one: int, other: int) -> bool:
    """Does the cell stay as it is when these two blocks (of one colour) change their names?"""
    names = list(range(len(blocks)))
    now = _ends(blocks, names)
    names[one], names[other] = other, one
    then = _ends(blocks, names)
    return all(sorted(then[i]) == sorted(now[names[i]]) for i in range(len(blocks)))


def _text(wiring: Wiring, colours: Sequence[int]) -> str:
    terms = {}
    for colour, ends, block in zip(colours, _ends(wiring.blocks, colours), wiring.blocks, strict=True):
        terms[colour] = ("&" if block[4] else "+").join(f"{state} {operation}" for state, operation in sorted(ends))
    joined = sorted(s - NUM_INPUTS if s < NUM_INPUTS else colours[s - NUM_INPUTS] for s in wiring.joined)
    return ";".join(terms[colour] for colour in sorted(terms)) + ">" + ",".join(map(str, joined))
