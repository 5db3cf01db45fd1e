"""The life of a run: what is proposed, told and ended does not depend on who was quick."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.runs.models import Advance, Proposal, Run, Trial
from apps.runs.services import memory
from apps.runs.services.advance import run_advance
from apps.runs.states import RunState, TrialState
from apps.workers.models import Worker
from tests.apps.runs.driver import advance, finish, numbers, story, work

MakeRun = Callable[..., Run]


def test_a_run_ends_with_exactly_its_budget(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(), worker)
    assert run.state == RunState.COMPLETED
    assert numbers(run) == list(range(12))
    assert set(run.trials.values_list("state", flat=True)) == {TrialState.COMPLETED}
    assert run.ended_at is not None


def test_every_result_is_told_once_and_in_the_order_of_completion(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(), worker)
    told = [
        n for a in Advance.objects.filter(replica__run=run).order_by("number") for n, _, _ in a.steps if n is not None
    ]
    assert sorted(told) == list(range(12))
    finished = Proposal.objects.filter(replica__run=run).order_by("finished_at", "number")
    assert told == list(finished.values_list("number", flat=True))
    assert list(run.trials.order_by("told_order").values_list("told_order", flat=True)) == list(range(12))


@pytest.mark.parametrize("jobs_between_advances", [2, 3, 100])
def test_proposals_do_not_depend_on_how_many_results_waited(
    make_run: MakeRun, worker: Worker, jobs_between_advances: int
) -> None:
    prompt = finish(make_run(), worker)
    late = finish(make_run(), worker, jobs_between_advances=jobs_between_advances)
    assert story(late) == story(prompt)


def test_proposals_do_not_depend_on_what_the_control_side_remembered(make_run: MakeRun, worker: Worker) -> None:
    undisturbed = finish(make_run(), worker)
    forgetful = make_run()
    while forgetful.state != RunState.COMPLETED:
        memory.warm.clear()
        advance(forgetful)
        work(worker, jobs=1)
    assert story(forgetful) == story(undisturbed)


def test_a_snapshot_and_the_steps_since_lead_to_the_same_proposals(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = finish(make_run(), worker)
    monkeypatch.setattr(memory, "SNAPSHOT_EVERY", 3)
    forgetful = make_run()
    while forgetful.state != RunState.COMPLETED:
        memory.warm.clear()
        advance(forgetful)
        work(worker, jobs=1)
    assert story(forgetful) == story(undisturbed)
    replica = forgetful.replicas.get()
    assert 1 <= replica.snapshots.count() <= memory.KEPT_SNAPSHOTS


def test_another_seed_makes_another_search(make_run: MakeRun, worker: Worker) -> None:
    assert story(finish(make_run(seed=8), worker)) != story(finish(make_run(), worker))


def test_batches_change_the_packing_not_the_search(make_run: MakeRun, worker: Worker) -> None:
    single = finish(make_run(parallelism=6), worker)
    packed = finish(make_run(parallelism=6, batch_size=4), worker)
    assert story(packed) == story(single)
    assert packed.jobs.filter(kind="evaluate").count() < single.jobs.filter(kind="evaluate").count()


def test_advancing_twice_changes_nothing_more(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run())
    before = story(run), run.replicas.get().version
    advance(run)
    assert (story(run), run.replicas.get().version) == before


def test_parallelism_bounds_what_is_under_way(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=2))
    assert numbers(run) == [0, 1]
    work(worker, jobs=1)
    advance(run)
    assert numbers(run) == [0, 1, 2]


def test_each_replica_has_a_search_of_its_own(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(num_replicas=2), worker)
    first, second = run.replicas.order_by("number")
    assert first.num_told == second.num_told == 12
    genotypes = [list(r.proposals.order_by("number").values_list("body__genotype", flat=True)) for r in (first, second)]
    assert genotypes[0] != genotypes[1]


def test_the_front_is_what_no_other_trial_dominates(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(), worker)
    points = list(run.trials.values_list("number", "value_0", "value_1"))
    undominated = {n for n, a, m in points if not any(b >= a and k <= m and (b > a or k < m) for _, b, k in points)}
    assert set(numbers(run, on_front=True)) == undominated
    curve = list(run.trials.order_by("told_order").values_list("hypervolume", flat=True))
    assert curve == sorted(curve)
    assert curve[-1] == run.replicas.get().hypervolume > 0


def test_test_metrics_are_measured_for_the_front_alone_and_after_the_search(make_run: MakeRun, worker: Worker) -> None:
    run = make_run(num_reported=2)
    while run.state != RunState.REPORTING:
        advance(run)
        assert not run.trials.filter(report_job__isnull=False).exists() or run.state == RunState.REPORTING
        if run.state != RunState.REPORTING:
            work(worker, jobs=1)
    reported = run.trials.filter(report_job__isnull=False)
    assert reported.count() == 2
    assert not reported.filter(on_front=False).exists()
    work(worker)
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED
    for trial in reported:
        assert trial.report_result["metrics"]["test_accuracy"] == trial.architecture.genotype["bits"].count("1") / 20
        assert "test_accuracy" not in trial.metrics
    told = Proposal.objects.filter(replica__run=run).values_list("result__metrics__test_accuracy", flat=True)
    assert set(told) == {None}


def test_a_wall_time_starts_nothing_new_once_it_is_over(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(budget={"trials": None, "wall_seconds": 60}))
    work(worker, jobs=3)
    later = timezone.now() + timedelta(seconds=61)
    run_advance(run_id=run.pk, clock=lambda: later)
    run.refresh_from_db()
    assert numbers(run) == [0, 1, 2]
    work(worker)
    assert finish(run, worker).state == RunState.COMPLETED


def test_a_constraint_on_a_measured_metric_keeps_trials_off_the_front(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(constraints=["latency_ms<=1.0"]), worker)
    assert run.trials.filter(is_feasible=False).exists()
    assert not run.trials.filter(on_front=True, is_feasible=False).exists()
    assert all(t.metrics["latency_ms"] <= 1.0 for t in Trial.objects.filter(run=run, on_front=True))
    assert numbers(run, state=TrialState.COMPLETED) == list(range(12))


def test_an_objective_without_a_worst_value_gets_its_reference_from_the_first_trials(
    make_run: MakeRun, worker: Worker
) -> None:
    run = make_run(objectives=["accuracy", "latency_ms"])
    assert run.reference_point == [0.0, None]
    finish(run, worker)
    first_ten = run.trials.order_by("told_order").values_list("value_1", flat=True)[:10]
    assert run.reference_point[1] == pytest.approx(1.1 * max(first_ten))
    curve = list(run.trials.order_by("told_order").values_list("hypervolume", flat=True))
    assert curve[:9] == [None] * 9
    assert curve[9] is not None
