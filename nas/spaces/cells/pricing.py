"""Costs of stacked cells in closed form: sums over looked-up prices, and the peak from a few short walks.

Parameters, MACs, activations and buffers of an operation depend only on its name, the kind of its cell and where its operand
comes from; summed over all places of a network once, they are added up per architecture. Inputs are aligned alike for
all cells that join equally many states. The peak is the largest of walks at places that differ; a walk is left out where the
walk at another place bounds it from below the best so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

from nas.blueprint.piece import Piece, piece
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.operations.reductions import fitted
from nas.spaces.cells.family import NORMAL, REDUCTION, CellFamily
from nas.spaces.cells.scenes import Scene, in_good_order, largest_peak
from nas.spaces.cells.stacking import Place, Stacking, read_values
from nas.spaces.cells.walk import FIT, Bench, bench
from nas.spaces.cells.wiring import Wiring

_Sum = tuple[int, int, int, int, int]  # params, MACs, bias additions, activations, buffers
_Habits = tuple[tuple[int, bool, bool], ...]  # per kind of cell: how many states it joins, reads input 0, reads input 1
_Totals = tuple[tuple[Mapping[str, _Sum], ...], ...]  # kind → source → operation


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is the same for all architectures whose cells have the same habits."""

    base: _Sum
    totals: _Totals
    least_peak: int
    scenes: tuple[Scene, ...]


