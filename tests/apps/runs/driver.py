"""Carrying a run out by hand: advance, claim, work, in whatever order a test wants."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.runs.models import Proposal, Run, Trial
from apps.runs.services.advance import run_advance
from apps.runs.services.job_claim import Claim, job_claim
from apps.runs.states import RUN_ENDED
from apps.workers.models import Worker
from tasks.work import carry_out


def toy_values(**parts: Any) -> dict[str, Any]:
    """A specification: aging evolution on bit strings, as much of it replaced as `parts` says."""
    return {
        "problem": {"name": "blobs"},
        "space": {"name": "bit_strings", "config": {"num_bits": 20}},
        "strategy": {"name": "aging_evolution", "config": {"population_size": 6, "sample_size": 3}},
        "estimator": {"name": "ones", "config": {"noise": 0.05}},
        "objectives": ["accuracy:maximise", "macs:minimise"],
        "budget": {"trials": 12},
        "seed": 7,
        "parallelism": 3,
        **parts,
    }


def advance(run: Run) -> Run:
    run_advance(run_id=run.pk, clock=timezone.now)
    run.refresh_from_db()
    return run


def claim(worker: Worker) -> Claim | None:
    return job_claim(worker=worker, now=timezone.now())


def work(worker: Worker, *, jobs: int = 10**6) -> int:
    """Claim and carry out up to `jobs` jobs; returns how many there were."""
    for done in range(jobs):
        claimed = claim(worker)
        if claimed is None:
            return done
        carry_out(claimed, worker)
    return jobs


def finish(run: Run, worker: Worker, *, jobs_between_advances: int = 1) -> Run:
    """To the end, with an advance after every `jobs_between_advances` jobs."""
    for _ in range(10_000):
        advance(run)
        if run.state in RUN_ENDED:
            return run
        work(worker, jobs=jobs_between_advances)
    raise AssertionError(f"the run does not end; it is {run.state}")


def finish_quickly(run: Run, worker: Worker) -> Run:
    """To the end, with an advance only when no job is left: where the order of results decides nothing."""
    return finish(run, worker, jobs_between_advances=10**6)


def story(run: Run) -> list[tuple[Any, ...]]:
    """What must not depend on luck: every proposal with its genotype, origin and result, in order."""
    return [
        (p.number, p.body["genotype"], p.body["operator"], p.body["parents"], p.result and p.result["metrics"])
        for p in Proposal.objects.filter(replica__run=run).order_by("replica__number", "number")
    ]


def numbers(run: Run, **filters: Any) -> list[int]:
    return list(Trial.objects.filter(run=run, **filters).order_by("number").values_list("number", flat=True))
