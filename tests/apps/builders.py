"""Rows made directly, for tests of pages and for a data base to look at: as the services would leave them, without the work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from apps.accounts.models import Membership, Role, Team, User
from apps.live.models import Stream
from apps.runs.models import CurvePoint, Job, Proposal, Replica, Run, Trial
from apps.runs.services.demo import DEMO
from apps.runs.services.progress import Progress
from apps.runs.services.trials import architectures_for
from apps.runs.specification import RunSpecification
from apps.runs.states import JobState, RunState, TrialState
from apps.workers.models import Worker
from nas import registry
from nas.core.proposal import Proposal as Wish
from nas.core.result import Result, ResultStatus
from nas.core.space import architecture_key

SECONDS_PER_TRIAL = 2.5


def make_team(name: str = "Curie", *, member: str = "ada", role: Role = Role.MEMBER) -> tuple[Team, User]:
    team, _ = Team.objects.get_or_create(name=name)
    user, _ = User.objects.get_or_create(username=member)
    Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
    return team, user


def make_run(
    team: Team,
    by: User,
    *,
    name: str = "Small cells",
    state: RunState = RunState.RUNNING,
    num_replicas: int = 1,
    specification: dict[str, Any] | None = None,
    **columns: Any,
) -> Run:
    """A run with its replicas and no trial."""
    wanted = RunSpecification.parse({**DEMO, "num_replicas": num_replicas, **(specification or {})})
    now = timezone.now()
    is_over = state in (RunState.COMPLETED, RunState.STOPPED, RunState.CANCELLED, RunState.FAILED)
    reference: list[float | None] = [0.0, 5e6, None][: len(wanted.objectives)]
    run = Run.objects.create(
        **{
            "team": team,
            "created_by": by,
            "name": name,
            "state": state,
            "specification": wanted.as_json(),
            "record": {"schema_version": 1, "randomness": {"run_seed": 1}, "packages": {"torch": "2.13.0"}},
            "space_name": wanted.space.name,
            "problem_name": wanted.problem.name,
            "strategy_name": wanted.strategy.name,
            "estimator_name": wanted.estimator.name,
            "seed": wanted.seed,
            "reference_point": reference,
            "started_at": None if state == RunState.QUEUED else now - timedelta(minutes=10),
            "ended_at": now if is_over else None,
            **columns,
        }
    )
    Replica.objects.bulk_create(
        Replica(run=run, number=number, is_baseline=wanted.is_baseline(number))
        for number in range(wanted.total_replicas)
    )
    Stream.objects.create(run=run)
    return run


def make_worker(name: str = "cpu0", *, seen_seconds_ago: float = 1.0, **columns: Any) -> Worker:
    seen = timezone.now() - timedelta(seconds=seen_seconds_ago)
    return Worker.objects.create(
        **{"name": name, "host": "here", "pid": 100, "queue": "cpu", "device": "cpu", "last_seen_at": seen, **columns}
    )


def make_trials(
    run: Run,
    count: int,
    *,
    replica: int = 0,
    failed: Sequence[int] = (),
    num_open: int = 0,
    worker: Worker | None = None,
    curve_steps: int = 0,
) -> list[Trial]:
    """`count` trials that ended (those in `failed` crashed), told in order, and `num_open` more of which the first runs.

    Architectures are drawn from the run's space; accuracy grows with the logarithm of the true MACs, with noise.
    """
    specification = RunSpecification.parse(run.specification)
    of = run.replicas.get(number=replica)
    space_class = registry.spaces.get(run.space_name)
    space = space_class(space_class.Config.parse(specification.space.config))
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([specification.seed, replica])))
    genotypes = [space.sample(rng) for _ in range(count + num_open)]
    architectures = architectures_for(space, genotypes)
    costs: dict[str, dict[str, float]] = {}
    job = Job.objects.create(run=run, replica=of, kind="evaluate", queue="any", state=JobState.DONE)
    progress = Progress(specification, list(run.reference_point))
    proposals: list[Proposal] = []
    trials: list[Trial] = []
    start = run.started_at or run.created_at
    on_front: set[int] = set()
    for number, genotype in enumerate(genotypes):
        key = architecture_key(space, genotype)
        if key not in costs:
            costs[key] = space.cost(genotype, (1, 8, 8), 10).as_metrics()
        metrics = dict(costs[key])
        is_open, has_failed = number >= count, number in failed
        at = start + timedelta(seconds=SECONDS_PER_TRIAL * (number + 1))
        skill = math.log10(max(metrics["macs"], 10.0)) / 7
        metrics["accuracy"] = round(float(np.clip(0.35 + 0.55 * skill + rng.normal(0, 0.06), 0.05, 0.99)), 4)
        metrics["loss"] = round(2.3 * (1 - metrics["accuracy"]), 4)
        if has_failed:
            del metrics["accuracy"], metrics["loss"]
        status = ResultStatus.CRASHED if has_failed else ResultStatus.COMPLETED
        reason = "RuntimeError: sizes do not match" if has_failed else ""
        operator = "random" if number < 20 else "mutate:operation"
        parents = (number - 7,) if number >= 20 else ()
        result = Result(number, status, metrics, cost_seconds=2.1, steps_done=10, reason=reason)
        proposals.append(
            Proposal(
                replica=of,
                number=number,
                body=Wish(id=number, genotype=genotype, operator=operator, parents=parents).as_json(),
                job=job,
                result=None if is_open else result.as_json(),
                finished_at=None if is_open else at,
                told_in=None if is_open else number + 1,
            )
        )
        trial = Trial(
            run=run,
            replica=of,
            number=number,
            architecture=architectures[key],
            operator=operator,
            created_at=start,
            state=(TrialState.RUNNING if number == count else TrialState.QUEUED) if is_open else status.value,
            is_simulated=run.is_simulated,
        )
        if not is_open:
            values = tuple(metrics.get(objective.metric) for objective in specification.objectives)
            step = progress.tell(number, values, counts=not has_failed, cost_seconds=result.cost_seconds)
            on_front = (on_front | ({number} if step.added else set())) - set(step.removed)
            trial.value_0, trial.value_1, trial.value_2 = (*values, None, None)[:3]
            trial.metrics, trial.is_feasible, trial.reason = metrics, not has_failed, reason
            trial.detail = (
                "Traceback (most recent call last):\n  …\nRuntimeError: sizes do not match" if has_failed else ""
            )
            trial.told_order, trial.hypervolume, trial.best = number, step.hypervolume, step.best
            trial.spent_seconds = step.spent
            trial.cost_seconds, trial.steps_done, trial.worker = result.cost_seconds, result.steps_done, worker
            trial.started_at, trial.finished_at = at - timedelta(seconds=2), at
        trials.append(trial)
    for trial, proposal in zip(trials, Proposal.objects.bulk_create(proposals), strict=True):
        trial.proposal = proposal
        trial.on_front = trial.number in on_front
    trials = Trial.objects.bulk_create(trials)
    Replica.objects.filter(pk=of.pk).update(
        num_asked=count + num_open,
        num_told=count,
        num_failed=len([number for number in failed if number < count]),
        num_trials=count + num_open,
        best=progress.best,
        hypervolume=progress.hypervolume,
        spent_seconds=progress.spent,
    )
    for trial in trials[: count + 1] if curve_steps else ():
        make_curve(trial, curve_steps)
    return trials


def make_curve(trial: Trial, num_steps: int) -> None:
    end = trial.value_0 or 0.6
    CurvePoint.objects.bulk_create(
        CurvePoint(
            trial=trial,
            step=step,
            metrics={
                "train_loss": 2.3 * math.exp(-step / 3) + 0.2,
                "val_loss": 2.3 * math.exp(-step / 4) + 0.3,
                "accuracy": end * (1 - math.exp(-step / 2)),
            },
        )
        for step in range(1, num_steps + 1)
    )
