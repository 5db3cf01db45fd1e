"""The single number that a surrogate learns: one objective, or several weighed against each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from nas.core.metric import METRICS, Direction
from nas.core.objective import Objective

_RHO = 0.05  # share of the weighted sum in the augmented Chebyshev function, as in ParEGO
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Target:
    """Smaller is better. Logarithmic metrics enter as logarithms.

    One objective: its loss. Several: max_i wᵢ fᵢ + 0.05 Σ wᵢ fᵢ with losses fᵢ scaled to [0, 1] over what was seen
    (Knowles 2006, ParEGO).
    """

    objectives: tuple[Objective, ...]
    weights: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    span: tuple[float, ...] = ()

    @classmethod
    def of_first(cls, objectives: Sequence[Objective]) -> Target:
        return cls((objectives[0],))

    @classmethod
    def drawn(cls, objectives: Sequence[Objective], seen: Sequence[Mapping[str, float]], rng: Generator) -> Target:
        """Weights uniform over the simplex; ranges from the metrics seen. The first objective where it is the only one."""
        if len(objectives) == 1:
            return cls.of_first(objectives)
        losses = np.array([[_loss(objective, metrics) for objective in objectives] for metrics in seen])
        low = losses.min(axis=0)
        span = np.where(losses.max(axis=0) > low, losses.max(axis=0) - low, 1.0)
        weights = rng.dirichlet(np.ones(len(objectives)))
        return cls(tuple(objectives), tuple(weights.tolist()), tuple(low.tolist()), tuple(span.tolist()))

    @property
    def metric(self) -> str | None:
        """The metric whose unit `shown` has; None for a weighted value."""
        return None if self.weights else self.objectives[0].metric

    def value(self, metrics: Mapping[str, float]) -> float:
        if not self.weights:
            return _loss(self.objectives[0], metrics)
        scaled = [
            weight * (_loss(objective, metrics) - low) / span
            for objective, weight, low, span in zip(self.objectives, self.weights, self.low, self.span, strict=True)
        ]
        return max(scaled) + _RHO * sum(scaled)

    def shown(self, value: float) -> float:
        """A value of the target as people know it: in the unit of the metric."""
        if self.weights:
            return value
        (objective,) = self.objectives
        signed = -value if objective.direction is Direction.MAXIMISE else value
        return 10.0 ** min(signed, 300.0) if METRICS[objective.metric].is_log else signed

    def as_json(self) -> dict[str, list[float]]:
        return {"weights": list(self.weights), "low": list(self.low), "span": list(self.span)}

    @classmethod
    def from_json(cls, objectives: Sequence[Objective], value: Mapping[str, Sequence[float]]) -> Target:
        weights, low, span = (tuple(map(float, value[name])) for name in ("weights", "low", "span"))
        return cls(tuple(objectives) if weights else (objectives[0],), weights, low, span)


def _loss(objective: Objective, metrics: Mapping[str, float]) -> float:
    value = metrics[objective.metric]
    return objective.loss(math.log10(max(value, _SMALLEST)) if METRICS[objective.metric].is_log else value)
