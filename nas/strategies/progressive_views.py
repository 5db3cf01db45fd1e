"""Pictures of progressive search: how many of each size were looked at, evaluated, kept; how right the predictions were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from nas.analysis.statistics import spearman
from nas.core.view import View
from nas.strategies.bayesian_views import plain

Forecast = tuple[float, float, float]
"""Expected value, lowest and highest of the members, in the metric's unit."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A result that the model learns from. `measured` is in the metric's unit, `loss` what the model is taught; `violation`: by
    how much it broke constraints when it came in.
    """

    id: int
    ways: tuple[int, ...]
    loss: float
    measured: float
    violation: float
    forecast: Forecast | None

    def as_json(self) -> list[Any]:
        forecast = None if self.forecast is None else list(self.forecast)
        return [self.id, list(self.ways), self.loss, self.measured, self.violation, forecast]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> Observation:
        number, ways, loss, measured, violation, forecast = value
        foretold = None if forecast is None else (forecast[0], forecast[1], forecast[2])
        return cls(number, tuple(ways), loss, measured, violation, foretold)


@dataclass(frozen=True, slots=True)
class Row:
    """One size. `before` and `after`: rank correlation of predicted and measured, before the model learned from this size
    and after; None where it cannot be said.
    """

    size: int
    candidates: int
    trained: int
    failed: int
    kept: int
    best: float | None
    before: float | None
    after: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def progressive_views(rows: Sequence[Row], observations: Sequence[Observation], metric: str | None) -> list[View]:
    """`levels`: a row per size. `predictions`: columns of the results that were predicted before."""
    columns: dict[str, Any] = {each.name: [getattr(row, each.name) for row in rows] for each in fields(Row)}
    views = [View("levels", "From size to size", "levels", {**columns, "metric": metric})]
    foretold = [(o, o.forecast) for o in observations if o.forecast is not None]
    if foretold:
        predicted, low, high = (list(column) for column in zip(*(forecast for _, forecast in foretold), strict=True))
        measured = [observation.measured for observation, _ in foretold]
        correlation = spearman(predicted, measured) if len(measured) > 1 else None
        data: Mapping[str, Any] = {
            "id": [observation.id for observation, _ in foretold],
            "size": [len(observation.ways) for observation, _ in foretold],
            "predicted": predicted,
            "low": low,
            "high": high,
            "measured": measured,
            "metric": metric,
            "rank_correlation": None if correlation is None else plain(correlation),
        }
        views.append(View("predictions", "Predicted and measured", "predictions", data))
    return views
