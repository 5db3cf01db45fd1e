"""A worker carries a study out: progress on the way, every way it can end, going on from what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.artifacts.selectors import artifact_bytes
from apps.runs.models import Proposal, Run, Trial
from apps.runs.selectors.trials import trial_get
from apps.studies.models import Study, StudyState
from apps.studies.services.request import study_go_on, study_start
from apps.studies.services.study import study_cancel, study_delete
from apps.studies.services.work import study_claim
from apps.workers.models import Worker
from apps.workers.services.registration import workers_drain
from nas.core.errors import TrialFailed
from nas.core.result import ResultStatus
from nas.core.study import StudyProgress
from tasks import studies as task
from tasks.studies import study_carry_out
from tests.apps.runs.driver import finish_quickly
from tests.support.conditions import wait_for
from tests.support.studies import CostBySize

# The thread that renews the lease has a connection of its own and must see the rows.
pytestmark = pytest.mark.django_db(transaction=True)
SIZES = [8, 16, 24, 32]


@pytest.fixture(autouse=True)
def _every_step_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "STORED_EVERY", 0.0)


@pytest.fixture
def trial(make_run: Callable[..., Run], worker: Worker) -> Trial:
    run = finish_quickly(make_run(budget={"trials": 3}), worker)
    return trial_get(run=run, replica=0, number=0)


def ask(trial: Trial, by: User, **changes: Any) -> Study:
    given: dict[str, Any] = {"kind": "cost_by_size", "settings": {}, "seed": 0, "now": timezone.now()}
    return study_start(trial=trial, by=by, **{**given, **changes})


def carried_out(study: Study) -> Study:
    study_carry_out(study.pk)
    study.refresh_from_db()
    return study


def at_each_size(monkeypatch: pytest.MonkeyPatch, what: Callable[[int], None]) -> list[int]:
    """`what` happens when the study is at the n-th size that it looks at; the list fills with the inputs' widths."""
    looked_at: list[int] = []
    macs = CostBySize._macs

    def seen(self: CostBySize, request: Any, shape: tuple[int, ...]) -> int:
        looked_at.append(shape[1])
        what(len(looked_at))
        return macs(self, request, shape)

    monkeypatch.setattr(CostBySize, "_macs", seen)
    return looked_at


def test_a_study_is_carried_out_to_its_end(trial: Trial, member: User, worker: Worker) -> None:
    study = carried_out(ask(trial, member))
    assert (study.state, study.reason, study.worker) == (StudyState.READY, "", worker)
    assert study.known["sizes"] == SIZES
    assert study.known["genotype"] == trial.architecture.genotype
    assert (study.done, study.total) == (4, 4)
    assert study.finished_at is not None
    before = study.known
    assert carried_out(study).known == before, "a second call finds it done"


def test_the_parts_are_those_of_the_last_progress_also_where_it_was_not_stored(
    trial: Trial, member: User, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "STORED_EVERY", 3600.0)
    run = CostBySize.run

    def in_two_phases(self: CostBySize, request: Any, *, should_stop: Any, on_progress: Any) -> Mapping[str, Any]:
        on_progress(StudyProgress(1, 99, "training first", {}))
        return run(self, request, should_stop=should_stop, on_progress=on_progress)

    monkeypatch.setattr(CostBySize, "run", in_two_phases)
    study = carried_out(ask(trial, member))
    assert (study.state, study.done, study.total) == (StudyState.READY, 4, 4)


