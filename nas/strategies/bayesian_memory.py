"""What Bayesian optimisation remembers of results, bounded, and how it compares them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nas.analysis.statistics import ranks
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.core.space import PathEncoded
from nas.strategies.bayesian_target import Target
from nas.surrogates.surrogate import Array


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a model said of an architecture before it was measured, with an interval of two standard deviations."""

    predicted: float
    low: float
    high: float
    measured: float


@dataclass(frozen=True, slots=True)
class Observation:
    """A result. `metrics` is empty for a trial whose architecture made it fail."""

    id: int
    genotype: Genotype
    metrics: Mapping[str, float]
    forecast: Forecast | None = None

    def as_json(self) -> dict[str, Any]:
        forecast = None if self.forecast is None else asdict(self.forecast)
        return {"id": self.id, "genotype": self.genotype, "metrics": dict(self.metrics), "forecast": forecast}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Observation:
        forecast = None if value["forecast"] is None else Forecast(**value["forecast"])
        return cls(int(value["id"]), value["genotype"], value["metrics"], forecast)


class Memory:
    """Observations in the order of arrival, at most `capacity`.

    When there are too many, the worst of the older half goes: what is left is dense where it is good and recent elsewhere.
    """

    def __init__(self, capacity: int, *, reads_paths: bool) -> None:
        self._capacity, self._reads_paths = capacity, reads_paths
        self._observations: list[Observation] = []
        # Both follow from the genotype; kept so that they are worked out once for each observation, not for each model.
        self._encodings: dict[int, Array] = {}
        self._canonicals: dict[int, str] = {}

    def __iter__(self) -> Iterator[Observation]:
        return iter(self._observations)

    def __len__(self) -> int:
        return len(self._observations)

    def add(self, observation: Observation, setup: SearchSetup) -> None:
        self._observations.append(observation)
        self._canonicals[observation.id] = setup.space.canonical(observation.genotype)
        if len(self._observations) > self._capacity:
            older = self._observations[: self._capacity // 2]
            forgotten = older[int(np.argmax(_badness(older, setup)))]
            self._observations.remove(forgotten)
            del self._canonicals[forgotten.id]
            self._encodings.pop(forgotten.id, None)

    def canonicals(self) -> set[str]:
        return set(self._canonicals.values())

    def encoded(self, setup: SearchSetup) -> Array:
        """(num_observations, num_axes)."""
        for observation in self._observations:
            if observation.id not in self._encodings:
                self._encodings[observation.id] = self.encode(observation.genotype, setup)
        return np.array([self._encodings[observation.id] for observation in self._observations])

    def encode(self, genotype: Genotype, setup: SearchSetup) -> Array:
        space: Any = setup.space  # Encoded, as the strategy requires
        if self._reads_paths and isinstance(space, PathEncoded):
            return space.path_encoding(genotype)
        encoded: Array = space.encoding(genotype)
        return encoded

    def targets(self, target: Target, setup: SearchSetup) -> tuple[Array, Array]:
        """(values, whether each one is a result that keeps all rules), both (num_observations,).

        A broken constraint counts as worse than all that was measured, by the share of the range by which it is
        broken, one range at most; a failure as the worst that was measured.
        """
        values = np.array([target.value(o.metrics) if o.metrics else np.nan for o in self._observations])
        worst, best = np.nanmax(values), np.nanmin(values)
        violations = np.array([violation(o, setup) for o in self._observations])
        is_forbidden = np.array([bool(setup.forbidden_in(o.genotype)) for o in self._observations])
        is_allowed = ~np.isnan(values) & (violations == 0) & ~is_forbidden
        span = float(worst - best) or 1.0
        values = np.where(violations > 0, worst + span * np.minimum(violations, 1.0), values)
        return np.where(np.isnan(values), worst, values), is_allowed

    def as_json(self) -> list[dict[str, Any]]:
        return [observation.as_json() for observation in self._observations]

    def load(self, value: list[Mapping[str, Any]], setup: SearchSetup) -> None:
        self._observations = [Observation.from_json(each) for each in value]
        self._canonicals = {o.id: setup.space.canonical(o.genotype) for o in self._observations}
        self._encodings = {}


def tamed(values: Array) -> Array:
    """`values` (n,), smaller is better, with what is far worse than the rest cut off: at the median plus twice its distance
    from the best. A network that did not learn would else be all that a model sees.
    """
    median = float(np.median(values))
    reach = median - float(values.min())
    return np.minimum(values, median + 2 * reach) if reach > 0 else values


def violation(observation: Observation, setup: SearchSetup) -> float:
    """The sum of relative violations (Deb et al. 2002): 0 when every constraint that was measured is kept."""
    metrics = observation.metrics
    return sum(c.violation(metrics[c.metric]) for c in setup.constraints if c.metric in metrics)


def _badness(observations: list[Observation], setup: SearchSetup) -> Array:
    """Failures first, then broken constraints, then the sum of ranks in the objectives."""
    num_objectives = len(setup.objectives)
    total = np.zeros(len(observations))
    for objective in setup.objectives:
        losses = [objective.loss(o.metrics[objective.metric]) if o.metrics else np.inf for o in observations]
        total += ranks(losses)
    violations = np.array([violation(o, setup) if o.metrics else np.inf for o in observations])
    return total + np.where(violations > 0, num_objectives * (len(observations) + ranks(violations)), 0.0)
