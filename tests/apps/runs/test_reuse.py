"""Results that the team has already: taken without a worker, only where they fit, never from others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Team, User, Visibility
from apps.runs.models import Job, Proposal, Run
from apps.runs.services import advance as advance_module
from apps.runs.services import constraints_change, run_create
from apps.runs.services.memory import restore, warm
from apps.runs.services.reuse import results_known, reuse_key
from apps.runs.states import RunState
from apps.workers.models import Worker
from nas import registry
from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.proposal import Proposal as Wish
from tests.apps.runs.driver import advance, finish, finish_quickly, story, toy_values

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
    finish_quickly(make_run(**RANDOM), worker)
    second = finish_quickly(make_run(**RANDOM), worker)
    assert num_reused(second) == 0


def test_another_seed_estimator_problem_or_space_has_nothing_to_offer(make_run: MakeRun, worker: Worker) -> None:
    """All draw nearly all of the sixteen strings of four bits."""
    small = {**RANDOM, "space": {"name": "bit_strings", "config": {"num_bits": 4}}, "budget": {"trials": 40}}
    first = finish_quickly(make_run(**small), worker)
    for other in (
        {"seed": 8},
        {"estimator": {"name": "ones", "config": {"noise": 0.06}}},
        {"problem": {"name": "blobs", "config": {"num_classes": 4}}},
        {"space": {"name": "bit_strings", "config": {"num_bits": 5}}},
    ):
        second = finish_quickly(make_run(**{**small, **other}, reuse=True), worker)
        from_others = second.trials.filter(reused_from__isnull=False).exclude(reused_from__run=second)
        assert not from_others.exists(), other
    third = finish_quickly(make_run(**small, reuse=True), worker)
    assert third.trials.filter(reused_from__run=first).count() == 40


def test_another_strategy_takes_what_it_meets_again(make_run: MakeRun, worker: Worker) -> None:
    """Six bits: local search meets many of the 64 that random search has seen."""
    small = {"space": {"name": "bit_strings", "config": {"num_bits": 6}}}
    first = finish_quickly(make_run(**{**RANDOM, **small, "budget": {"trials": 60}}), worker)
    known = {p.body["genotype"]["bits"] for p in Proposal.objects.filter(replica__run=first)}
    search = {"strategy": {"name": "local_search"}, "budget": {"trials": 30}, "reuse": True}
    second = finish_quickly(make_run(**small, **search), worker)
    taken = second.trials.filter(reused_from__run=first).select_related("architecture")
    assert taken.count() >= 10
    assert {trial.architecture.genotype["bits"] for trial in taken} <= known
    fresh = second.trials.filter(reused_seconds__isnull=True).select_related("architecture")
    assert not {trial.architecture.genotype["bits"] for trial in fresh} & known


def test_failed_results_are_never_taken(make_run: MakeRun, worker: Worker) -> None:
    first = finish_quickly(make_run(**RANDOM), worker)
    first.trials.filter(number=3).update(state="diverged")
    second = finish_quickly(make_run(**RANDOM, reuse=True), worker)
    assert num_reused(second) == 11
    assert second.trials.get(number=3).reused_seconds is None


def test_one_of_several_architectures_that_a_job_found_stands_for_no_other(make_run: MakeRun, worker: Worker) -> None:
    first = finish(make_run(**RANDOM), worker)
    first.trials.filter(number=3).update(serial=1)
    keys = list(first.replicas.get().proposals.values_list("reuse_key", flat=True))
    second = make_run(**RANDOM, reuse=True)
    known = results_known(second, restore(second, second.replicas.get()), keys)
    assert {trial.number for trial, _ in known.values()} == {*range(12)} - {3}


@pytest.mark.parametrize("first", [{}, {"objectives": ["reward"], "reward": "accuracy*(params/100)^-0.1"}])
def test_a_result_has_the_reward_of_the_run_that_takes_it(
    make_run: MakeRun, worker: Worker, first: dict[str, Any]
) -> None:
    finish(make_run(**{**RANDOM, **first}), worker)
    asked = {"objectives": ["reward"], "reward": "accuracy*(params/5000)^-0.5"}
    second = advance(make_run(**RANDOM, **asked, reuse=True, num_reported=0))
    assert num_reused(second) == 12
    for metrics in second.trials.values_list("metrics", flat=True):
        assert metrics["reward"] == pytest.approx(metrics["accuracy"] * (metrics["params"] / 5000) ** -0.5)


def test_a_result_that_breaks_a_limit_of_the_run_is_not_taken(make_run: MakeRun, worker: Worker) -> None:
    first = finish(make_run(**RANDOM), worker)
    keys = list(first.replicas.get().proposals.values_list("reuse_key", flat=True))
    reached = {trial.number: trial.metrics["accuracy"] for trial in first.trials.all()}
    limit = sorted(reached.values())[6]
    second = make_run(**RANDOM, constraints=[f"accuracy>={limit!r}"], reuse=True)
    known = results_known(second, restore(second, second.replicas.get()), keys)
    assert {trial.number for trial, _ in known.values()} == {n for n, value in reached.items() if value >= limit}
    assert len(known) == 6


def test_another_team_is_no_source_even_when_it_shares_its_run(make_run: MakeRun, worker: Worker, member: User) -> None:
    first = finish_quickly(make_run(**RANDOM), worker)
    Run.objects.filter(pk=first.pk).update(visibility=Visibility.SIGNED_IN)
    others = Team.objects.create(name="Others")
    values = toy_values(**RANDOM, reuse=True)
    second = run_create(team=others, by=member, name="theirs", values=values, now=timezone.now())
    assert num_reused(finish_quickly(second, worker)) == 0


@pytest.mark.any_database
def test_a_strategy_that_needs_fresh_noise_refuses_and_a_baseline_measures_its_own(
    make_run: MakeRun, worker: Worker
) -> None:
    with pytest.raises(InvalidConfig, match=r"reuse: every result must be measured anew.* only lucky"):
        make_run(reuse=True)
    with pytest.raises(InvalidConfig, match=r"reuse: .* only lucky"):
        make_run(strategy={"name": "asha", "config": {"inner": "aging_evolution"}}, reuse=True)
    finish_quickly(make_run(**RANDOM, baseline=True), worker)
    second = finish_quickly(make_run(**RANDOM, baseline=True, reuse=True), worker)
    assert num_reused(second) == 12
    assert not second.trials.filter(replica__is_baseline=True, reused_seconds__isnull=False).exists()


@pytest.mark.any_database
def test_what_is_timed_on_a_device_is_never_taken(
    make_run: MakeRun, worker: Worker, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is a constraint that came later forgotten. What a table lists was timed once, for everybody."""
    finish_quickly(make_run(**RANDOM, objectives=["accuracy", "latency_ms"]), worker)
    assert (
        num_reused(finish_quickly(make_run(**RANDOM, reuse=True, objectives=["accuracy", "latency_ms"]), worker)) == 12
    )
    monkeypatch.setattr(registry.estimators.get("ones"), "is_simulated", False)
    with pytest.raises(InvalidConfig, match=r"reuse: .* Latency is timed on a device"):
        make_run(**RANDOM, reuse=True, objectives=["accuracy", "latency_ms"])
    finish_quickly(make_run(**RANDOM, objectives=["accuracy", "latency_ms"]), worker)
    second = make_run(**RANDOM, reuse=True)
    constraints_change(run=second, by=member, constraints=["latency_ms<=100000"], now=timezone.now())
    assert num_reused(finish_quickly(second, worker)) == 0