def test_a_cancel_ends_it_at_once_and_it_goes_on_from_what_it_had_found(
    trial: Trial, member: User, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = ask(trial, member)

    def cancel_at_the_third(number: int) -> None:
        if number == 3:
            study_cancel(study=study, now=timezone.now())

    with monkeypatch.context() as patched:
        at_each_size(patched, cancel_at_the_third)
        carried_out(study)
    assert (study.state, study.known["sizes"]) == (StudyState.CANCELLED, [8, 16])
    looked_at = at_each_size(monkeypatch, lambda number: None)
    study_go_on(study=study, by=member, now=timezone.now())
    assert carried_out(study).state == StudyState.READY
    assert looked_at == [24, 32], "what is known is not looked at again"
    assert study.known["sizes"] == SIZES


def test_what_another_version_found_is_not_gone_on_from(
    trial: Trial, member: User, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = ask(trial, member)
    Study.objects.filter(pk=study.pk).update(version=0, known={"sizes": [1, 2, 3], "macs": [1, 1, 1]})
    assert carried_out(study).known["sizes"] == SIZES
    assert study.version == 1


def test_a_worker_that_is_to_end_gives_it_back_with_all_that_it_had_found(
    trial: Trial, member: User, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = ask(trial, member)
    monkeypatch.setattr("tasks.lease.WATCH_SECONDS", 0.01)
    monkeypatch.setattr(task, "STORED_EVERY", 3600.0)
    run, asked = CostBySize.run, []

    def listening(self: CostBySize, request: Any, *, should_stop: Callable[[], bool], on_progress: Any) -> Any:
        asked.append(should_stop)
        return run(self, request, should_stop=should_stop, on_progress=on_progress)

    def until_told(number: int) -> None:
        if number == 3:
            workers_drain(host=worker.host, name=worker.name)
            wait_for(asked[0], what="the word to end")

    at_each_size(monkeypatch, until_told)
    monkeypatch.setattr(CostBySize, "run", listening)
    carried_out(study)
    assert study.state == StudyState.QUEUED
    assert study.known["sizes"] == [8, 16, 24], "also what came less than a second ago"


def test_a_process_that_is_ended_inside_compiled_code_gives_it_back(
    trial: Trial, member: User, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = ask(trial, member)

    def ended(number: int) -> None:
        raise SystemError("returned a result with an exception set") from SystemExit(0)

    at_each_size(monkeypatch, ended)
    with pytest.raises(SystemExit):
        carried_out(study)
    study.refresh_from_db()
    assert (study.state, study.reason) == (StudyState.QUEUED, "")


@pytest.mark.parametrize(
    ("error", "said", "has_traceback"),
    [
        (TrialFailed(ResultStatus.DIVERGED, "the loss is not finite"), "the loss is not finite", False),
        (RuntimeError("boom"), "The study crashed: RuntimeError: boom", True),
    ],
)
def test_a_failure_has_its_reason_and_keeps_what_was_found(
    trial: Trial,
    member: User,
    worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    said: str,
    has_traceback: bool,
) -> None:
    def fail_at_the_second(number: int) -> None:
        if number == 2:
            raise error

    at_each_size(monkeypatch, fail_at_the_second)
    study = carried_out(ask(trial, member))
    assert (study.state, study.reason) == (StudyState.FAILED, said)
    assert bool(study.detail) is has_traceback
    assert study.known["sizes"] == [8]


def test_an_answer_with_nan_is_a_failure_not_a_broken_row(
    trial: Trial, member: User, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object, **__: object) -> Mapping[str, Any]:
        return {"loss": float("nan")}

    monkeypatch.setattr(CostBySize, "run", run)
    study = carried_out(ask(trial, member))
    assert study.state == StudyState.FAILED
    assert "not JSON compliant" in study.reason


def test_a_study_that_was_deleted_meanwhile_ends_quietly(
    trial: Trial, member: User, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = ask(trial, member)
    looked_at = at_each_size(monkeypatch, lambda number: study_delete(study=study, by=member) if number == 2 else None)
    study_carry_out(study.pk)
    assert looked_at == [8, 16]
    assert not Study.objects.exists()


def test_who_lost_the_study_does_not_carry_it_out(trial: Trial, member: User, worker: Worker) -> None:
    study = ask(trial, member)
    assert study_claim(study_id=study.pk, worker=worker, now=timezone.now()) is not None
    assert carried_out(study).state == StudyState.WORKING, "somebody else is at it"
    assert study.known == {}


@pytest.mark.parametrize(
    ("refusal", "said"), [("its data are gone", "its data are gone"), ("", "has nothing that this study looks at")]
)
def test_what_has_become_impossible_is_refused_in_words(
    trial: Trial, member: User, worker: Worker, monkeypatch: pytest.MonkeyPatch, refusal: str, said: str
) -> None:
    study = ask(trial, member)
    monkeypatch.setattr(CostBySize, "refusal", classmethod(lambda cls, setup, *, has_weights: refusal))
    carried_out(study)
    assert study.state == StudyState.FAILED
    assert said in study.reason


def test_a_study_gets_the_weights_that_the_trial_kept(
    make_real_run: Callable[..., Run], member: User, worker: Worker
) -> None:
    """A trial whose estimator keeps networks: its checkpoint, byte by byte."""
    run = finish_quickly(make_real_run(epochs=1, keep_network=True), worker)
    trial = trial_get(run=run, replica=0, number=0)
    kept = Proposal.objects.select_related("checkpoint").get(pk=trial.proposal_id).checkpoint
    assert kept is not None
    study = carried_out(ask(trial, member, kind="weight_size"))
    assert (study.state, study.reason) == (StudyState.READY, "")
    assert study.known["bytes"] == len(artifact_bytes(kept))
