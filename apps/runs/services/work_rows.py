"""Work that is no trial, as the page of a run knows it: legs of a supernet's training, scores with shared weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.live.events import AnyEvent, WorkChanged, WorkRow
from apps.runs.models import Job, Proposal
from apps.runs.states import JobState
from apps.runs.work_kinds import is_work


def work_row(proposal: Proposal, state: str, worker: str = "") -> WorkRow:
    """`state`: of its job; a proposal that has a result has the state of that."""
    body, progress, result = proposal.body, proposal.progress or {}, proposal.result
    meta = body.get("meta", {})
    if result is not None:
        state, worker = result["status"], ""
    return WorkRow(
        number=proposal.number,
        kind=body["kind"],
        state=state,
        worker=worker,
        done=progress.get("done", meta.get("done")),
        total=progress.get("total", meta.get("total")),
        loss=progress.get("train_loss"),
        seconds=progress.get("seconds"),
        reason="" if result is None else result["reason"],
    )


def work_changed(
    replica: int, proposals: Iterable[Proposal], state: str = JobState.QUEUED, worker: str = ""
) -> list[AnyEvent]:
    """An event for each of these proposals, none of which is an evaluation."""
    return [WorkChanged(replica=replica, **work_row(each, state, worker).model_dump()) for each in proposals]


def work_moved(jobs: Sequence[Job], state: str, worker: str = "") -> list[AnyEvent]:
    """The open proposals of these jobs of one replica and kind are in that state now; nothing where they are trials."""
    if not is_work(jobs[0].kind):
        return []
    waiting = Proposal.objects.filter(job__in=jobs, result__isnull=True).order_by("number")
    return work_changed(jobs[0].replica.number, waiting, state, worker)