def test_inherited_weights_and_known_results_do_not_go_together(make_run: MakeRun) -> None:
    evolution = {"population_size": 3, "sample_size": 2, "inherit_weights": True}
    trained = {
        "problem": {"name": "image_classification"},
        "space": {"name": "nasbench201", "config": {"width": 4, "cells_per_stage": 1}},
        "objectives": ["accuracy"],
        "reuse": True,
    }
    with pytest.raises(InvalidConfig, match=r"reuse: .* children inherit weights"):
        make_run(**trained, estimator={"name": "train"}, strategy={"name": "tournament", "config": evolution})
    with pytest.raises(InvalidConfig, match=r"reuse: .* trained networks are kept"):
        make_run(**trained, **RANDOM, estimator={"name": "train", "config": {"keep_network": True}})


def test_of_equal_results_the_earliest_that_has_all_that_is_wanted_is_taken(make_run: MakeRun, worker: Worker) -> None:
    """However often the team measured the same, one row of each is read."""
    first, second = (finish_quickly(make_run(**RANDOM), worker) for _ in range(2))
    trial = first.trials.get(number=5)
    trial.metrics.pop("accuracy")
    trial.save(update_fields=["metrics"])
    keys = list(first.replicas.get().proposals.values_list("reuse_key", flat=True))
    third = make_run(**RANDOM, reuse=True)
    with CaptureQueriesContext(connection) as queries:
        known = results_known(third, restore(third, third.replicas.get()), keys)
    sources = {trial.number: trial.run_id for trial, _ in known.values()}
    assert sources == {number: second.pk if number == 5 else first.pk for number in range(12)}
    assert sum("reuse_key" in query["sql"] for query in queries) == 2


