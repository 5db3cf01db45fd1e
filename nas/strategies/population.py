"""What strategies that keep a population share: its members, how they compare, how they are shown.

What a trial measured is judged at comparison, not at arrival, so a constraint that was changed on the way holds at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nas.analysis.pareto import dominates
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.core.view import View

Selection = Literal["first_objective", "domination"]
"""What makes one member better than another: the first objective, or domination in all; constraints come before both."""

Leaves = Literal["oldest", "worst", "generation"]
"""Who makes room: the oldest, the worst of a sample, or a whole generation but its elites."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the population: the proposal it came from and everything that was measured."""

    id: int
    genotype: Genotype
    metrics: Mapping[str, float]
    born: int  # how many results had entered the population before it

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "genotype": self.genotype, "metrics": dict(self.metrics), "born": self.born}


def losses(member: Member, setup: SearchSetup) -> tuple[float, ...]:
    """One number per objective, smaller is better."""
    return tuple(objective.loss(member.metrics[objective.metric]) for objective in setup.objectives)


def violation(member: Member, setup: SearchSetup) -> float:
    """The sum of relative violations (Deb et al. 2002, section VI): 0 when every constraint that was measured is kept."""
    return sum(c.violation(member.metrics[c.metric]) for c in setup.constraints if c.metric in member.metrics)


def best_of(sample: Sequence[Member], setup: SearchSetup, selection: Selection) -> Member:
    """The first that no other is better than: less violation first (constrained domination), then as `selection` says."""
    if selection == "first_objective":
        return min(sample, key=lambda member: (violation(member, setup), losses(member, setup)[0]))
    least = min(violation(member, setup) for member in sample)
    allowed = [(losses(member, setup), member) for member in sample if violation(member, setup) == least]
    # Not crowding: in the front of so small a sample it would choose one of the ends every time.
    return next(member for loss, member in allowed if not any(dominates(other, loss) for other, _ in allowed))


def worst_of(sample: Sequence[Member], setup: SearchSetup, selection: Selection) -> Member:
    """The last that is better than no other; of a sample of two, the one that is not `best_of`."""
    latest_first = sample[::-1]
    if selection == "first_objective":
        return max(latest_first, key=lambda member: (violation(member, setup), losses(member, setup)[0]))
    most = max(violation(member, setup) for member in sample)
    left = [(losses(member, setup), member) for member in latest_first if violation(member, setup) == most]
    return next(member for loss, member in left if not any(dominates(loss, other) for other, _ in left))


def population_view(
    members: Sequence[Member], setup: SearchSetup, *, size: int, num_entered: int, leaves: Leaves
) -> View:
    """Members as columns, in their order. `age`: results that entered since; `violation`: 0 when constraints hold."""
    first = setup.objectives[0].metric
    columns: dict[str, Any] = {
        "id": [m.id for m in members],
        "age": [num_entered - 1 - m.born for m in members],
        "fitness": [m.metrics[first] for m in members],
        "violation": [violation(m, setup) for m in members],
        "objectives": {o.metric: [m.metrics[o.metric] for m in members] for o in setup.objectives},
        "fitness_metric": first,
        "population_size": size,
        "num_entered": num_entered,
        "leaves": leaves,
    }
    return View("population", "Population", "population", columns)
