"""Results that the team has already: taken without a worker, only where they fit, never from others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.runs.models import Job, Proposal, Run
from apps.runs.services import run_create
from apps.runs.services.memory import restore, warm
from apps.runs.states import RunState
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig
from tests.apps.runs.driver import advance, finish, story, toy_values

MakeRun = Callable[..., Run]
RANDOM: dict[str, Any] = {"strategy": {"name": "random"}}


def num_reused(run: Run) -> int:
    return run.trials.filter(reused_seconds__isnull=False).count()


def test_a_second_run_takes_every_result_of_the_first_without_a_worker(make_run: MakeRun, worker: Worker) -> None:
    first = finish(make_run(**RANDOM), worker)
    second = advance(make_run(**RANDOM, reuse=True, num_reported=0))
    assert second.state == RunState.COMPLETED
    assert not Job.objects.filter(run=second).exists()
    assert story(second) == story(first)
    assert num_reused(second) == 12
    for trial in second.trials.select_related("reused_from", "proposal"):
        assert trial.reused_from is not None
        assert trial.reused_from.run_id == first.pk
        assert trial.reused_from.number == trial.number
        assert (trial.cost_seconds, trial.reused_seconds) == (0.0, trial.reused_from.cost_seconds)
        assert trial.reused_seconds > 0
        assert trial.worker is None
        assert trial.told_order is not None


def test_results_are_measured_again_unless_asked_for(make_run: MakeRun, worker: Worker) -> None:
    finish(make_run(**RANDOM), worker)
    second = finish(make_run(**RANDOM), worker)
    assert num_reused(second) == 0


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 8},
        {"estimator": {"name": "ones", "config": {"noise": 0.06}}},
        {"problem": {"name": "blobs", "config": {"num_classes": 4}}},
        {"space": {"name": "bit_strings", "config": {"num_bits": 7}}},
    ],
)
def test_another_seed_estimator_problem_or_space_has_nothing_to_offer(
    make_run: MakeRun, worker: Worker, other: dict[str, Any]
) -> None:
    """Both draw nearly all of the 64 strings of six bits."""
    small = {**RANDOM, "space": {"name": "bit_strings", "config": {"num_bits": 6}}, "budget": {"trials": 100}}
    first = finish(make_run(**small), worker)
    second = finish(make_run(**{**small, **other}, reuse=True), worker)
    assert not second.trials.filter(reused_from__run=first).exists()
    third = finish(make_run(**small, reuse=True), worker)
    assert third.trials.filter(reused_from__run=first).count() == 100


def test_another_strategy_takes_what_it_meets_again(make_run: MakeRun, worker: Worker) -> None:
    """Six bits: local search meets many of the 64 that random search has seen."""
    small = {"space": {"name": "bit_strings", "config": {"num_bits": 6}}}
    first = finish(make_run(**{**RANDOM, **small, "budget": {"trials": 60}}), worker)
    known = {p.body["genotype"]["bits"] for p in Proposal.objects.filter(replica__run=first)}
    search = {"strategy": {"name": "local_search"}, "budget": {"trials": 30}, "reuse": True}
    second = finish(make_run(**small, **search), worker)
    taken = second.trials.filter(reused_from__run=first).select_related("architecture")
    assert taken.count() >= 10
    assert {trial.architecture.genotype["bits"] for trial in taken} <= known
    fresh = second.trials.filter(reused_seconds__isnull=True).select_related("architecture")
    assert not {trial.architecture.genotype["bits"] for trial in fresh} & known


def test_failed_results_are_never_taken(make_run: MakeRun, worker: Worker) -> None:
    first = finish(make_run(**RANDOM), worker)
    first.trials.filter(number=3).update(state="diverged")
    second = finish(make_run(**RANDOM, reuse=True), worker)
    assert num_reused(second) == 11
    assert second.trials.get(number=3).reused_seconds is None


def test_another_team_is_no_source_even_when_it_shares_its_run(make_run: MakeRun, worker: Worker, member: User) -> None:
    first = finish(make_run(**RANDOM), worker)
    Run.objects.filter(pk=first.pk).update(visibility="everyone")
    others = Team.objects.create(name="Others")
    values = toy_values(**RANDOM, reuse=True)
    second = run_create(team=others, by=member, name="theirs", values=values, now=timezone.now())
    assert num_reused(finish(second, worker)) == 0


def test_a_strategy_that_needs_fresh_noise_refuses_and_a_baseline_measures_its_own(
    make_run: MakeRun, worker: Worker
) -> None:
    with pytest.raises(InvalidConfig, match="reuse: Aging evolution needs a fresh measurement"):
        make_run(reuse=True)
    with pytest.raises(InvalidConfig, match="reuse: "):
        make_run(strategy={"name": "asha", "config": {"inner": "aging_evolution"}}, reuse=True)
    finish(make_run(**RANDOM, baseline=True), worker)
    second = finish(make_run(**RANDOM, baseline=True, reuse=True), worker)
    assert num_reused(second) == 12
    assert not second.trials.filter(replica__is_baseline=True, reused_seconds__isnull=False).exists()


def test_a_metric_that_the_earlier_run_did_not_want_is_measured(make_run: MakeRun, worker: Worker) -> None:
    """What is timed on a device is never taken."""
    finish(make_run(**RANDOM), worker)
    second = finish(make_run(**RANDOM, reuse=True, objectives=["accuracy", "latency_ms"]), worker)
    assert num_reused(second) == 0


def test_what_was_taken_is_not_passed_on_and_survives_its_source(make_run: MakeRun, worker: Worker) -> None:
    first = finish(make_run(**RANDOM), worker)
    second = finish(make_run(**RANDOM, reuse=True), worker)
    third = finish(make_run(**RANDOM, reuse=True), worker)
    assert set(third.trials.values_list("reused_from__run", flat=True)) == {first.pk}
    first.delete()
    assert set(second.trials.values_list("state", "reused_from")) == {("completed", None)}
    assert num_reused(second) == 12


def test_it_costs_one_query_for_each_advance(make_run: MakeRun, worker: Worker) -> None:
    finish(make_run(**RANDOM, budget={"trials": 40}), worker)
    run = make_run(**RANDOM, reuse=True, parallelism=40, budget={"trials": 40})
    with CaptureQueriesContext(connection) as queries:
        advance(run)
    looked = [query["sql"] for query in queries if "reuse_key" in query["sql"] and query["sql"].startswith("SELECT")]
    looked = [sql for sql in looked if " IN (" in sql and '"runs_proposal"."reuse_key" IN' in sql]
    assert len(looked) == 1
    assert num_reused(run) == 40


def test_a_run_with_results_it_took_is_restored_from_its_record(make_run: MakeRun, worker: Worker) -> None:
    finish(make_run(**RANDOM, budget={"trials": 6}), worker)
    run = finish(make_run(**RANDOM, reuse=True), worker)
    assert num_reused(run) == 6
    replica = run.replicas.get()
    replica.snapshots.all().delete()
    warm.clear()
    memory = restore(run, replica)
    assert memory.strategy.state_dict().data["next_id"] == 12