def test_an_architecture_that_cannot_be_built_has_no_key_and_ends_as_a_trial(make_run: MakeRun) -> None:
    run = make_run(**RANDOM)
    memory = restore(run, run.replicas.get())

    def cannot(*_: object) -> None:
        raise InvalidGenotype.at("", "no such network")

    refusing = type("Refusing", (type(memory.setup.space),), {"cost": cannot})(memory.setup.space.config)
    setup = replace(memory.setup, space=refusing)
    assert reuse_key([], setup, Wish(0, {"bits": "0" * 20})) == ""
    assert len(reuse_key([], memory.setup, Wish(0, {"bits": "0" * 20}))) == 64


def test_a_run_that_needs_no_worker_lets_others_be_advanced_too(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish_quickly(make_run(**RANDOM), worker)
    monkeypatch.setattr(advance_module, "ROUNDS_AT_ONCE", 2)
    run = advance(make_run(**RANDOM, reuse=True, parallelism=1, num_reported=0))
    assert run.state == RunState.RUNNING
    assert 0 < num_reused(run) < 12
    assert num_reused(finish_quickly(run, worker)) == 12


def test_what_was_taken_is_not_passed_on_and_survives_its_source(make_run: MakeRun, worker: Worker) -> None:
    first = finish_quickly(make_run(**RANDOM), worker)
    second = finish_quickly(make_run(**RANDOM, reuse=True), worker)
    third = finish_quickly(make_run(**RANDOM, reuse=True), worker)
    assert set(third.trials.values_list("reused_from__run", flat=True)) == {first.pk}
    first.delete()
    assert set(second.trials.values_list("state", "reused_from")) == {("completed", None)}
    assert num_reused(second) == 12
    assert num_reused(finish(make_run(**RANDOM, reuse=True, budget={"trials": 3}), worker)) == 0


def test_it_costs_one_query_for_each_advance(make_run: MakeRun, worker: Worker) -> None:
    finish_quickly(make_run(**RANDOM, budget={"trials": 40}), worker)
    run = make_run(**RANDOM, reuse=True, parallelism=40, budget={"trials": 40})
    with CaptureQueriesContext(connection) as queries:
        advance(run)
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert sum('"reuse_key" IN (' in sql for sql in asked) == 1
    assert num_reused(run) == 40


def test_a_run_with_results_it_took_is_restored_from_its_record(make_run: MakeRun, worker: Worker) -> None:
    finish_quickly(make_run(**RANDOM, budget={"trials": 6}), worker)
    run = finish_quickly(make_run(**RANDOM, reuse=True), worker)
    assert num_reused(run) == 6
    replica = run.replicas.get()
    replica.snapshots.all().delete()
    warm.clear()
    memory = restore(run, replica)
    assert memory.strategy.state_dict().data["next_id"] == 12


def test_a_shared_run_does_not_tell_of_a_run_that_is_not(
    make_run: MakeRun, worker: Worker, member: User, client: Client
) -> None:
    """Who may see the one only learns that a result was taken, not from which run; the team learns it."""
    first = finish_quickly(make_run(**RANDOM, name="Secret plans"), worker)
    second = finish_quickly(make_run(**RANDOM, reuse=True), worker)
    Run.objects.filter(pk=second.pk).update(visibility=Visibility.SIGNED_IN)
    outsider = User.objects.create_user(username="outsider")
    for person, is_told in ((member, True), (outsider, False)):
        client.force_login(person)
        for name, args in (("runs:trials", ()), ("runs:trial", (0, 3))):
            page = client.get(reverse(name, args=[second.pk, *args])).content.decode()
            assert "reused" in page.lower()
            assert ("Secret plans" in page) is is_told
        table = client.get(reverse("api:trials", args=[second.pk])).json()["results"]
        detail = client.get(reverse("api:trial", args=[second.pk, 0, 3])).json()
        for row in (detail, *table):
            assert row["reused"]["run"] == (first.pk if is_told else None)
            assert row["reused"]["cost_seconds"] > 0
    client.force_login(member)
    first.delete()
    assert "a run that was deleted" in client.get(reverse("runs:trial", args=[second.pk, 0, 3])).content.decode()
