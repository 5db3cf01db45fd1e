"""Supernets that searches leave behind: kept, offered to those who may see them, and used by other runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.artifacts.models import Artifact
from apps.artifacts.services import artifact_store, artifacts_sweep
from apps.runs.engine import setup_of
from apps.runs.models import Proposal, Run
from apps.runs.services import run_create
from apps.runs.services.reuse import reuse_group
from apps.runs.services.verbs import run_delete, run_stop
from apps.runs.states import RunState
from apps.runs.supernets import supernet_choices
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig
from nas.core.result import Result, ResultStatus
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import problems, spaces
from nas.training.checkpoint import pack, unpack
from tests.apps.runs.driver import advance, finish, work
from tests.apps.wizard.conftest import sent_by
from tests.support.supernets import trained_supernet

MakeRun = Callable[..., Run]

SPACE = {"name": "nasbench201", "config": {"width": 4, "cells_per_stage": 1}}
PROBLEM = {"name": "image_classification", "config": {"dataset": "digits", "max_examples": 300}}
SPOS: dict[str, Any] = {
    "problem": PROBLEM,
    "space": SPACE,
    "strategy": {
        "name": "spos",
        "config": {
            "epochs": 2,
            "batch_size": 64,
            "num_trained": 1,
            "calibration_batches": 1,
            "per_job": 2,
            "population": 4,
            "generations": 1,
            "kept": 2,
            "mutants": 1,
            "crossovers": 1,
        },
    },
    "estimator": {"name": "train", "config": {"epochs": 1, "batch_size": 16}},
    "objectives": ["accuracy:maximise"],
    "budget": {"trials": 5},
    "parallelism": 2,
    "num_reported": 0,
}


def inheriting(run: Run | str, **parts: Any) -> dict[str, Any]:
    reference = run if isinstance(run, str) else str(run.pk)
    return {
        "problem": PROBLEM,
        "space": SPACE,
        "strategy": {"name": "random", "config": {}},
        "estimator": {"name": "inherit", "config": {"supernet": reference, "calibration_batches": 1}},
        "objectives": ["accuracy:maximise"],
        "budget": {"trials": 3},
        "num_reported": 1,
        **parts,
    }


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Trained once for all tests."""
    space, problem = spaces.get("nasbench201"), problems.get("image_classification")
    there = (
        space(space.Config.parse(SPACE["config"])),
        problem(problem.Config.parse(PROBLEM["config"]), BundledLibrary()),
    )
    return trained_supernet(*there, tmp_path_factory.mktemp("supernet"), epochs=1).read_bytes()


Ended = Callable[..., Run]


@pytest.fixture
def ended(make_run: MakeRun, weights: bytes) -> Ended:
    """A run whose replicas ended with these weights, as their only leg left them."""

    def make(content: bytes = weights, **parts: Any) -> Run:
        run = advance(make_run(**{**SPOS, **parts}))
        for replica in run.replicas.all():
            result = Result(0, ResultStatus.COMPLETED, payload={"epoch": 1})
            artifact = artifact_store(content=content, kind="checkpoint")
            Proposal.objects.filter(replica=replica, number=0).update(
                result=result.as_json(), finished_at=timezone.now(), checkpoint=artifact
            )
        Run.objects.filter(pk=run.pk).update(state=RunState.COMPLETED)
        run.refresh_from_db()
        return run

    return make


@pytest.fixture
def trained(ended: Ended) -> Run:
    return ended()


def test_a_search_with_shared_weights_leaves_its_last_weights(make_run: MakeRun, worker: Worker, member: User) -> None:
    trained = finish(make_run(**SPOS), worker)
    assert trained.state == RunState.COMPLETED
    assert [reference for reference, _ in supernet_choices(member)] == [str(trained.pk)]
    kept = Proposal.objects.filter(replica__run=trained, checkpoint__isnull=False)
    assert [(proposal.number, proposal.body["kind"]) for proposal in kept] == [(1, "train_supernet")]
    shared = [trial.metrics for trial in trained.trials.all() if "shared_accuracy" in trial.metrics]
    assert len(shared) == 8  # four of evolution, four drawn at random
    assert trained.trials.filter(on_front=True).count() == 1  # only what was trained alone


def test_another_search_scores_with_them_and_so_does_its_report(
    trained: Run, make_run: MakeRun, worker: Worker
) -> None:
    run = finish(make_run(**inheriting(trained)), worker)
    assert run.state == RunState.COMPLETED, run.end_reason
    assert run.trials.count() == 3
    assert {0 < trial.metrics["accuracy"] <= 1 for trial in run.trials.all()} == {True}
    assert not run.is_simulated
    (reported,) = run.trials.filter(report_result__isnull=False)
    assert "test_accuracy" in reported.report_result["metrics"]
    again = finish(make_run(**inheriting(trained, seed=run.seed)), worker)
    assert [t.metrics["accuracy"] for t in again.trials.order_by("number")] == [
        t.metrics["accuracy"] for t in run.trials.order_by("number")
    ]


