"""What must hold of a finished run, whatever was killed while it ran."""

from __future__ import annotations

from typing import Any

from apps.runs.models import Advance, Attempt, Job, Proposal, Run, Trial
from apps.runs.states import RUN_ENDED, AttemptOutcome, JobState, RunState, TrialState
from tests.support.conditions import wait_for

MEASURED = ("train_seconds", "latency_ms")  # depend on how busy the machine is
Story = list[tuple[Any, ...]]


def finished(run: Run, *, timeout_seconds: float = 120.0) -> Run:
    """Waits until the run has ended."""

    def ended() -> bool:
        run.refresh_from_db()
        return run.state in RUN_ENDED

    wait_for(ended, timeout_seconds=timeout_seconds, what=f"the end of run {run.pk}")
    return run


def story(run: Run) -> Story:
    """Every proposal in order with its origin and result, and what the last report measured; no times."""
    told = Proposal.objects.filter(replica__run=run).order_by("number")
    searched = [(p.number, p.body["genotype"], p.body["operator"], p.body["parents"], _known(p.result)) for p in told]
    reported = Trial.objects.filter(run=run, report_job__isnull=False).order_by("number")
    curves = Trial.objects.filter(run=run).order_by("told_order")
    return [
        *searched,
        *(("reported", t.number, _known(t.report_result)) for t in reported),
        *(("told", t.told_order, t.number, t.hypervolume, t.best, t.on_front) for t in curves),
    ]


def _known(result: dict[str, Any] | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "status": result["status"],
        "metrics": {name: value for name, value in result["metrics"].items() if name not in MEASURED},
    }


def assert_whole(run: Run, *, budget: int) -> None:
    """Completed; each of `budget` trials there once, told once; jobs, attempts and steps agree with one another."""
    assert run.state == RunState.COMPLETED, run.end_reason
    replica = run.replicas.get()
    trials = list(Trial.objects.filter(run=run).order_by("number"))
    assert [t.number for t in trials] == list(range(budget)), "a trial is missing or there twice"
    assert {t.state for t in trials} == {TrialState.COMPLETED}
    assert sorted(t.told_order for t in trials if t.told_order is not None) == list(range(budget))

    proposals = list(Proposal.objects.filter(replica=replica).order_by("number"))
    assert [p.number for p in proposals] == list(range(budget))
    assert all(p.result is not None and p.told_in is not None for p in proposals)
    assert len({t.proposal_id for t in trials}) == budget

    advances = list(Advance.objects.filter(replica=replica).order_by("number"))
    assert [a.number for a in advances] == list(range(1, replica.version + 1))
    told = [(number, a.number) for a in advances for number, _, _ in a.steps if number is not None]
    assert sorted(number for number, _ in told) == list(range(budget)), "a result was told twice or never"
    assert dict(told) == {p.number: p.told_in for p in proposals}
    assert sum(asked for a in advances for _, _, asked in a.steps) == budget
    assert (replica.num_asked, replica.num_told, replica.num_trials) == (budget, budget, budget)

    jobs = list(Job.objects.filter(run=run))
    assert {job.state for job in jobs} == {JobState.DONE}
    for job in jobs:
        attempts = list(Attempt.objects.filter(job=job).order_by("fence"))
        assert attempts, f"job {job.pk} is done and nobody tried it"
        outcomes = [attempt.outcome for attempt in attempts]
        assert outcomes[-1] == AttemptOutcome.DONE, outcomes
        assert set(outcomes[:-1]) <= {AttemptOutcome.LOST, AttemptOutcome.INTERRUPTED}, outcomes
        assert job.num_lost == 0, "the commit that ended it forgets the losses before"
        assert all(attempt.ended_at is not None for attempt in attempts)
