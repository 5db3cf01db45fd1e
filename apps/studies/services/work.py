"""What a worker writes while a study is its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F

from apps.runs.faults import fault_point
from apps.studies.models import Study, StudyState
from apps.studies.selectors.studies import studies_for
from apps.studies.services.request import study_wake
from apps.workers.leased import Lease, LeasedRows
from apps.workers.models import Worker
from nas.core.study import StudyProgress

LONGEST_STAGE = 200

STUDIES = LeasedRows(
    Study,
    name="study",
    noun="study",
    wake=study_wake,
    related=("run", "trial__architecture", "trial__replica", "trial__proposal__checkpoint"),
    heavy=("known",),
)
StudyLease = Lease[Study]


def study_claim(*, study_id: int, worker: Worker, now: datetime) -> StudyLease | None:
    """Give a waiting study to `worker` if it has the device, or None. At most one worker wins it."""
    return STUDIES.claim(studies_for(worker).filter(pk=study_id), worker=worker, now=now, started_at=now)


def study_progress(*, lease: StudyLease, progress: StudyProgress, version: int, now: datetime) -> None:
    """Store what was found so far. Raises LeaseLost; ValueError, TypeError for what is no JSON."""
    values = {"stage": progress.stage[:LONGEST_STAGE], "done": progress.done, "total": progress.total}
    STUDIES.write(lease, now=now, version=version, known=_plain(progress.known), **values)
    fault_point("study.stored")


def study_finish(
    *, lease: StudyLease, known: Mapping[str, Any], version: int, now: datetime, total: int | None = None
) -> None:
    """`total`: the parts there were, where the last of its progress is not stored.

    Raises LeaseLost; ValueError, TypeError for what is no JSON.
    """
    parts = F("total") if total is None else total
    found = {"known": _plain(known), "version": version, "done": parts, "total": parts, "stage": ""}
    STUDIES.end(lease, state=StudyState.READY, now=now, **found)


def _plain(known: Mapping[str, Any]) -> Any:
    """As it will be read again; NaN and infinity are refused here, where their study can be named."""
    return json.loads(json.dumps(dict(known), allow_nan=False))
