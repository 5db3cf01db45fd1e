"""One grid: its points by number, which of them were proposed, and what is known about each place of its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.parameter import Value
from nas.strategies.grid_axes import Axis
from nas.strategies.grid_powers import Powers

MOST_PLACES = 2_500
"""In a picture; of a larger one the first places that were reached are kept."""

MOST_JUDGED = 1_500
"""Points up to which a grid is looked through at once, so that the picture shows from the beginning what breaks a constraint."""


@dataclass(slots=True)
class Place:
    """A place of the picture: the points that share their values on the two axes shown.

    Attributes:
      open: points that may be proposed, as far as looked at; `broken` those that break a constraint on costs.
      told: results; `failed` those without a value.
      value: of the best result; `kept` whether that one keeps all constraints; `id` its proposal.
    """

    open: int = 0
    broken: int = 0
    told: int = 0
    failed: int = 0
    value: float | None = None
    kept: bool = False
    id: int | None = None


@dataclass(eq=False)
class Stage:
    """Points are numbered in row-major order. Some have no meaning and are never looked at (`order_by`); `cursor` is how many
    of the others were."""

    axes: tuple[Axis, ...]
    shown: tuple[int, ...]
    cursor: int = 0
    places: dict[tuple[int, ...], Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._proposed = np.zeros(self.num_points, dtype=np.bool_)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis.values) for axis in self.axes)

    @cached_property
    def num_points(self) -> int:
        return prod(self.shape)

    @property
    def is_walked(self) -> bool:
        return self.cursor >= len(self._order)

    def order_by(self, rng: Generator | None, powers: Powers) -> None:
        """Shuffled by `rng`; None for row-major. Not part of the state: the same generator gives the same order."""
        order = rng.permutation(self.num_points) if rng is not None else np.arange(self.num_points)
        self._order = order[self._has_meaning(powers)[order]]

    @property
    def meant(self) -> npt.NDArray[np.int64]:
        """The points that are looked at, in the order of the walk."""
        return self._order

    @property
    def is_judged_at_once(self) -> bool:
        return len(self._order) <= MOST_JUDGED

    def give_up(self) -> None:
        """The rest is not looked at any more."""
        self.cursor = len(self._order)

    def next_point(self) -> int:
        """The number of the point at the cursor, which moves on."""
        point = int(self._order[self.cursor])
        self.cursor += 1
        return point

    def values_at(self, point: int) -> tuple[Value, ...]:
        return tuple(axis.values[i] for axis, i in zip(self.axes, self._indices(point), strict=True))

    def point_of(self, values: Sequence[Value]) -> int | None:
        """The number of the point with these values; None when this grid has none."""
        point = 0
        for axis, value in zip(self.axes, values, strict=True):
            place = axis.place_of(value)
            if place is None:
                return None
            point = point * len(axis.values) + place
        return point

    def mark_proposed(self, point: int) -> None:
        self._proposed[point] = True

    def was_proposed(self, point: int) -> bool:
        return bool(self._proposed[point])

    @property
    def has_proposed(self) -> bool:
        return bool(self._proposed.any())

    def where(self, point: int) -> tuple[int, ...]:
        """Its place in the picture."""
        indices = self._indices(point)
        return tuple(indices[i] for i in self.shown)

    def place(self, point: int) -> Place:
        """What is known about its place; something of no consequence when the picture has too many."""
        where = self.where(point)
        if where not in self.places and len(self.places) >= MOST_PLACES:
            return Place()
        return self.places.setdefault(where, Place())

    def _indices(self, point: int) -> tuple[int, ...]:
        return tuple(point // stride % size for stride, size in zip(self._strides, self.shape, strict=True))

    @cached_property
    def _strides(self) -> tuple[int, ...]:
        """How far apart neighbours on each axis are numbered; numpy's own would end at 64 axes."""
        return tuple(prod(self.shape[place + 1 :]) for place in range(len(self.shape)))

    def _has_meaning(self, powers: Powers) -> npt.NDArray[np.bool_]:
        """(num_points,): where a parameter does not exist only the first value of its axis has a meaning, or the same point
        would be there several times; with `powers` the product of the others must lie where it is wanted."""
        points = np.arange(self.num_points, dtype=np.int32)
        meant = np.ones(self.num_points, dtype=np.bool_)
        product = np.ones(self.num_points)
        exists: dict[
            str, npt.NDArray[np.bool_]
        ] = {}  # by parameter, at each point; of length 1 where it is always the same
        places: dict[str, npt.NDArray[np.int16]] = {}
        axes = {axis.parameter.name: axis for axis in self.axes}
        needed = {c.parameter for axis in self.axes if (c := axis.parameter.active_if)} | powers.of.keys()
        for (name, axis), stride, size in zip(axes.items(), self._strides, self.shape, strict=True):
            condition = axis.parameter.active_if
            if name in needed or condition is not None:
                places[name] = (points[: None if size > 1 else 1] // stride % size).astype(np.int16)
                exists[name] = np.ones(1, dtype=np.bool_)
            if condition is not None:
                parent = condition.parameter
                fits = np.array([axis.parameter.is_active({parent: value}) for value in axes[parent].values])
                exists[name] = exists[parent] & fits[places[parent]]
                meant &= exists[name] | (places[name] == 0)
            if name in powers.of:
                with np.errstate(over="ignore", invalid="ignore"):  # what is no number is not near the target
                    product *= np.where(exists[name], powers.growth(axis)[places[name]], 1.0)
        return meant & powers.is_wanted(product) if powers.of else meant

    def as_json(self) -> dict[str, Any]:
        return {
            "values": [list(axis.values) for axis in self.axes],
            "cursor": self.cursor,
            "places": [[list(where), *astuple(place)] for where, place in self.places.items()],
        }

    def load(self, data: Mapping[str, Any], proposed: npt.NDArray[Any]) -> None:
        self.cursor = int(data["cursor"])
        self.places = {tuple(where): Place(*facts) for where, *facts in data["places"]}
        self._proposed = np.unpackbits(proposed, count=self.num_points).astype(np.bool_)

    def proposed_bits(self) -> npt.NDArray[np.uint8]:
        return np.packbits(self._proposed)
