"""A whole comparison: what is shared, what each arm reached, what differs, what stands against comparing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from apps.compare.schema import Arm, ComparedRun, Comparison
from apps.compare.selectors.arms import Basis, arms_of, distribution_of
from apps.compare.selectors.differences import differences_of
from apps.compare.selectors.notices import notices_of, refusal_of
from apps.compare.selectors.results import result_rows
from apps.compare.selectors.settings import setting_groups
from apps.compare.selectors.shared import shared_of
from apps.live.models import Stream
from apps.runs.engine import specification_of
from apps.runs.models import Run
from apps.runs.selectors.objectives import objective_info


def comparison_of(runs: Sequence[Run], *, now: datetime, is_whole: bool = False) -> Comparison:
    """`runs` in the order in which they are shown. `is_whole`: with every value of the distributions, for a file."""
    objectives = [specification_of(run).objectives for run in runs]
    shared = shared_of(runs, objectives)
    seqs = dict(Stream.objects.filter(run__in=runs).values_list("run", "seq"))
    arms: list[Arm] = []
    for run, asked, columns in zip(runs, objectives, shared.columns, strict=True):
        basis = Basis(shared, columns, len(asked))
        found = arms_of(run, basis, seq=seqs.get(run.pk, 0))
        if is_whole and shared.objectives:
            found = [arm.model_copy(update={"distribution": distribution_of(run, arm, basis)}) for arm in found]
        arms += found
    groups = setting_groups(runs)
    return Comparison(
        seq=sum(seqs.values()),
        runs=[
            ComparedRun(
                id=run.pk,
                place=place,
                name=run.name,
                team=run.team.name,
                state=run.state,
                is_simulated=run.is_simulated,
                columns=list(columns),
            )
            for place, (run, columns) in enumerate(zip(runs, shared.columns, strict=True))
        ],
        refusal=refusal_of(runs, shared),
        objectives=[objective_info(objective) for objective in shared.objectives],
        reference_point=list(shared.reference),
        notices=notices_of(runs, shared, objectives, groups, arms) if len(runs) > 1 else [],
        arms=arms,
        results=result_rows(runs, arms, shared, now=now),
        differences=differences_of(arms, shared),
        settings=groups,
    )


def arm_names(comparison: Comparison) -> list[str]:
    """What each arm is called: its run's name, or that with the word for its baseline."""
    names = {run.id: run.name for run in comparison.runs}
    baseline = _("%(run)s: random baseline")
    return [baseline % {"run": names[arm.run]} if arm.is_baseline else names[arm.run] for arm in comparison.arms]
