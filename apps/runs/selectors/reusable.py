"""How many finished results of a team would serve a run that is being put together."""

from __future__ import annotations

import nas
from apps.accounts.models import Team
from apps.runs.models import Run, Trial
from apps.runs.specification import RunSpecification
from apps.runs.states import TrialState
from nas.core.problem import Problem
from nas.core.space import Space, space_fingerprint

RUNS_LOOKED_AT = 200


def reusable_results(specification: RunSpecification, problem: Problem, space: Space, team: Team) -> int:
    """Results of its newest runs with the same data, space, estimator, seed and engine; each counts once.

    Which of them the search will meet nobody knows; `apps.runs.services.reuse` has the exact rule.
    """
    same = Run.objects.filter(
        team=team,
        seed=specification.seed,
        problem_name=specification.problem.name,
        space_name=specification.space.name,
        estimator_name=specification.estimator.name,
    )
    wanted = (problem.fingerprint(), space_fingerprint(space), nas.__version__, specification.estimator.as_json())
    alike = [
        pk
        for pk, asked, record in same.order_by("-pk").values_list("pk", "specification", "record")[:RUNS_LOOKED_AT]
        if (
            record.get("problem", {}).get("fingerprint"),
            record.get("space", {}).get("fingerprint"),
            record.get("code", {}).get("engine"),
            asked.get("estimator"),
        )
        == wanted
    ]
    done = Trial.objects.filter(
        run__in=alike, state=TrialState.COMPLETED, reused_seconds__isnull=True, replica__is_baseline=False
    )
    return done.exclude(proposal__reuse_key="").values("proposal__reuse_key").distinct().count()
