"""A run that carries its random-search baseline: the same budget, its own seeds, never mixed with the search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.datasets.library import PlatformDataLibrary, PlatformTableLibrary
from apps.runs.engine import specification_of
from apps.runs.models import Job, Proposal, Replica, Run, Trial
from apps.runs.selectors.against_random import against_random, is_compared_by_cost
from apps.runs.selectors.lists import run_rows
from apps.runs.selectors.record import run_record
from apps.runs.selectors.trials import trial_best, trial_list, trials_reported
from apps.runs.services import architecture_add, run_retry_failed, run_stop
from apps.runs.services.memory import warm
from apps.runs.specification import RunSpecification
from apps.runs.states import RunState, TrialState
from apps.workers.models import Worker
from nas.analysis.hypervolume import hypervolume
from nas.core.errors import InvalidConfig
from tests.apps.runs.driver import advance, finish, finish_quickly, numbers, toy_values, work

MakeRun = Callable[..., Run]
LIBRARIES: dict[str, Any] = {"data": PlatformDataLibrary(), "tables": PlatformTableLibrary()}


def genotypes(run: Run, replica: int) -> list[Any]:
    rows = Proposal.objects.filter(replica__run=run, replica__number=replica).order_by("number")
    return [body["genotype"] for body in rows.values_list("body", flat=True)]


def test_every_seed_has_a_baseline_behind_the_seeds_of_the_search(make_run: MakeRun) -> None:
    run = make_run(num_replicas=3, baseline=True)
    flags = dict(run.replicas.values_list("number", "is_baseline"))
    assert flags == {0: False, 1: False, 2: False, 3: True, 4: True, 5: True}
    assert not make_run(num_replicas=3).replicas.filter(is_baseline=True).exists()


@pytest.mark.any_database
def test_the_baseline_proposes_what_random_search_proposes_with_that_seed(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(baseline=True), worker)
    alone = RunSpecification.parse(toy_values(strategy={"name": "random"}))
    strategy = alone.strategy_for(alone.setup(**LIBRARIES, replica=1))
    wanted = [proposal.genotype for proposal in strategy.ask(12)]
    assert genotypes(run, 1) == wanted
    assert genotypes(run, 0) != wanted
    operators = Trial.objects.filter(run=run, replica__number=1).values_list("operator", flat=True)
    assert set(operators) == {"random"}


@pytest.mark.any_database
def test_the_search_is_the_same_with_and_without_a_baseline(make_run: MakeRun, worker: Worker) -> None:
    """Their seeds and results are apart: what random search finds never reaches the strategy."""
    with_baseline, without = finish(make_run(baseline=True), worker), finish(make_run(), worker)
    assert genotypes(with_baseline, 0) == genotypes(without, 0)


def test_a_baseline_is_restored_as_what_it_is(make_run: MakeRun, worker: Worker) -> None:
    quiet = finish(make_run(baseline=True), worker)
    disturbed = advance(make_run(baseline=True))
    while disturbed.state not in (RunState.COMPLETED, RunState.FAILED):
        warm.clear()  # as if the control side had died: restored from the record before every advance
        work(worker, jobs=2)
        advance(disturbed)
    assert disturbed.state == RunState.COMPLETED
    assert genotypes(disturbed, 1) == genotypes(quiet, 1)


def test_each_side_has_the_whole_budget(make_run: MakeRun, worker: Worker) -> None:
    run = finish_quickly(make_run(baseline=True, num_replicas=2), worker)
    assert list(run.replicas.order_by("number").values_list("num_trials", flat=True)) == [12] * 4
    (row,) = run_rows([run])
    assert (row.num_ended, row.planned_trials, row.percent) == (48, 48, 100.0)


def test_what_a_replica_spent_is_the_sum_of_what_it_was_told(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(baseline=True))
    for _ in range(200):
        warm.clear()
        if not work(worker, jobs=1):
            break
        advance(run)
    for replica in run.replicas.all():
        told = Trial.objects.filter(replica=replica).order_by("told_order")
        sums = np.cumsum([trial.cost_seconds for trial in told])
        assert [trial.spent_seconds for trial in told] == pytest.approx(sums.tolist())


def test_only_the_search_is_reported_and_has_a_best_and_a_front(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(baseline=True, parallelism=1), worker)
    Trial.objects.filter(run=run, replica__number=1, number=0).update(value_0=2.0)  # better than anything possible
    Replica.objects.filter(run=run, number=1).update(best=2.0)
    best = trial_best(run=run, descending=True)
    assert best is not None
    assert best.replica.number == 0
    assert run_rows([run])[0].best == run.replicas.get(number=0).best
    assert {trial.replica.number for trial in trials_reported(run=run)} == {0}
    assert {trial.replica.number for trial in trial_list(run=run, state="front")} == {0}
    assert Trial.objects.filter(run=run, replica__number=1, on_front=True).exists()  # its own, for its hypervolume


def test_the_table_is_filtered_by_side_and_by_replica(make_run: MakeRun, worker: Worker) -> None:
    run = finish_quickly(make_run(baseline=True, num_replicas=2), worker)
    assert {t.replica.number for t in trial_list(run=run)} == {0, 1, 2, 3}
    assert {t.replica.number for t in trial_list(run=run, replica="search")} == {0, 1}
    assert {t.replica.number for t in trial_list(run=run, replica="baseline")} == {2, 3}
    assert {t.replica.number for t in trial_list(run=run, replica="3")} == {3}
    for nonsense in ("7", "-1", "x", "9" * 30):
        assert not trial_list(run=run, replica=nonsense)


def test_an_architecture_by_hand_goes_to_the_search(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = advance(make_run(baseline=True))
    architecture_add(run=run, by=member, genotype="1" * 20, now=timezone.now())
    finish_quickly(run, worker)
    assert numbers(run, operator="added", replica__is_baseline=False) != []
    assert numbers(run, operator="added", replica__is_baseline=True) == []


def test_a_failed_trial_of_the_baseline_is_retried_there(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = finish(make_run(baseline=True), worker)
    Trial.objects.filter(run=run, replica__number=1, number=4).update(state=TrialState.CRASHED)
    assert run_retry_failed(run=run, by=member, now=timezone.now()) == 1
    finish(run, worker)
    assert [(r.num_trials, r.num_retried) for r in run.replicas.order_by("number")] == [(12, 0), (13, 1)]
    found = against_random(run)
    assert found is not None
    assert found.at == 12  # a trial more on one side is no head start


def test_a_stop_ends_both_sides(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = advance(make_run(baseline=True))
    work(worker, jobs=2)
    run_stop(run=run, by=member, now=timezone.now())
    finish(run, worker)
    assert run.state == RunState.STOPPED
    assert not Trial.objects.filter(run=run, state__in=[TrialState.QUEUED, TrialState.RUNNING]).exists()


def test_the_record_names_the_baseline(make_run: MakeRun) -> None:
    record = run_record(make_run(num_replicas=2, baseline=True))
    assert record["specification"]["baseline"] is True
    assert record["baseline"]["replicas"] == [2, 3]
    assert record["baseline"]["strategy"]["name"] == "random"
    assert record["baseline"]["strategy"]["config"]["avoid_duplicates"] is False
    assert run_record(make_run())["baseline"] is None


def test_a_baseline_that_cannot_be_is_refused_before_the_start(make_run: MakeRun) -> None:
    with pytest.raises(InvalidConfig, match="must be"):
        RunSpecification.parse(toy_values(baseline="perhaps"))
    assert specification_of(make_run()).baseline is False


def test_runs_without_a_baseline_are_not_compared(make_run: MakeRun, worker: Worker) -> None:
    assert against_random(finish_quickly(make_run(), worker)) is None


def test_both_sides_are_compared_where_the_slowest_seed_is(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(baseline=True, parallelism=4))
    found = against_random(run)
    assert found is not None
    assert (found.at, found.measures[0].verdict.effect, found.measures[0].difference) == (0, None, None)
    work(worker, jobs=6)  # jobs are claimed in order: four of the search, two of its baseline
    advance(run)
    found = against_random(run)
    assert found is not None
    told = [
        Trial.objects.filter(replica=r, told_order__isnull=False).order_by("told_order") for r in run.replicas.all()
    ]
    assert [len(trials) for trials in told] == [4, 2]
    assert found.at == 2
    assert found.measures[0].search.median == max(trial.value_0 or 0 for trial in told[0][:2])
    assert found.measures[0].random.median == max(trial.value_0 or 0 for trial in told[1][:2])
    assert found.is_provisional


@pytest.mark.any_database
def test_the_end_of_a_run_is_compared_by_best_and_hypervolume(make_run: MakeRun, worker: Worker) -> None:
    run = finish_quickly(make_run(baseline=True, num_replicas=4), worker)
    found = against_random(run)
    assert found is not None
    best, volume = found.measures
    trials = {n: list(Trial.objects.filter(run=run, replica__number=n)) for n in range(8)}
    finals = [max(t.value_0 or 0 for t in trials[n]) for n in range(8)]
    assert best.search.median == pytest.approx(np.median(finals[:4]))
    assert (best.random.lowest, best.random.highest) == (min(finals[4:]), max(finals[4:]))
    assert best.difference == pytest.approx(np.median(finals[:4]) - np.median(finals[4:]))
    reference = [0.0, run.reference_point[1]]
    volumes = [hypervolume([[-(t.value_0 or 0), t.value_1 or 0] for t in trials[n]], reference) for n in range(8)]
    assert volume.search.median == pytest.approx(np.median(volumes[:4]))
    assert best.verdict.p is not None
    assert (best.verdict.num_first, best.verdict.num_second, found.at) == (4, 4, 12)
    assert found.relative == pytest.approx(
        (best.search.median or 0) / np.mean([t.value_0 for n in range(4, 8) for t in trials[n]]) - 1
    )
    assert not found.is_provisional
    assert not found.is_single_run
    assert (found.search.num_seeds, found.search.num_trials, found.random.num_trials) == (4, 48, 48)


@pytest.mark.any_database
def test_fewer_than_three_seeds_are_a_single_run(make_run: MakeRun, worker: Worker) -> None:
    found = against_random(finish_quickly(make_run(baseline=True, num_replicas=2), worker))
    assert found is not None
    assert found.is_single_run
    assert {measure.verdict.sureness for measure in found.measures} == {"single_run"}


@pytest.mark.any_database
def test_a_seed_that_found_nothing_is_the_worst_of_all(make_run: MakeRun, worker: Worker) -> None:
    run = finish_quickly(make_run(baseline=True, num_replicas=4), worker)
    Trial.objects.filter(run=run, replica__is_baseline=True).update(best=None, hypervolume=None)
    found = against_random(run)
    assert found is not None
    best = found.measures[0]
    assert (best.random.median, best.random.num_without, best.difference) == (None, 4, None)
    assert (best.verdict.better, best.verdict.sureness) == ("first", "likely")  # p = 2/70


@pytest.mark.any_database
def test_runs_that_train_some_longer_are_compared_by_cost(make_run: MakeRun, worker: Worker) -> None:
    run = finish_quickly(make_run(baseline=True), worker)
    found = against_random(run)
    assert found is not None
    assert not found.by_cost
    Trial.objects.filter(run=run, replica__number=0, number=3).update(steps_done=27)
    for replica, cost in ((0, 1.0), (1, 3.0)):
        for trial in Trial.objects.filter(run=run, replica__number=replica):
            trial.spent_seconds = cost * ((trial.told_order or 0) + 1)
            trial.best = 0.5 + 0.01 * (trial.told_order or 0)
            trial.save()
    found = against_random(run)
    assert found is not None
    assert (found.by_cost, found.at) == (True, 12.0)
    # For 12 s the search had 12 trials, random search 4.
    assert found.measures[0].search.median == pytest.approx(0.61)
    assert found.measures[0].random.median == pytest.approx(0.53)


@pytest.mark.any_database
def test_searches_that_work_beside_their_trials_are_compared_by_cost(make_run: MakeRun, worker: Worker) -> None:
    run = finish_quickly(make_run(baseline=True), worker)
    assert not is_compared_by_cost(run)
    Job.objects.create(run=run, replica=run.replicas.earliest("number"), kind="report", queue="cpu", state="done")
    assert not is_compared_by_cost(run)
    Job.objects.create(run=run, replica=run.replicas.earliest("number"), kind="evolve", queue="cpu", state="done")
    assert is_compared_by_cost(run)


def test_the_number_of_queries_does_not_grow_with_seeds(
    make_run: MakeRun, worker: Worker, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    few = finish_quickly(make_run(baseline=True, budget={"trials": 2}), worker)
    many = finish_quickly(make_run(baseline=True, num_replicas=5, budget={"trials": 2}), worker)
    for run in (few, many):
        with django_assert_num_queries(8):
            against_random(run)
