"""Who descends from whom in a replica, as columns that are read by a cursor: what they say of a trial never changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404

from apps.runs.lineage_words import GOES_ON, position_words
from apps.runs.models import Proposal, Replica, Run, Trial
from nas.analysis.genotype_diff import genotype_changes

MOST_ROWS = 2000
"""Trials in one answer."""

MOST_POSITIONS = 4
LOOKED_AT = 20
"""Trials of one operator that are looked at for parents: an operator may do without now and then."""


@dataclass(frozen=True, slots=True)
class LineageColumns:
    """Columns of equal length, in the order of `number`.

    Attributes:
      parents: numbers of the trials it descends from, most important first.
      changed: the positions in which it differs from its first parent, in words; the first few.
      goes_on: whether it evaluates its parent's own architecture again, with more budget or after a failure.
      next_after: the cursor of what follows, None when nothing does yet.
    """

    number: list[int]
    parents: list[list[int]]
    operator: list[str]
    changed: list[list[str]]
    goes_on: list[bool]
    next_after: int | None

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def run_has_lineage(run: Run) -> bool:
    """Whether any kind of trial of this run has parents. Looks at a few trials of each operator."""
    operators = Trial.objects.filter(run=run).order_by().values_list("operator", flat=True).distinct()
    for operator in sorted(operators):
        newest = Trial.objects.filter(run=run, operator=operator).order_by("-number")
        if any(newest.values_list("proposal__body__parents", flat=True)[:LOOKED_AT]):
            return True
    return False


def replica_get(*, run: Run, number: int) -> Replica:
    """Raises Http404."""
    replica = Replica.objects.filter(run=run, number=number).first()
    if replica is None:
        raise Http404
    return replica


def lineage_since(replica: Replica, *, after: int = -1, limit: int = MOST_ROWS) -> LineageColumns:
    """The trials with numbers above `after`, at most `limit`. The cost is that of the rows that are returned."""
    rows = list(
        Trial.objects.filter(replica=replica, number__gt=after)
        .order_by("number")
        .values_list(
            "number",
            "operator",
            "proposal__number",
            "proposal__body__parents",
            "proposal__body__continues",
            "proposal__body__meta__changed",
        )[: limit + 1]
    )
    has_more, rows = len(rows) > limit, rows[:limit]
    trial_of = _trials_of(replica, {parent for row in rows for parent in row[3] or ()})
    goes_on = [does_go_on(operator, continues) for _, operator, _, _, continues, _ in rows]
    unsaid = {row[2]: row[3][0] for row, on in zip(rows, goes_on, strict=True) if row[3] and not row[5] and not on}
    differing = _differing(replica, unsaid)
    return LineageColumns(
        number=[row[0] for row in rows],
        parents=[[trial_of[parent] for parent in row[3] or () if parent in trial_of] for row in rows],
        operator=[row[1] for row in rows],
        changed=[
            [] if on or not row[3] else _positions(row[5] or differing.get(row[2], ()))
            for row, on in zip(rows, goes_on, strict=True)
        ],
        goes_on=goes_on,
        next_after=rows[-1][0] if has_more else None,
    )


def does_go_on(operator: str, continues: int | None) -> bool:
    """Whether a proposal is about its parent's own architecture."""
    return continues is not None or operator in GOES_ON


def _trials_of(replica: Replica, proposals: Iterable[int]) -> dict[int, int]:
    """Proposal number → trial number, for those that became a trial."""
    rows = Trial.objects.filter(replica=replica, serial=0, proposal__number__in=list(proposals))
    return dict(rows.values_list("proposal__number", "number"))


def _differing(replica: Replica, parent_of: dict[int, int]) -> dict[int, list[str]]:
    """Child → paths in which its genotype differs from that of its parent: for strategies that do not say what they changed."""
    wanted = {*parent_of, *parent_of.values()}
    if not wanted:
        return {}
    rows = Proposal.objects.filter(replica=replica, number__in=wanted).values_list("number", "body__genotype")
    genotypes = dict(rows)
    return {
        child: [change.path for change in genotype_changes(genotypes.get(parent), genotypes[child])]
        for child, parent in parent_of.items()
    }


def _positions(paths: Sequence[str]) -> list[str]:
    return [position_words(path) for path in paths[:MOST_POSITIONS]]
