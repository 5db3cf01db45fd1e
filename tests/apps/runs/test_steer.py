"""Changing a search that is under way: what holds from then on, what is refused, and that the record replays it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.runs.engine import setup_of, specification_now
from apps.runs.errors import TransitionRefused
from apps.runs.models import Intervention, Proposal, Run
from apps.runs.selectors.lists import run_rows
from apps.runs.selectors.record import run_record
from apps.runs.services import advance as advance_module
from apps.runs.services import (
    architecture_add,
    budget_change,
    constraints_change,
    operations_forbid,
    parallelism_change,
    run_retry_failed,
    run_steer,
    steer,
)
from apps.runs.services.memory import warm
from apps.runs.specification import RunSpecification
from apps.runs.states import RunState
from apps.runs.steering import Steering
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.intervention import ForStrategy, intervention_from_json
from nas.core.proposal import Proposal as Wish
from nas.core.result import Result
from nas.core.setup import SearchSetup
from tests.apps.runs.driver import advance, finish, finish_quickly, work

MakeRun = Callable[..., Run]


def bits_after(run: Run, number: int) -> list[str]:
    later = Proposal.objects.filter(replica__run=run, number__gte=number).order_by("replica__number", "number")
    return [
        proposal.body["genotype"]["bits"] for proposal in later if proposal.body["operator"] not in ("added", "retry")
    ]


def begun(make_run: MakeRun, worker: Worker, *, jobs: int = 5, **parts: Any) -> Run:
    """A run of which so many trials are told."""
    run = advance(make_run(**{"budget": {"trials": 30}, **parts}))
    for _ in range(jobs):
        work(worker, jobs=1)
        advance(run)
    return run


@pytest.mark.any_database
def test_forbidden_operations_are_proposed_no_more_by_any_replica(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    run = begun(make_run, worker, num_replicas=2, baseline=True)
    before = {replica.number: replica.num_asked for replica in run.replicas.all()}
    operations_forbid(run=run, by=member, operations=["unit3", "unit5"], now=timezone.now())
    finish_quickly(run, worker)
    assert run.state == RunState.COMPLETED
    for replica in run.replicas.all():
        later = replica.proposals.filter(number__gte=before[replica.number])
        assert later.count() >= 20
        assert {p.body["genotype"]["bits"][3] + p.body["genotype"]["bits"][5] for p in later} == {"00"}


@pytest.mark.any_database
def test_what_was_forbidden_can_be_allowed_again(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = begun(make_run, worker, budget={"trials": 60}, strategy={"name": "random"})
    operations_forbid(run=run, by=member, operations=["unit3"], now=timezone.now())
    advance(run)
    operations_forbid(run=run, by=member, operations=[], now=timezone.now())
    advance(run)
    asked = run.replicas.get().num_asked
    finish_quickly(run, worker)
    assert "1" in {bits[3] for bits in bits_after(run, asked)}


@pytest.mark.parametrize(
    ("operations", "said"), [(["unit99"], "no operation unit99"), ([f"unit{i}" for i in range(20)], "at least one")]
)
def test_a_set_of_operations_that_makes_no_sense_is_refused(
    make_run: MakeRun, member: User, operations: list[str], said: str
) -> None:
    run = advance(make_run())
    with pytest.raises(InvalidConfig, match=said):
        operations_forbid(run=run, by=member, operations=operations, now=timezone.now())
    assert not Intervention.objects.exists()


def test_rules_that_leave_nothing_are_refused_with_what_there_is(make_run: MakeRun, member: User) -> None:
    """Each alone leaves something; together they do not."""
    run = advance(make_run())
    operations_forbid(run=run, by=member, operations=[f"unit{i}" for i in range(12)], now=timezone.now())
    with pytest.raises(InvalidConfig, match=r"without unit0, .* they have params from"):
        constraints_change(run=run, by=member, constraints=["params>=300"], now=timezone.now())


def test_changed_constraints_hold_for_proposals_and_for_judging_results(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    """Loosened ones too: the worker judges by those that hold now, not by those the run began with."""
    run = begun(make_run, worker, constraints=["params<=200"], strategy={"name": "random"})
    setup = setup_of(run)
    constraints_change(run=run, by=member, constraints=["params>=230"], now=timezone.now())
    advance(run)
    asked = run.replicas.get().num_asked
    finish_quickly(run, worker)
    assert all(setup.cost({"bits": bits}).params >= 230 for bits in bits_after(run, asked))
    later = run.trials.filter(proposal__number__gte=asked)
    assert later.count() > 10
    assert set(later.values_list("state", "is_feasible")) == {("completed", True)}


def test_another_parallelism_holds_from_the_next_advance_on(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = begun(make_run, worker, strategy={"name": "random"})
    parallelism_change(run=run, by=member, parallelism=9, now=timezone.now())
    advance(run)
    replica = run.replicas.get()
    assert replica.num_asked - replica.num_told == 9
    parallelism_change(run=run, by=member, parallelism=1, now=timezone.now())
    work(worker, jobs=5)
    advance(run)
    replica.refresh_from_db()
    assert replica.num_asked - replica.num_told == 4  # what was under way is finished first
    assert run.specification["parallelism"] == 3
    assert finish(run, worker).state == RunState.COMPLETED


def test_a_larger_budget_takes_a_completed_run_on(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = finish(make_run(budget={"trials": 6}), worker)
    assert run.trials.count() == 6
    budget_change(run=run, by=member, trials=10, wall_seconds=None, now=timezone.now())
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    finish(run, worker)
    assert (run.state, run.trials.count()) == (RunState.COMPLETED, 10)
    (row,) = run_rows([run])
    assert (row.num_ended, row.planned_trials) == (10, 10)


def test_a_smaller_budget_ends_the_run_and_none_below_what_was_asked_is_taken(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    run = begun(make_run, worker)
    asked = run.replicas.get().num_asked
    with pytest.raises(InvalidConfig, match=f"{asked} trials were asked for already"):
        budget_change(run=run, by=member, trials=asked - 1, wall_seconds=None, now=timezone.now())
    with pytest.raises(InvalidConfig, match="needs a limit"):
        budget_change(run=run, by=member, trials=None, wall_seconds=None, now=timezone.now())
    budget_change(run=run, by=member, trials=asked, wall_seconds=None, now=timezone.now())
    finish(run, worker)
    assert run.trials.count() == asked


def test_done_twice_is_done_once_and_an_ended_search_is_not_changed(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    run = begun(make_run, worker)
    for _ in range(2):
        parallelism_change(run=run, by=member, parallelism=5, now=timezone.now())
        operations_forbid(run=run, by=member, operations=["unit1"], now=timezone.now())
    assert Intervention.objects.count() == 2
    finish(run, worker)
    for change in (
        lambda: parallelism_change(run=run, by=member, parallelism=6, now=timezone.now()),
        lambda: operations_forbid(run=run, by=member, operations=[], now=timezone.now()),
        lambda: constraints_change(run=run, by=member, constraints=[], now=timezone.now()),
    ):
        with pytest.raises(TransitionRefused, match="completed"):
            change()
    assert Intervention.objects.count() == 2


def test_an_architecture_that_uses_what_is_forbidden_cannot_be_added(make_run: MakeRun, member: User) -> None:
    run = advance(make_run())
    operations_forbid(run=run, by=member, operations=["unit1"], now=timezone.now())
    with pytest.raises(InvalidGenotype, match="uses unit1, which this run forbids"):
        architecture_add(run=run, by=member, genotype={"bits": "01" + 18 * "0"}, now=timezone.now())
    architecture_add(run=run, by=member, genotype={"bits": "10" + 18 * "0"}, now=timezone.now())


def test_several_changes_are_judged_by_what_holds_after_the_last(make_run: MakeRun, member: User) -> None:
    """Without the twelve units no architecture has 300 parameters; the limit falls in the same breath."""
    run = advance(make_run(constraints=["params>=300"], budget={"trials": 30}))
    twelve = [f"unit{i}" for i in range(12)]
    with pytest.raises(InvalidConfig, match="without unit0"):
        operations_forbid(run=run, by=member, operations=twelve, now=timezone.now())
    run_steer(run=run, by=member, now=timezone.now(), forbidden=twelve, constraints=[])
    assert Steering.asked_for(run.replicas.get()).forbidden == tuple(sorted(twelve))
    with pytest.raises(InvalidConfig) as raised:
        run_steer(run=run, by=member, now=timezone.now(), parallelism=9, budget=(1, None))
    assert [error.field for error in raised.value.errors] == ["budget.trials"]
    assert Steering.asked_for(run.replicas.get()).parallelism is None


def test_rules_are_looked_at_outside_the_transaction(
    make_run: MakeRun, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else changes them meanwhile: then what holds together is looked at."""
    run = advance(make_run())
    depth = len(connection.savepoint_ids)
    seen: list[frozenset[str]] = []

    def looked_at(setup: SearchSetup) -> None:
        assert len(connection.savepoint_ids) == depth
        seen.append(setup.forbidden)
        if len(seen) == 1:
            operations_forbid(run=run, by=member, operations=["unit2"], now=timezone.now())

    monkeypatch.setattr(steer, "something_left", looked_at)
    constraints_change(run=run, by=member, constraints=["params<=230"], now=timezone.now())
    assert seen == [frozenset(), {"unit2"}, {"unit2"}]
    assert Intervention.objects.count() == 2


