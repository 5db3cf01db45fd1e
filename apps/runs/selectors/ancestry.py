"""The way from the first ancestor to a trial, and what came of the trial itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.runs.engine import specification_of
from apps.runs.models import Trial
from apps.runs.selectors.lineage import does_go_on
from apps.runs.states import TRIAL_OK
from nas.analysis.genotype_diff import GenotypeChange, genotype_changes
from nas.core.metric import Direction
from nas.core.proposal import Genotype

MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One trial on the way. `parents`: most important first; the way leads over the first."""

    trial: Trial
    parents: tuple[Trial, ...]
    goes_on: bool

    @property
    def changes(self) -> tuple[GenotypeChange, ...]:
        """Where its genotype differs from that of its first parent."""
        if not self.parents:
            return ()
        return genotype_changes(genotype_of(self.parents[0]), genotype_of(self.trial))


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Attributes:
    steps: from the first ancestor to the trial itself, at most MOST_STEPS, the nearest.
    num_earlier: ancestors before those.
    num_children, num_descendants: of the trial; those that only train the same architecture on are not counted.
    best_descendant: by the first objective, among those that keep the constraints.
    """

    steps: tuple[Step, ...]
    num_earlier: int
    num_children: int
    num_descendants: int
    best_descendant: Trial | None

    @property
    def num_ancestors(self) -> int:
        return self.num_earlier + len(self.steps) - 1


@dataclass(frozen=True, slots=True)
class _Member:
    """A trial as the tree needs it. `parents` are numbers of trials."""

    number: int
    parents: tuple[int, ...]
    goes_on: bool
    value: float | None  # of the first objective, where it counts


def genotype_of(trial: Trial) -> Genotype:
    """As it was proposed; an architecture may have been met first in another writing of the same network."""
    genotype: Genotype = trial.proposal.body.get("genotype") or trial.architecture.genotype
    return genotype


def ancestry(trial: Trial) -> Ancestry:
    """Two queries and one pass over the replica, whatever the number of steps."""
    family = _family(trial)
    line = [trial.number]
    while parents := family[line[-1]].parents:
        line.append(parents[0])
    nearest = line[:MOST_STEPS][::-1]
    trials = _trials(trial, {*nearest, *(parent for number in nearest for parent in family[number].parents)})
    children, descendants = _descendants(family, trial.number)
    valued = [member for member in descendants if member.value is not None]
    is_maximised = specification_of(trial.run).objectives[0].direction is Direction.MAXIMISE
    best = max(valued, key=lambda m: (m.value or 0.0) * (1 if is_maximised else -1), default=None)
    return Ancestry(
        steps=tuple(
            Step(trials[n], tuple(trials[parent] for parent in family[n].parents), family[n].goes_on) for n in nearest
        ),
        num_earlier=len(line) - len(nearest),
        num_children=len(children),
        num_descendants=len(descendants),
        best_descendant=None if best is None else _trials(trial, {best.number})[best.number],
    )


def _family(trial: Trial) -> dict[int, _Member]:
    """All trials of the replica by number."""
    rows = list(
        Trial.objects.filter(replica_id=trial.replica_id)
        .order_by("number")
        .values_list(
            "number",
            "serial",
            "operator",
            "state",
            "is_feasible",
            "value_0",
            "proposal__number",
            "proposal__body__parents",
            "proposal__body__continues",
        )
    )
    trial_of = {row[6]: row[0] for row in rows if row[1] == 0}
    return {
        number: _Member(
            number=number,
            # A parent was proposed earlier; what says otherwise would lead in a circle.
            parents=tuple(trial_of[p] for p in parents or () if p in trial_of and trial_of[p] < number),
            goes_on=does_go_on(operator, continues),
            value=value if state in TRIAL_OK and is_feasible else None,
        )
        for number, _, operator, state, is_feasible, value, _, parents, continues in rows
    }


def _trials(trial: Trial, numbers: Iterable[int]) -> dict[int, Trial]:
    rows = Trial.objects.filter(replica_id=trial.replica_id, number__in=list(numbers))
    return {row.number: row for row in rows.select_related("architecture", "proposal", "replica").defer("detail")}


def _descendants(family: dict[int, _Member], number: int) -> tuple[list[_Member], list[_Member]]:
    """Children and all descendants. Numbers grow from parent to child, so one pass upwards meets them all."""
    same, reached = {number}, {number}
    children: list[_Member] = []
    descendants: list[_Member] = []
    for member in family.values():
        if reached.isdisjoint(member.parents):
            continue
        reached.add(member.number)
        if member.goes_on and not same.isdisjoint(member.parents):
            same.add(member.number)  # the trial itself, trained on
        elif not member.goes_on:
            descendants.append(member)
            if not same.isdisjoint(member.parents):
                children.append(member)
    return children, descendants
