"""What the studies of several architectures say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.accounts.access import AnyUser, visible
from apps.charts.drawn_view import DrawnView, drawn_view
from apps.runs.models import Run
from apps.studies.models import Study, StudyState
from nas import registry
from nas.core.study import SeenTogether

MOST_TOGETHER = 100


def pictures_together(run: Run, user: AnyUser) -> Sequence[DrawnView]:
    """Of every kind of study that this run has and of which several say more than one: what the team found with it on the same
    problem, as far as `user` may see it, the newest of each architecture."""
    found = []
    for name in Study.objects.filter(run=run).order_by("kind").values_list("kind", flat=True).distinct():
        kind = registry.studies.get(name) if name in registry.studies else None
        if kind is None or not issubclass(kind, SeenTogether):
            continue
        known = _known_by_architecture(run, user, name, kind.version)
        found += [drawn_view(v.name, v.title, v.kind, v.data) for v in kind.views_together(list(known.values()))]
    return found


def _known_by_architecture(run: Run, user: AnyUser, kind: str, version: int) -> Mapping[int, Mapping[str, Any]]:
    of_team = visible(Run.objects.filter(team=run.team_id, problem_name=run.problem_name), user)
    ended = Study.objects.filter(run__in=of_team, kind=kind, version=version, state=StudyState.READY)
    rows = ended.order_by("pk").values_list("trial__architecture", "pk", "run__specification__problem")
    newest = {of: study for of, study, problem in rows if problem == run.specification["problem"]}
    known = dict(Study.objects.filter(pk__in=sorted(newest.values())[-MOST_TOGETHER:]).values_list("pk", "known"))
    return {of: known[study] for of, study in newest.items() if study in known}
