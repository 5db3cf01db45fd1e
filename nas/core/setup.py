"""What a search is about, put together once from its record: space, problem, estimator, objectives, constraints, seed."""

from __future__ import annotations

from dataclasses import dataclass

from nas.core.cost import Cost
from nas.core.errors import InvalidConfig
from nas.core.estimator import Estimator
from nas.core.metric import METRICS, MetricSource
from nas.core.objective import Constraint, Objective, unmet
from nas.core.problem import Problem
from nas.core.proposal import Genotype
from nas.core.space import Space


@dataclass(frozen=True)
class SearchSetup:
    """Everything of a run but its strategy. Immutable; a changed constraint makes a new one (`dataclasses.replace`)."""

    space: Space
    problem: Problem
    estimator: Estimator
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    run_seed: int
    replica: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.objectives) <= 3:
            raise InvalidConfig.at("objectives", f"choose one to three objectives, got {len(self.objectives)}")
        names = [objective.metric for objective in self.objectives]
        if len(set(names)) != len(names):
            raise InvalidConfig.at("objectives", "each metric can be an objective once")
        costs = {name for name, metric in METRICS.items() if metric.source is MetricSource.COST}
        offered = costs | set(self.estimator.metrics(self.problem))
        for place, used in (("objectives", names), ("constraints", [c.metric for c in self.constraints])):
            missing = [name for name in used if name not in offered]
            if missing:
                raise InvalidConfig.at(
                    place,
                    f"the estimator {self.estimator.name} does not deliver {', '.join(missing)}; "
                    f"there are {', '.join(sorted(offered))}",
                )
        self.estimator.check(self.space, self.problem)

    def cost(self, genotype: Genotype) -> Cost:
        return self.space.cost(genotype, self.problem.input_shape, self.problem.num_classes)

    def broken_cost_constraints(self, genotype: Genotype) -> tuple[Constraint, ...]:
        """The constraints that can be judged without training and are broken."""
        if not self.constraints:
            return ()
        return unmet(self.constraints, self.cost(genotype).as_metrics())

    def is_feasible(self, genotype: Genotype) -> bool:
        return not self.broken_cost_constraints(genotype)

    @property
    def wanted(self) -> frozenset[str]:
        """Metrics that objectives and constraints name."""
        return frozenset(o.metric for o in self.objectives) | frozenset(c.metric for c in self.constraints)
