"""Axes of a grid: from what a person wished to lists of values, and finer ones around a point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from nas.core.errors import InvalidConfig
from nas.core.parameter import Parameter, Value, Values
from nas.core.strategy import MAX_TRIES
from nas.strategies.grid_config import GridAxis, GridConfig

MOST_POINTS = 1_000_000

MOST_IN_ROWS = MAX_TRIES
"""Points of a grid that is walked in row-major order. In a larger one so many in a row may break a constraint, and yet others
behind them keep it; the shuffled order finds out."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter's values in a grid, in their order.

    Attributes:
      limits: how far a finer grid may go; None where there is nothing between the values.
      is_log: whether values are between others by their logarithm.
    """

    parameter: Parameter
    values: tuple[Value, ...]
    limits: tuple[float, float] | None = None
    is_log: bool = False

    def around(self, centre: Value, refine: int) -> Axis:
        """From one step below `centre` to one above, `refine` times as fine; clipped to the limits.

        Values of this axis in between are taken over as they are, so that their points are known to be the same.
        """
        if self.limits is None or isinstance(centre, str):
            return Axis(self.parameter, (centre,), None, self.is_log)
        low, high = (self._scaled(end) for end in self.limits)
        known = [self._scaled(value) for value in self.values]
        at = self._scaled(centre)
        below, above = (
            max((k for k in known if k < at), default=None),
            min((k for k in known if k > at), default=None),
        )
        step_down = at - below if below is not None else above - at if above is not None else 0.0
        step_up = above - at if above is not None else step_down
        places = {0: at}
        for number in range(1, refine + 1):
            places[-number] = at - step_down * number / refine
            places[number] = at + step_up * number / refine
        slack = 1e-9 * (1 + max(abs(low), abs(high)))
        inside = [places[n] for n in sorted(places) if low - slack <= places[n] <= high + slack]
        taken: dict[Value, None] = {}
        for place in inside:
            same = next(
                (v for v, k in zip(self.values, known, strict=True) if abs(k - place) <= 1e-9 * (1 + abs(k))), None
            )
            taken[same if same is not None else self._value(place)] = None
        return Axis(self.parameter, tuple(taken), self.limits, self.is_log)

    def place_of(self, value: Value) -> int | None:
        """The number of `value` on this axis, in type as well where it is a choice; None when it is not there."""
        in_type = self.parameter.kind == "categorical"
        fits = (v == value and (not in_type or type(v) is type(value)) for v in self.values)
        return next((number for number, is_it in enumerate(fits) if is_it), None)

    def with_values(self, values: Sequence[Value]) -> Axis:
        return replace(self, values=tuple(values))

    def _scaled(self, value: Value) -> float:
        return math.log(float(value)) if self.is_log else float(value)

    def _value(self, place: float) -> Value:
        """The value of the parameter nearest to a place on the scale of this axis."""
        return self.parameter.nearest(math.exp(place) if self.is_log else place)


def axes_of(parameters: Sequence[Parameter], config: GridConfig, kept: Values) -> tuple[Axis, ...]:
    """An axis for every parameter, in their order; of one value where it is not searched: that of `kept` if it has one.

    Raises InvalidConfig at the wish that cannot be met.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    wishes: dict[str, tuple[int, GridAxis]] = {}
    for number, wish in enumerate(config.axes):
        where = f"axes.{number}.parameter"
        if wish.parameter not in by_name:
            there = ", ".join(list(by_name)[:30]) + (", …" if len(by_name) > 30 else "")
            raise InvalidConfig.at(where, f"the space has no parameter {wish.parameter!r}; there are {there}")
        if wish.parameter in wishes:
            raise InvalidConfig.at(where, f"{wish.parameter} has an axis already")
        wishes[wish.parameter] = (number, wish)
    axes = []
    for parameter in parameters:
        if parameter.name in wishes:
            axes.append(_wished(parameter, *wishes[parameter.name], config.num_values))
        elif config.axes:
            fits = parameter.name in kept and not parameter.problem_with(kept[parameter.name])
            axes.append(Axis(parameter, (kept[parameter.name] if fits else parameter.spread(1)[0],)))
        else:
            axes.append(_spread(parameter, parameter, config.num_values))
    _check_size(axes, config)
    return tuple(axes)