def test_a_change_that_comes_in_the_last_moment_is_carried_out(
    make_run: MakeRun, worker: Worker, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search is just about to end when a larger budget is asked for."""
    run = make_run(budget={"trials": 6})
    begin = advance_module.report_begin

    def late(run: Run, **given: Any) -> bool:
        monkeypatch.setattr(advance_module, "report_begin", begin)
        budget_change(run=run, by=member, trials=9, wall_seconds=None, now=timezone.now())
        return begin(run, **given)

    monkeypatch.setattr(advance_module, "report_begin", late)
    finish(run, worker)
    assert not Intervention.objects.filter(applied_in__isnull=True).exists()
    assert (run.state, run.trials.count()) == (RunState.COMPLETED, 9)


def test_an_advance_asks_the_database_as_often_after_many_trials_and_changes(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    run = make_run(budget={"trials": 80}, strategy={"name": "random"}, parallelism=1)
    counts = []
    for step in range(60):
        work(worker, jobs=1)
        if step in (20, 30, 40):
            parallelism_change(run=run, by=member, parallelism=2 if step == 30 else 1, now=timezone.now())
            operations_forbid(run=run, by=member, operations=[f"unit{step % 7}"], now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            advance(run)
        counts.append(len(queries))
    plain = [
        count for step, count in enumerate(counts, start=1) if step % 25 and step - 1 not in (0, 20, 30, 31, 40, 41)
    ]
    early, late = plain[1:12], plain[-12:]
    assert max(late) <= max(early)


def steered(make_run: MakeRun, worker: Worker, member: User, *, forget: bool) -> Run:
    """A run that met every kind of change. `forget`: no advance finds the strategy of the one before in memory."""
    run = advance(make_run(budget={"trials": 40}, seed=11))
    due: dict[int, Callable[[], Any]] = {
        4: lambda: operations_forbid(run=run, by=member, operations=["unit2", "unit7"], now=timezone.now()),
        7: lambda: parallelism_change(run=run, by=member, parallelism=6, now=timezone.now()),
        9: lambda: architecture_add(run=run, by=member, genotype={"bits": "1100" + 16 * "0"}, now=timezone.now()),
        12: lambda: constraints_change(run=run, by=member, constraints=["params<=230"], now=timezone.now()),
        15: lambda: operations_forbid(run=run, by=member, operations=["unit7"], now=timezone.now()),
        18: lambda: budget_change(run=run, by=member, trials=55, wall_seconds=None, now=timezone.now()),
    }
    for step in range(30):
        if step in due:
            due[step]()
        if forget:
            warm.clear()
        advance(run)
        work(worker, jobs=1)
    failed = run.trials.filter(state="completed").order_by("number").first()
    assert failed is not None
    run.trials.filter(pk=failed.pk).update(state="crashed")
    run_retry_failed(run=run, by=member, now=timezone.now())
    return finish(run, worker)


def test_a_run_replays_every_kind_of_change_from_its_record(make_run: MakeRun, worker: Worker, member: User) -> None:
    """From the record alone, as it is downloaded, and the results: the same proposals, and the same that holds at the end."""
    run = steered(make_run, worker, member, forget=False)
    kinds = set(Intervention.objects.values_list("body__kind", flat=True))
    assert kinds == {
        "forbid_operations",
        "change_parallelism",
        "add_architecture",
        "change_constraints",
        "change_budget",
        "retry",
    }
    record = run_record(run, with_advances=True)
    changes = record["interventions"]
    assert {change["by"] for change in changes} == {member.get_username()}
    assert [change["body"] for change in changes] == [b for step in record["advances"] for b in step["interventions"]]
    specification = RunSpecification.parse(record["specification"])
    strategy = specification.strategy_for(setup_of(run))
    results = {p.number: p.outcome() for p in Proposal.objects.filter(replica__run=run)}
    steering, repeated = Steering(), []
    for step in record["advances"]:
        for body in step["interventions"]:
            change = intervention_from_json(body)
            steering = steering.after(change)
            if isinstance(change, ForStrategy):
                strategy.intervene(change)
        for told, places, num_proposed in step["steps"]:
            if told is not None:
                result: Result = results[told]
                strategy.tell(told, result)
            asked: list[Wish] = strategy.ask(places) if places else []
            assert len(asked) == num_proposed
            repeated += [wish.as_json() for wish in asked]
    stored = Proposal.objects.filter(replica__run=run).order_by("number").values_list("body", flat=True)
    assert repeated == list(stored)
    assert steering.applied_to(specification) == specification_now(run, run.replicas.get())
    replica = run.replicas.get()
    assert replica.num_asked == 55 + replica.num_retried


@pytest.mark.any_database
def test_a_control_side_that_forgets_everything_goes_on_the_same(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    told = [
        list(
            Proposal.objects.filter(replica__run=steered(make_run, worker, member, forget=forget))
            .order_by("number")
            .values_list("body", flat=True)
        )
        for forget in (False, True)
    ]
    assert told[0] == told[1]


def test_who_did_what_and_when_stands_in_the_log_and_in_the_snapshot(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    run = begun(make_run, worker, jobs=4)
    operations_forbid(run=run, by=member, operations=["unit1"], now=timezone.now())
    advance(run)
    (row,) = Intervention.objects.filter(applied_in__isnull=False)
    assert row.told_before == 4
    assert row.by == member
