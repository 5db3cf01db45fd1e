"""The network in which ENAS's micro search takes place: cells whose operands may be any earlier state, through any operation.

Pham et al. 2018, arXiv 1802.03268, section 2.4; published code melodyguan/enas, src/cifar10/micro_child.py. It differs from
the networks that are trained from scratch: a reduction is made before its cell, so that no operation has a stride, and the
states that nobody reads are brought back to the cell's width, each by its slice of one 1×1 convolution. Cells read the maps
that they read in those networks; in the published search the map that a reduction makes is one of them as well, so there the
cells at and after a reduction find another older input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce

import numpy as np

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.choice import Candidate, choose
from nas.blueprint.draft import Draft, Value
from nas.core.errors import InvalidGenotype
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Row
from nas.operations.connections import zero
from nas.operations.convolutions import activation, batch_norm, conv
from nas.operations.primitives.merging import Add
from nas.operations.reductions import factorized_reduction
from nas.spaces.cells.family import NUM_INPUTS, REDUCTION, CellFamily
from nas.spaces.cells.stacking import Place, Stacking

CELLS = ("normal", "reduction")
_SIDES = ("first", "second")


def micro_rows(num_blocks: int, operations: Sequence[str]) -> tuple[Row, ...]:
    """Per cell the two operands of each block: a state and what is done with it. Then, per state, whether it is joined to the
    output: that follows from the operands, as what nobody reads is joined."""
    rows: list[Row] = []
    for cell in CELLS:
        for block in range(num_blocks):
            options = tuple(f"{state} {name}" for state in range(block + NUM_INPUTS) for name in operations)
            rows += (Row(f"{cell}.block{block + 1}.{side}", cell, options) for side in _SIDES)
        rows += (Row(f"{cell}.state{s}", f"{cell} output", ("read", "joined")) for s in range(num_blocks + NUM_INPUTS))
    return tuple(rows)


def micro_path(genotype: Genotype, num_blocks: int, operations: Sequence[str]) -> tuple[int, ...]:
    path: list[int] = []
    for cell in CELLS:
        read = set()
        for block in genotype[cell]["blocks"]:
            for state, operation in zip(block["inputs"], block["operations"], strict=True):
                path.append(state * len(operations) + operations.index(operation))
                read.add(state)
        path += (int(state not in read) for state in range(num_blocks + NUM_INPUTS))
    return tuple(path)


def micro_genotype(path: Sequence[int], num_blocks: int, operations: Sequence[str]) -> Genotype:
    """The inverse of `micro_path`. Raises InvalidGenotype where the path joins other states than those that nobody reads."""
    genotype = operands_genotype(path, num_blocks, operations)
    if micro_path(genotype, num_blocks, operations) != tuple(path):
        raise InvalidGenotype.at("", "a cell joins exactly the states that none of its blocks reads")
    return genotype


def operands_genotype(path: Sequence[int], num_blocks: int, operations: Sequence[str]) -> Genotype:
    """The architecture of a path's operands, whatever it says about what is joined."""
    per_cell = 2 * num_blocks + num_blocks + NUM_INPUTS
    genotype = {}
    for number, cell in enumerate(CELLS):
        blocks = []
        for block in range(num_blocks):
            begin = number * per_cell + 2 * block
            pairs = [divmod(int(option), len(operations)) for option in path[begin : begin + 2]]
            blocks.append(
                {"inputs": [state for state, _ in pairs], "operations": [operations[name] for _, name in pairs]}
            )
        genotype[cell] = {"blocks": blocks}
    return genotype


def micro_derived(probabilities: Sequence[Sequence[float]], num_blocks: int, operations: Sequence[str]) -> Genotype:
    """The likeliest operands."""
    return operands_genotype([int(np.argmax(row)) for row in probabilities], num_blocks, operations)


@dataclass(frozen=True)
class MicroSupernet:
    """The network over a stacking of cells; rows are numbered as `micro_rows` lists them."""

    family: CellFamily
    stacking: Stacking
    num_blocks: int
    operations: Sequence[str]

    def written(self, input_shape: Shape, num_classes: int) -> Blueprint:
        stacking = self.stacking
        stacking.check(input_shape)
        draft = Draft(input_shape)
        (stem,) = stacking.stems
        with draft.group("stem", stem.label):
            newest = stem.operation(draft, draft.inputs[0], *stem.settings)
        older = newest
        for place, groups in zip(stacking.places, stacking.names(), strict=True):
            with draft.group("_".join(name for name, _ in groups), groups[-1][1]):
                before = newest
                if place.kind == REDUCTION:
                    with draft.group("halving", "Map halved"):
                        newest = factorized_reduction(draft, newest, place.filters, relu=False)
                newest, older = self._cell(draft, place, older, newest), before
        with draft.group("head", "Head"):
            return draft.finish(stacking.head(draft, newest, num_classes, *stacking.head_settings))

    def _cell(self, draft: Draft, place: Place, older: Value, newer: Value) -> Value:
        row = place.kind * (3 * self.num_blocks + NUM_INPUTS)
        filters = place.filters
        with draft.group("older", "Older input"):
            stride = 1 if older.shape[1:] == newer.shape[1:] else 2
            older = self.family.align_older(draft, older, filters, stride)
        with draft.group("newer", "Newer input"):
            newer = self.family.align_older(draft, newer, filters, 1)
        states = [older, newer]
        for block in range(self.num_blocks):
            with draft.group(f"block{block + 1}", f"Block {block + 1}"):
                candidates = [
                    (state, partial(_operation, self.family, name, filters))
                    for state in range(len(states))
                    for name in self.operations
                ]
                sides = []
                for number, side in enumerate(_SIDES):
                    with draft.group(side, side.title()):
                        sides.append(choose(draft, row + 2 * block + number, candidates, *states))
                states.append(draft.apply(Add(), *sides))
        with draft.group("output", "Output"):
            slices = []
            for number, state in enumerate(states):
                with draft.group(f"state{number}", f"State {number}"):
                    switch: tuple[Candidate, Candidate] = (zero, partial(_slice, filters))
                    slices.append(choose(draft, row + 2 * self.num_blocks + number, switch, state))
            return batch_norm(draft, reduce(lambda one, other: draft.apply(Add(), one, other), slices))


def _operation(family: CellFamily, name: str, filters: int, draft: Draft, x: Value) -> Value:
    return family.write(name)(draft, x, filters, 1)


def _slice(filters: int, draft: Draft, x: Value) -> Value:
    return conv(draft, activation(draft, x), filters, 1)
