"""What a person can do to a run, in the wrong moment too, and twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.architectures.models import Architecture
from apps.runs.engine import specification_of
from apps.runs.errors import TransitionRefused
from apps.runs.models import Proposal, Run, Trial
from apps.runs.selectors.clock import working_seconds
from apps.runs.services import (
    architecture_add,
    run_cancel,
    run_create,
    run_delete,
    run_pause,
    run_resume,
    run_retry_failed,
    run_stop,
)
from apps.runs.services.job_commit import job_release
from apps.runs.services.work import work_of
from apps.runs.states import JobState, RunState, TrialState
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig, InvalidGenotype
from tasks.work import carry_out
from tests.apps.runs.driver import advance, claim, finish, finish_quickly, numbers, story, toy_values, work

MakeRun = Callable[..., Run]


def test_a_paused_run_gives_out_no_jobs_and_goes_on_where_it_was(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    undisturbed = finish(make_run(), worker)
    run = advance(make_run())
    work(worker, jobs=1)
    run_pause(run=run, by=member, now=timezone.now())
    run_pause(run=run, by=member, now=timezone.now())  # two people press at once
    assert work(worker) == 0
    advance(run)
    assert run.state == RunState.PAUSED
    assert numbers(run) == [0, 1, 2]
    run_resume(run=run, by=member, now=timezone.now())
    run_resume(run=run, by=member, now=timezone.now())
    assert story(finish(run, worker)) == story(undisturbed)


def test_results_that_came_in_during_a_pause_change_nothing(make_run: MakeRun, worker: Worker, member: User) -> None:
    undisturbed = finish(make_run(), worker)
    run = advance(make_run())
    claims = [claim(worker) for _ in range(3)]
    run_pause(run=run, by=member, now=timezone.now())
    for claimed in claims:
        assert claimed is not None
        carry_out(claimed, worker)  # quick enough to end before it learns of the pause
    advance(run)
    assert run.replicas.get().num_told == 0
    run_resume(run=run, by=member, now=timezone.now())
    assert story(finish(run, worker)) == story(undisturbed)


def test_a_pause_does_not_count_as_work(make_run: MakeRun, member: User) -> None:
    run = advance(make_run())
    started = run.started_at
    assert started is not None
    run_pause(run=run, by=member, now=started + timedelta(seconds=10))
    run_resume(run=run, by=member, now=started + timedelta(seconds=110))
    run.refresh_from_db()
    assert working_seconds(run, started + timedelta(seconds=115)) == pytest.approx(15)


def test_a_job_that_is_interrupted_by_a_pause_waits_with_its_trials(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    run = advance(make_run())
    claimed = claim(worker)
    assert claimed is not None
    run_pause(run=run, by=member, now=timezone.now())
    job_release(claim=claimed, work=work_of(claimed.jobs, specification_of(run)), now=timezone.now())
    assert set(run.trials.values_list("state", flat=True)) == {TrialState.QUEUED}
    assert run.jobs.get(pk=claimed.job.pk).state == JobState.QUEUED
    assert claim(worker) is None


def test_stopping_finishes_what_runs_and_withdraws_what_waits(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = advance(make_run())
    claimed = claim(worker)
    assert claimed is not None
    run_stop(run=run, by=member, now=timezone.now())
    run_stop(run=run, by=member, now=timezone.now())
    assert numbers(run, state=TrialState.CANCELLED) == [1, 2]
    carry_out(claimed, worker)
    finish(run, worker)
    assert run.state == RunState.STOPPED
    assert numbers(run, state=TrialState.COMPLETED) == [0]
    assert numbers(run) == [0, 1, 2]


def test_stopping_before_the_begin_cancels(make_run: MakeRun, member: User) -> None:
    run = make_run()
    run_stop(run=run, by=member, now=timezone.now())
    assert advance(run).state == RunState.CANCELLED


def test_cancelling_refuses_what_a_worker_still_wants_to_store(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = advance(make_run())
    claimed = claim(worker)
    assert claimed is not None
    run_cancel(run=run, by=member, now=timezone.now())
    run_cancel(run=run, by=member, now=timezone.now())
    carry_out(claimed, worker)
    advance(run)
    assert run.state == RunState.CANCELLED
    assert set(run.trials.values_list("state", flat=True)) == {TrialState.CANCELLED}
    assert not Proposal.objects.filter(replica__run=run, result__status="completed").exists()


def test_an_ended_run_refuses_in_words(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = finish_quickly(make_run(budget={"trials": 3}), worker)
    for verb in (run_pause, run_resume, run_stop, run_cancel):
        with pytest.raises(TransitionRefused, match="completed"):
            verb(run=run, by=member, now=timezone.now())


def test_retrying_adds_trials_beyond_the_budget_and_only_once(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = finish(make_run(), worker)
    proposal = Proposal.objects.get(replica__run=run, number=4)
    Trial.objects.filter(proposal=proposal).update(state=TrialState.CRASHED)
    assert run_retry_failed(run=run, by=member, now=timezone.now()) == 1
    finish(run, worker)
    assert run.state == RunState.COMPLETED
    retried = run.trials.get(number=12)
    assert retried.operator == "retry"
    assert retried.architecture == proposal.trials.get().architecture
    assert retried.proposal.body["parents"] == [4]
    with pytest.raises(TransitionRefused, match="no failed trial"):
        run_retry_failed(run=run, by=member, now=timezone.now())


def test_an_added_architecture_is_the_next_trial(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = advance(make_run())
    best = {"bits": "1" * 20}
    architecture_add(run=run, by=member, genotype=best, now=timezone.now())
    work(worker, jobs=1)
    advance(run)
    added = run.trials.get(number=3)
    assert (added.operator, added.architecture.genotype) == ("added", best)
    finish(run, worker)
    assert numbers(run) == list(range(12))


def test_a_wrong_architecture_is_refused_at_its_field(make_run: MakeRun, member: User) -> None:
    run = advance(make_run())
    with pytest.raises(InvalidGenotype) as refused:
        architecture_add(run=run, by=member, genotype={"bits": "012"}, now=timezone.now())
    assert refused.value.errors[0].field == "bits"


def test_deleting_takes_everything_but_shared_architectures(make_run: MakeRun, worker: Worker, member: User) -> None:
    kept = finish(make_run(), worker)
    gone = finish(make_run(), worker)
    architectures = Architecture.objects.count()
    run_delete(run=gone, by=member, now=timezone.now())
    assert not Run.objects.filter(name="toy").exclude(pk=kept.pk).exists()
    assert Trial.objects.count() == 12
    assert Architecture.objects.count() == architectures


def test_a_run_that_works_can_be_deleted(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = advance(make_run())
    claimed = claim(worker)
    assert claimed is not None
    run_delete(run=run, by=member, now=timezone.now())
    assert not Run.objects.exists()
    carry_out(claimed, worker)  # the worker finds nothing to store, and goes on


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"budget": {"trials": 0}}, "budget.trials"),
        ({"budget": {"trials": None}}, "budget"),
        ({"objectives": []}, "objectives"),
        ({"objectives": ["speed"]}, "objectives"),
        ({"objectives": ["test_accuracy"]}, "objectives"),
        ({"space": {"name": "nowhere"}}, "space.name"),
        ({"space": {"name": "bit_strings", "config": {"num_bits": 10**9}}}, "space.config.num_bits"),
        (
            {"strategy": {"name": "aging_evolution", "config": {"population_size": 4, "sample_size": 9}}},
            "strategy.config",
        ),
        ({"constraints": ["macs<=1"]}, "constraints"),
        ({"seed": -1}, "seed"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(team: Team, member: User, parts: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        run_create(team=team, by=member, name="x", values=toy_values(**parts), now=timezone.now())
    assert field in {error.field for error in refused.value.errors}, refused.value.errors
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("name", "fits"), [("탐색 🔍", True), ("x" * 300, True), ("x" * 301, False), ("  ", False), ("a\x00b", False)]
)
def test_names(team: Team, member: User, name: str, fits: bool) -> None:
    if fits:
        assert run_create(team=team, by=member, name=name, values=toy_values(), now=timezone.now()).name == name
    else:
        with pytest.raises(InvalidConfig) as refused:
            run_create(team=team, by=member, name=name, values=toy_values(), now=timezone.now())
        assert refused.value.errors[0].field == "name"