def _wished(parameter: Parameter, number: int, wish: GridAxis, num_values: int) -> Axis:
    where = f"axes.{number}"
    if wish.values:
        for value in wish.values:
            if problem := parameter.problem_with(value):
                raise InvalidConfig.at(f"{where}.values", problem)
        chosen = [parameter.listed(v) if parameter.kind == "categorical" else v for v in wish.values]
        if len({(type(value), value) for value in chosen}) != len(chosen):
            raise InvalidConfig.at(f"{where}.values", "each value once")
        ordered = sorted(chosen, key=parameter.position)
        ends = [float(v) for v in (ordered[0], ordered[-1]) if parameter.kind != "categorical"]
        return Axis(parameter, tuple(ordered), (ends[0], ends[1]) if ends else None, parameter.log)
    if parameter.kind == "categorical":
        if wish.low is not None or wish.high is not None or wish.num is not None:
            raise InvalidConfig.at(f"{where}.values", f"{parameter.name} has listed values; list those that you want")
        return Axis(parameter, parameter.values)
    assert parameter.low is not None and parameter.high is not None  # it is a number
    for field, end in (("low", wish.low), ("high", wish.high)):
        if end is not None and not parameter.low <= end <= parameter.high:
            said = f"{parameter.name} goes from {parameter.low:g} to {parameter.high:g}, got {end:g}"
            raise InvalidConfig.at(f"{where}.{field}", said)
    asked = {
        "low": wish.low,
        "high": wish.high,
        "log": None if wish.scale == "as_declared" else wish.scale == "logarithmic",
    }
    part = {**parameter.model_dump(), **{name: value for name, value in asked.items() if value is not None}}
    try:
        narrowed = Parameter.parse(part)
    except InvalidConfig as error:
        raise InvalidConfig.at(f"{where}.low", str(error)) from None
    axis = _spread(parameter, narrowed, wish.num or num_values)
    for field, value in (("low", axis.values[0]), ("high", axis.values[-1])):
        if problem := parameter.problem_with(value):
            raise InvalidConfig.at(f"{where}.{field}", problem)
    return axis


def _spread(parameter: Parameter, narrowed: Parameter, num: int) -> Axis:
    values = narrowed.spread(num)
    if narrowed.low is None or narrowed.high is None:
        return Axis(parameter, values)
    return Axis(parameter, values, (narrowed.low, narrowed.high), narrowed.log)


def _check_size(axes: Sequence[Axis], config: GridConfig) -> None:
    """Raises InvalidConfig when a stage of the grid would be too large."""
    counts = {axis.parameter.name: len(axis.values) for axis in axes if len(axis.values) > 1}
    _check_count(counts, config, "axes", "name fewer values, or axes for the parameters that matter")
    if config.stages > 1:
        finer = {a.parameter.name: 2 * config.refine + 1 for a in axes if a.limits is not None and len(a.values) > 1}
        _check_count(finer, config, "refine", "refine less, or name fewer axes")


def _check_count(counts: dict[str, int], config: GridConfig, field: str, advice: str) -> None:
    total = prod(counts.values())
    if config.order == "row_major" and MOST_IN_ROWS < total <= MOST_POINTS:
        said = f"{total:,} points are too many to be walked row by row; at most {MOST_IN_ROWS:,}, or shuffled"
        raise InvalidConfig.at("order", said)
    if total > MOST_POINTS:
        each = " × ".join(f"{count:,} ({name})" for name, count in list(counts.items())[:12])
        each += " × …" if len(counts) > 12 else ""
        said = f"{total:,}" if total < 10**15 else f"more than 10^{len(str(total)) - 1}"
        raise InvalidConfig.at(field, f"{each} makes {said} points; at most {MOST_POINTS:,} are possible: {advice}")