def test_a_run_keeps_the_weights_it_began_with(trained: Run, make_run: MakeRun, worker: Worker, member: User) -> None:
    run = make_run(**inheriting(trained))
    run_delete(run=trained, by=member, now=timezone.now())
    artifacts_sweep(now=timezone.now() + timedelta(days=2))
    run = finish(run, worker)
    assert run.state == RunState.COMPLETED, run.end_reason
    assert run.trials.filter(state="completed").count() == 3
    with pytest.raises(InvalidConfig) as caught:
        make_run(**inheriting(str(trained.pk)))
    assert [error.field for error in caught.value.errors] == ["estimator.config.supernet"]
    kept = run.supernet
    assert kept is not None
    run_delete(run=run, by=member, now=timezone.now())
    artifacts_sweep(now=timezone.now() + timedelta(days=2))
    assert not Artifact.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"space": {"name": "nasbench201", "config": {"width": 8, "cells_per_stage": 1}}}, "another space"),
        ({"space": {"name": "regnet", "config": {}}}, "another space"),
        ({"problem": {"name": "image_classification", "config": {"dataset": "digits"}}}, "other data"),
    ],
)
def test_weights_of_something_else_are_refused(
    trained: Run, make_run: MakeRun, parts: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidConfig, match=says) as caught:
        make_run(**inheriting(trained, **parts))
    assert [error.field for error in caught.value.errors] == ["estimator.config.supernet"]


@pytest.mark.parametrize(
    "reference", ["", "0", "99999999999999999999", "1.5", "-1", "1.x", "../../etc/passwd", "x" * 400]
)
def test_a_reference_that_names_none_is_refused(trained: Run, make_run: MakeRun, reference: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        make_run(**inheriting(reference))
    assert [error.field for error in caught.value.errors] == ["estimator.config.supernet"]


def test_only_those_who_see_the_run_may_use_its_weights(
    trained: Run, other_team: Team, outsider: User, viewer: User
) -> None:
    assert [reference for reference, _ in supernet_choices(viewer)] == [str(trained.pk)]
    assert supernet_choices(outsider) == []

    def begin() -> Run:
        return run_create(team=other_team, by=outsider, name="theirs", values=inheriting(trained), now=timezone.now())

    with pytest.raises(InvalidConfig, match="there is no supernet"):
        begin()
    trained.shared_with.add(other_team)
    assert [reference for reference, _ in supernet_choices(outsider)] == [str(trained.pk)]
    assert begin().supernet_id is not None


def test_a_training_that_goes_on_is_not_offered_and_a_stopped_one_is(
    make_run: MakeRun, worker: Worker, member: User
) -> None:
    run = advance(make_run(**SPOS))
    work(worker, jobs=1)
    advance(run)
    assert run.state == RunState.RUNNING
    assert supernet_choices(member) == []
    run_stop(run=run, by=member, now=timezone.now())
    run = finish(run, worker)
    assert run.state == RunState.STOPPED
    ((reference, label),) = supernet_choices(member)
    assert reference == str(run.pk)
    assert run.name in label


def test_each_seed_has_weights_of_its_own(ended: Ended, make_run: MakeRun, member: User) -> None:
    run = ended(num_replicas=2)
    references = [reference for reference, _ in supernet_choices(member)]
    assert references == [str(run.pk), f"{run.pk}.1"]
    assert all(make_run(**inheriting(reference)).supernet_id for reference in references)


def test_results_of_other_weights_are_other_results(trained: Run, make_run: MakeRun, weights: bytes) -> None:
    begun = make_run(**inheriting(trained))
    tensors, meta = unpack(weights)
    other = artifact_store(content=pack(tensors, {**meta, "of": "another training"}), kind="checkpoint")
    before = reuse_group(setup_of(begun))
    Run.objects.filter(pk=begun.pk).update(supernet=other)
    assert reuse_group(setup_of(Run.objects.get(pk=begun.pk))) != before


@pytest.fixture
def form(as_user: Callable[[User | None], Client], member: User) -> Callable[[], str]:
    """The estimator's part of the form for a new run once `inherit` was chosen, as the browser asks for it."""

    def shown() -> str:
        browser = as_user(member)
        sent = sent_by(browser.get("/runs/new/").content.decode(), action="start")
        return browser.post("/runs/new/fields/estimator/", {**sent, "estimator.name": "inherit"}).content.decode()

    return shown


def test_the_form_offers_them(trained: Run, form: Callable[[], str]) -> None:
    page = form()
    assert 'name="estimator.config.supernet"' in page
    assert f'<option value="{trained.pk}"' in page


def test_the_form_says_how_to_get_one(form: Callable[[], str]) -> None:
    assert "a search with shared weights" in form()