class StackPricing:
    """Costs of the architectures of one space for one input shape."""

    def __init__(
        self,
        family: CellFamily,
        operations: tuple[str, ...],
        stacking: Stacking,
        input_shape: Shape,
        num_classes: int,
    ) -> None:
        self._family = family
        self._operations = operations
        self._stacking = stacking
        self._num_classes = num_classes
        stacking.check(input_shape)
        self._stems = _stem_pieces(stacking, input_shape)
        self._first = len(stacking.stems)
        self._sides = stacking.sides([price.shape for price in self._stems])
        self._benches: dict[tuple[Shape, ...], Bench] = {}
        self._plans: dict[_Habits, _Plan] = {}
        self._totals: dict[tuple[tuple[int, Bench], ...], _Totals] = {}

    def cost(self, wirings: Sequence[Wiring]) -> Cost:
        """`wirings`: of the two kinds of cells."""
        normal, reduction = wirings
        habits = (
            (len(normal.joined), normal.last_read[0] >= 0, normal.last_read[1] >= 0),
            (len(reduction.joined), reduction.last_read[0] >= 0, reduction.last_read[1] >= 0),
        )
        plan = self._plans.get(habits)
        if plan is None:
            plan = self._plans[habits] = self._plan(wirings)
        params, macs, bias_adds, activations, buffers = plan.base
        for cell, totals in zip(wirings, plan.totals, strict=True):
            sources = cell.sources
            for first, one, second, two, _ in cell.blocks:
                a = totals[sources[first]][one]
                b = totals[sources[second]][two]
                params += a[0] + b[0]
                macs += a[1] + b[1]
                bias_adds += a[2] + b[2]
                activations += a[3] + b[3]
                buffers += a[4] + b[4]
            for state in cell.joined:
                a = totals[sources[state]][FIT]
                params += a[0]
                macs += a[1]
                bias_adds += a[2]
                activations += a[3]
                buffers += a[4]
        return Cost(
            params=params,
            macs=macs,
            bias_adds=bias_adds,
            activations=activations,
            peak_memory_bytes=BYTES_PER_ELEMENT * largest_peak(plan.scenes, wirings, plan.least_peak),
            weight_bytes=BYTES_PER_ELEMENT * (params + buffers),
        )

    def _plan(self, wirings: Sequence[Wiring]) -> _Plan:
        family, stacking, first = self._family, self._stacking, self._first
        alive = stacking.alive(wirings, family.newer)
        shapes = self._shapes(wirings)
        head = piece(stacking.head, shapes[-1], self._num_classes, *stacking.head_settings)
        last_use = self._last_uses(wirings, alive)
        fixed = [price for price, is_alive in zip(self._stems, alive, strict=False) if is_alive]
        fixed.append(head)
        peaks = [head.peak, *self._stem_peaks(last_use)]
        scenes: list[Scene] = []
        for number, place in enumerate(stacking.places):
            if not alive[first + number]:
                continue
            aligned, align_peak, scene = self._arrive(number, place, wirings[place.kind], shapes, last_use)
            fixed += aligned
            peaks.append(align_peak)
            scenes.append(scene)
        base = [sum(amounts) for amounts in zip(*map(_sum, fixed), strict=True)]
        return _Plan(
            base=(base[0], base[1], base[2], base[3], base[4]),
            totals=self._totals_of(scenes),
            least_peak=max(peaks),
            scenes=in_good_order(scenes),
        )

    def _totals_of(self, scenes: Sequence[Scene]) -> _Totals:
        """Prices of operations, summed over all cells of a kind; remembered by where the cells stand."""
        key = tuple((scene.kind, scene.at) for scene in scenes)
        if key not in self._totals:
            sums: list[list[dict[str, list[int]]]] = [
                [{name: [0] * 5 for name in (*self._operations, FIT)} for _ in range(4)] for _ in (NORMAL, REDUCTION)
            ]
            for kind, at in key:
                for totals, prices in zip(sums[kind], at.pieces, strict=True):
                    for name, price in prices.items():
                        for i, amount in enumerate(_sum(price)):
                            totals[name][i] += amount
            self._totals[key] = tuple(
                tuple({name: (s[0], s[1], s[2], s[3], s[4]) for name, s in table.items()} for table in kind)
                for kind in sums
            )
        return self._totals[key]

    def _shapes(self, wirings: Sequence[Wiring]) -> list[Shape]:
        """Of all values: stems, then cells."""
        shapes = [price.shape for price in self._stems]
        for number, place in enumerate(self._stacking.places):
            channels = len(wirings[place.kind].joined) * place.filters
            shapes.append((channels, *self._sides[self._first + number]))
        return shapes

    def _last_uses(self, wirings: Sequence[Wiring], alive: Sequence[bool]) -> list[int]:
        """Per value the number of the place that reads it last; -1 for none, and for a stem that only a stem reads."""
        found = [-1] * len(alive)
        for number, place in enumerate(self._stacking.places):
            if alive[self._first + number]:
                for value in read_values(place, wirings[place.kind], self._family.newer):
                    found[value] = number
        found[-1] = len(self._stacking.places)
        return found

    def _stem_peaks(self, last_use: Sequence[int]) -> list[int]:
        """While stem k runs, the outputs of earlier stems that cells read are alive; the one it reads dies otherwise."""
        peaks, held = [], 0
        for number, price in enumerate(self._stems):
            is_kept = number > 0 and last_use[number - 1] >= 0
            peaks.append(held + (price.peak_beside if is_kept else price.peak))
            if is_kept:
                held += prod(self._stems[number - 1].shape)
        return peaks

    def _arrive(
        self, number: int, place: Place, cell: Wiring, shapes: Sequence[Shape], last_use: Sequence[int]
    ) -> tuple[list[Piece], int, Scene]:
        """Aligning the inputs of a cell: what it costs, its peak, and the scene in which the operations then run."""
        family = self._family
        reads_newer, reads_older = cell.reads(family.newer), cell.reads(family.older)
        end = self._first + number
        held = sum(prod(shapes[value]) for value in range(end) if last_use[value] > number)
        ending = {value for value in read_values(place, cell, family.newer) if last_use[value] == number}
        alive = sum(prod(shapes[value]) for value in ending)
        side = self._sides[place.newer]
        fixed: list[Piece] = []
        peak, keeps_older, older_shape = 0, False, (place.filters, *side)
        if reads_older and place.older is None:
            older_shape = shapes[place.newer]
            keeps_older = place.newer not in ending
        elif reads_older:
            assert place.older is not None
            stride = 1 if self._sides[place.older] == side else 2
            price = piece(family.align_older, shapes[place.older], place.filters, stride)
            dies = place.older in ending and not (place.older == place.newer and reads_newer)
            alive, peak = _after(price, prod(shapes[place.older]), alive, peak, dies=dies)
            keeps_older = price.is_alias and not dies
            fixed.append(price)
        if reads_newer:
            price = piece(family.align_newer, shapes[place.newer], place.filters)
            dies = place.newer in ending and not (place.older is None and reads_older)
            alive, peak = _after(price, prod(shapes[place.newer]), alive, peak, dies=dies)
            fixed.append(price)
        at = self._bench(place, older_shape, side)
        return fixed, held + peak, Scene(place.kind, at, alive, held, family.older if keeps_older else -1)

    def _bench(self, place: Place, older: Shape, side: Shape) -> Bench:
        """Benches are shared by places where nothing differs."""
        stride = 1 if place.kind == NORMAL else 2
        inner = (-(-side[0] // stride), -(-side[1] // stride))
        shapes = ((place.filters, *side), older, (place.filters, *inner), (2 * place.filters, *inner))
        key = (*shapes, (stride,))
        if key not in self._benches:
            self._benches[key] = bench(self._family, self._operations, fitted, shapes, stride)
        return self._benches[key]


@lru_cache(maxsize=64)
def stack_pricing(
    family: CellFamily, operations: tuple[str, ...], stacking: Stacking, input_shape: Shape, num_classes: int
) -> StackPricing:
    """Remembered: what it learns about one setting serves the next architecture."""
    return StackPricing(family, operations, stacking, input_shape, num_classes)


def _stem_pieces(stacking: Stacking, input_shape: Shape) -> list[Piece]:
    prices, shape = [], input_shape
    for stem in stacking.stems:
        prices.append(piece(stem.operation, shape, *stem.settings))
        shape = prices[-1].shape
    return prices


def _after(price: Piece, size: int, alive: int, peak: int, *, dies: bool) -> tuple[int, int]:
    """Elements alive, and at the peak so far, after an operation on an input of `size` elements."""
    peak = max(peak, alive - size + price.peak if dies else alive - size + price.peak_beside)
    if price.is_alias:
        return alive, peak
    made = prod(price.shape)
    return (alive + made - size if dies else alive + made), peak


def _sum(price: Piece) -> _Sum:
    return (price.params, price.macs, price.bias_adds, price.activations, price.buffers)
