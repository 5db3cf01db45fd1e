"""Taking up what a strategy wants: proposals, packed into jobs, and a trial for each architecture. What is known already
needs no job: it has ended when it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from apps.live.events import AnyEvent, TrialsAdded, TrialsFinished
from apps.runs.models import Job, Proposal, Replica, Run, Trial
from apps.runs.services.advance_decide import Step
from apps.runs.services.memory import Memory
from apps.runs.services.reuse import results_known
from apps.runs.services.trials import architectures_for, trial_end, trial_numbers_take, trial_row
from apps.runs.services.work_rows import work_changed
from apps.runs.wake import wake_workers
from nas.core.proposal import EVALUATE
from nas.core.proposal import Proposal as Wish
from nas.core.result import Result
from nas.core.space import architecture_key


def accept(
    run: Run, replica: Replica, memory: Memory, step: Step, now: datetime, *, takes_results: bool
) -> list[AnyEvent]:
    """Inside the transaction of the advance. Notes in `step` how many results were known.

    Args:
      takes_results: whether known ones may be taken, as `reuses` says.
    """
    wishes, keys = step.wishes, step.reuse_keys
    known = results_known(run, memory, keys) if takes_results else {}
    jobs = _jobs(run, replica, memory, [wish for wish, key in zip(wishes, keys, strict=True) if key not in known])
    rows = [
        Proposal(replica=replica, number=wish.id, body=wish.as_json(), job=jobs.get(wish.id), reuse_key=key)
        for wish, key in zip(wishes, keys, strict=True)
    ]
    results: dict[int, Result] = {}
    for row in rows:
        if row.reuse_key in known:
            result = replace(known[row.reuse_key][1], proposal_id=row.number, cost_seconds=0.0)
            results[row.number] = result
            row.result, row.finished_at = result.as_json(), now
    Proposal.objects.bulk_create(rows)
    step.num_reused = len(results)
    events: list[AnyEvent] = work_changed(
        replica.number, [row for row, wish in zip(rows, wishes, strict=True) if wish.kind != EVALUATE]
    )
    evaluations = [(row, wish) for row, wish in zip(rows, wishes, strict=True) if wish.kind == EVALUATE]
    if not evaluations:
        return events
    trials = _trials(run, replica, memory, evaluations, now)
    ended = []
    for trial, (row, _) in zip(trials, evaluations, strict=True):
        if row.number in results:
            source, _ = known[row.reuse_key]
            trial_end(trial, results[row.number], memory.specification, now=now)
            trial.started_at = now
            trial.reused_from, trial.reused_seconds = source, source.cost_seconds
            ended.append(trial)
    Trial.objects.bulk_create(trials)
    events.append(
        TrialsAdded(
            replica=replica.number,
            numbers=[trial.number for trial in trials],
            operators=[trial.operator for trial in trials],
        )
    )
    if ended:
        num_objectives = len(memory.specification.objectives)
        events.append(TrialsFinished(replica=replica.number, trials=[trial_row(t, num_objectives) for t in ended]))
    return events


def _jobs(run: Run, replica: Replica, memory: Memory, wishes: Sequence[Wish]) -> dict[int, Job]:
    """By the wish's id."""
    batches = _batches(wishes, memory.specification.batch_size)
    queue = memory.specification.device
    jobs = [Job(run=run, replica=replica, kind=batch[0].kind, queue=queue) for batch in batches]
    Job.objects.bulk_create(jobs)
    if jobs:
        transaction.on_commit(lambda: wake_workers(queue, len(jobs)), robust=True)
    return {wish.id: job for job, batch in zip(jobs, batches, strict=True) for wish in batch}


def _trials(
    run: Run, replica: Replica, memory: Memory, evaluations: Sequence[tuple[Proposal, Wish]], now: datetime
) -> list[Trial]:
    """Not stored yet."""
    space = memory.setup.space
    genotypes = [wish.genotype for _, wish in evaluations if wish.genotype is not None]
    architectures = architectures_for(space, genotypes)
    first = trial_numbers_take(replica.pk, len(evaluations))
    return [
        Trial(
            run=run,
            replica=replica,
            number=first + place,
            proposal=row,
            architecture=architectures[architecture_key(space, genotype)],
            operator=wish.operator,
            created_at=now,
            is_simulated=run.is_simulated,
        )
        for place, ((row, wish), genotype) in enumerate(zip(evaluations, genotypes, strict=True))
    ]


def _batches(wishes: Sequence[Wish], size: int) -> list[list[Wish]]:
    """In order; a job holds one kind."""
    batches: list[list[Wish]] = []
    for wish in wishes:
        if batches and len(batches[-1]) < size and batches[-1][0].kind == wish.kind:
            batches[-1].append(wish)
        else:
            batches.append([wish])
    return batches
