"""What a search is about, put together once from its record: space, problem, estimator, objectives, constraints, seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from numpy.random import Generator

from nas.core.cost import Cost
from nas.core.errors import InvalidConfig
from nas.core.estimator import Estimator
from nas.core.latency import LatencyLibrary
from nas.core.metric import METRICS, REWARD, MetricSource
from nas.core.objective import Constraint, Objective, unmet
from nas.core.problem import Problem
from nas.core.proposal import Genotype
from nas.core.reward import Reward
from nas.core.space import Operated, Space


@dataclass(frozen=True)
class SearchSetup:
    """Everything of a run but its strategy. Immutable; a changed constraint makes a new one (`dataclasses.replace`).

    `reward` says what the metric "reward" is made of; None where no objective or constraint names it. `forbidden`: names of
    operations that may not be used. `latency`: where a strategy that names a latency table finds it; None where there are none.
    """

    space: Space
    problem: Problem
    estimator: Estimator
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    run_seed: int
    replica: int = 0
    reward: Reward | None = None
    forbidden: frozenset[str] = frozenset()
    latency: LatencyLibrary | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.objectives) <= 3:
            raise InvalidConfig.at("objectives", f"choose one to three objectives, got {len(self.objectives)}")
        names = [objective.metric for objective in self.objectives]
        if len(set(names)) != len(names):
            raise InvalidConfig.at("objectives", "each metric can be an objective once")
        costs = {name for name, metric in METRICS.items() if metric.source is MetricSource.COST}
        offered = costs | set(self.estimator.metrics(self.problem))
        self._check_reward(offered)
        offered |= {REWARD}
        for place, used in (("objectives", names), ("constraints", [c.metric for c in self.constraints])):
            missing = [name for name in used if name not in offered]
            if missing:
                raise InvalidConfig.at(
                    place,
                    f"the estimator {self.estimator.name} does not deliver {', '.join(missing)}; "
                    f"there are {', '.join(sorted(offered))}",
                )
        self.estimator.check(self.space, self.problem)
        if self.forbidden:
            self._check_forbidden()

    def _check_forbidden(self) -> None:
        """Raises InvalidConfig at "operations" for what the space does not have, and when none is left."""
        if not isinstance(self.space, Operated):
            raise InvalidConfig.at(
                "operations", f"{self.space.title} is not made of named operations; none can be forbidden"
            )
        there = self.space.operations()
        if unknown := sorted(self.forbidden - set(there)):
            raise InvalidConfig.at(
                "operations",
                f"{self.space.title} has no operation {', '.join(unknown)}; there are {', '.join(there)}",
            )
        if self.forbidden.issuperset(there):
            raise InvalidConfig.at("operations", f"leave at least one operation: {', '.join(there)}")

    def _check_reward(self, offered: set[str]) -> None:
        """Raises InvalidConfig at "reward" when it is missing, unused, or made of what is not measured."""
        if self.reward is None:
            if REWARD in self._named:
                raise InvalidConfig.at(
                    "reward",
                    "say what the reward is made of: a cost and its target, like accuracy*(latency_ms/75)^soft",
                )
            return
        if REWARD not in self._named:
            raise InvalidConfig.at(
                "reward", "no objective or constraint names the reward; make it one or leave this out"
            )
        for field, name in (("quality", self.reward.quality), ("cost", self.reward.cost)):
            if name not in offered:
                raise InvalidConfig.at(
                    f"reward.{field}",
                    f"the estimator {self.estimator.name} does not deliver {name}; there are {', '.join(sorted(offered))}",
                )

    def cost(self, genotype: Genotype) -> Cost:
        return self.space.cost(genotype, self.problem.input_shape, self.problem.num_classes)

    def broken_cost_constraints(self, genotype: Genotype) -> tuple[Constraint, ...]:
        """The constraints that can be judged without training and are broken."""
        if not self.constraints:
            return ()
        return unmet(self.constraints, self.cost(genotype).as_metrics())

    def forbidden_in(self, genotype: Genotype) -> frozenset[str]:
        """The forbidden operations that it uses."""
        if not self.forbidden or not isinstance(self.space, Operated):
            return frozenset()
        return self.forbidden & self.space.operations_of(genotype)

    def is_feasible(self, genotype: Genotype) -> bool:
        """Whether it may be proposed: no operation that is forbidden, and all that is known before any training in order."""
        return not self.forbidden_in(genotype) and not self.broken_cost_constraints(genotype)

    def sample(self, rng: Generator) -> Genotype:
        """One architecture as the space's rule says, without the forbidden operations; constraints are not looked at.

        Raises ConstraintLeavesNothing when no architecture does without them.
        """
        if not self.forbidden or not isinstance(self.space, Operated):
            return self.space.sample(rng)
        return self.space.sample_without(self.forbidden, rng)

    def under(self, constraints: Sequence[Mapping[str, Any]], forbidden: Sequence[str]) -> SearchSetup:
        """This search under rules that a person may have changed since it began (`Constraint.as_json`, names)."""
        return replace(self, constraints=tuple(map(Constraint.parse, constraints)), forbidden=frozenset(forbidden))

    @property
    def _named(self) -> frozenset[str]:
        return frozenset(o.metric for o in self.objectives) | frozenset(c.metric for c in self.constraints)

    @property
    def wanted(self) -> frozenset[str]:
        """Metrics that objectives and constraints name, and those that the reward is made of."""
        return self._named | frozenset(self.reward.parts if self.reward is not None else ())

    @property
    def needed(self) -> tuple[str, ...]:
        """What an evaluation must deliver: the objectives, and in place of the reward what it is made of."""
        objectives = tuple(o.metric for o in self.objectives if o.metric != REWARD)
        return tuple(dict.fromkeys((*objectives, *(self.reward.parts if self.reward is not None else ()))))

    def with_reward(self, metrics: Mapping[str, float]) -> Mapping[str, float]:
        """`metrics`, which have all that is `needed`, and where this search has one their reward.

        Raises ValueError when there is none, as `Reward.value` says.
        """
        return metrics if self.reward is None else {**metrics, REWARD: self.reward.value(metrics)}
