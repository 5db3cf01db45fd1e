"""What a run optimises and what it must keep: metrics with a direction, and limits on metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import field_validator

from nas.core.config import Config, setting
from nas.core.errors import InvalidConfig, UnknownName
from nas.core.metric import Direction, Metric, MetricSource, metric

_POWERS = {"k": 3, "M": 6, "G": 9, "T": 12}


def _searchable(name: str) -> str:
    try:
        found = metric(name)
    except UnknownName as error:
        raise ValueError(str(error)) from None
    if found.source is MetricSource.TEST:
        raise ValueError(f"{name} is measured once, for reported architectures; a search must not see it")
    if found.source is MetricSource.TRAINING:
        raise ValueError(f"{name} says what happened in a training; it is neither an aim nor a limit")
    return name


class Objective(Config):
    """One number the run makes as large or as small as it can. Text form: `accuracy:maximise`, `macs` (usual direction)."""

    metric: str = setting(title="Metric", description="The number to optimise.", refers_to="metric")
    direction: Direction = setting(title="Direction", description="Whether more or less is better.")

    _known = field_validator("metric")(_searchable)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse `metric[:direction]`. Raises InvalidConfig."""
        name, _, direction = text.strip().partition(":")
        short = {"max": "maximise", "min": "minimise"}
        if not direction:
            try:
                direction = metric(name).direction
            except UnknownName as error:
                raise InvalidConfig.at("objective", str(error)) from None
        return cls.parse({"metric": name, "direction": short.get(direction, direction)}, prefix="objective.")

    @property
    def declaration(self) -> Metric:
        return metric(self.metric)

    def loss(self, value: float) -> float:
        """`value` turned so that smaller is better."""
        return -value if self.direction is Direction.MAXIMISE else value


class Constraint(Config):
    """A limit a trial must keep. Text form: `params<=200000`."""

    metric: str = setting(title="Metric", description="The number that is limited.", refers_to="metric")
    operator: Literal["<=", ">="] = setting(title="Comparison", description="At most, or at least.")
    limit: float = setting(title="Limit", description="The limit, in the metric's unit.")

    _known = field_validator("metric")(_searchable)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse `metric<=number` or `metric>=number`; the number may end in k, M, G or T. Raises InvalidConfig."""
        match = re.fullmatch(r"\s*(\w+)\s*(<=|>=)\s*([-+\d.eE_]+)\s*([kMGT]?)\s*", text)
        if match is None:
            raise InvalidConfig.at(
                "constraint", f"expected something like params<=200000 or macs<=5M, got {text!r:.60}"
            )
        name, operator, limit, unit = match.groups()
        if unit:
            limit = f"{limit}e{_POWERS[unit]}"
        return cls.parse({"metric": name, "operator": operator, "limit": limit}, prefix="constraint.")

    @property
    def declaration(self) -> Metric:
        return metric(self.metric)

    def is_met(self, value: float) -> bool:
        return value <= self.limit if self.operator == "<=" else value >= self.limit

    def excess(self, value: float) -> float:
        """How far `value` is beyond the limit, relative to it, so that limits in different units compare; up to 0 when met."""
        excess = value - self.limit if self.operator == "<=" else self.limit - value
        return excess / (abs(self.limit) or 1.0)

    def violation(self, value: float) -> float:
        """The excess where there is one, else 0 (Deb et al. 2002)."""
        return max(0.0, self.excess(value))

    def __str__(self) -> str:
        return f"{self.metric} {self.operator} {self.limit:g}"


def unmet(constraints: tuple[Constraint, ...], metrics: Mapping[str, float]) -> tuple[Constraint, ...]:
    """The constraints that `metrics` breaks; a constraint on a metric that is not there counts as kept."""
    return tuple(c for c in constraints if c.metric in metrics and not c.is_met(metrics[c.metric]))
