"""Studies under way: who gets them, what a lost worker costs, cancelling and going on; what is refused at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone

from apps.accounts.models import User
from apps.datasets.models import BenchmarkTable
from apps.runs.models import Run, Trial
from apps.runs.selectors.trials import trial_get
from apps.studies.models import Study, StudyState
from apps.studies.selectors.offers import best_trial, run_has_studies, run_offers, trial_offers
from apps.studies.selectors.studies import studies_waiting
from apps.studies.services import request as request_service
from apps.studies.services.request import study_go_on
from apps.studies.services.study import study_cancel
from apps.studies.services.sweep import studies_sweep
from apps.studies.services.work import STUDIES, StudyLease, study_claim, study_finish, study_progress
from apps.workers.leased import GIVE_UP_AFTER, PATIENCE, lease_end
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig, LeaseLost
from nas.core.study import StudyProgress
from tests.apps.builders import make_run, make_trials, make_worker
from tests.apps.studies.conftest import ask

pytestmark = pytest.mark.django_db

PART = StudyProgress(1, 3, "8 px", {"sizes": [8], "macs": [10]})


def claimed(study: Study, worker: Worker) -> StudyLease:
    lease = study_claim(study_id=study.pk, worker=worker, now=timezone.now())
    assert lease is not None
    return lease


def stored(lease: StudyLease, progress: StudyProgress = PART) -> None:
    study_progress(lease=lease, progress=progress, version=1, now=timezone.now())


def state_of(study: Study) -> str:
    study.refresh_from_db()
    return study.state


class TestWorker:
    def test_one_of_two_workers_with_the_device_wins(
        self, run: Run, trial: Trial, member: User, worker: Worker
    ) -> None:
        Run.objects.filter(pk=run.pk).update(device="cpu")
        study = ask(trial, member)
        gpu = make_worker("gpu0", queue="gpu", device="cuda:0")
        assert not studies_waiting(gpu)
        assert study_claim(study_id=study.pk, worker=gpu, now=timezone.now()) is None
        assert studies_waiting(worker)
        lease = claimed(study, worker)
        assert (lease.row.worker, lease.row.started_at is not None) == (worker, True)
        assert study_claim(study_id=study.pk, worker=make_worker("b"), now=timezone.now()) is None
        assert not studies_waiting(worker)

    def test_what_was_found_is_stored_as_it_comes_and_done_at_the_end(
        self, trial: Trial, member: User, worker: Worker
    ) -> None:
        study = ask(trial, member)
        lease = claimed(study, worker)
        stored(lease)
        assert state_of(study) == StudyState.WORKING
        assert (study.stage, study.done, study.total, study.known) == ("8 px", 1, 3, dict(PART.known))
        study_finish(lease=lease, known={"sizes": [8, 16, 24]}, version=1, now=timezone.now())
        assert state_of(study) == StudyState.READY
        assert (study.done, study.stage, study.known) == (3, "", {"sizes": [8, 16, 24]})
        with pytest.raises(LeaseLost):
            stored(lease)

    def test_what_is_stored_keeps_the_lease_and_a_stage_of_any_length_fits(
        self, trial: Trial, member: User, worker: Worker
    ) -> None:
        study = ask(trial, member)
        lease, later = claimed(study, worker), timezone.now() + timedelta(hours=1)
        study_progress(lease=lease, progress=StudyProgress(1, 3, "x" * 500, {}), version=1, now=later)
        assert state_of(study) == StudyState.WORKING
        assert (study.lease_until, study.stage) == (lease_end(later), "x" * 200)

    def test_what_is_no_number_is_never_stored(self, trial: Trial, member: User, worker: Worker) -> None:
        study = ask(trial, member)
        lease = claimed(study, worker)
        with pytest.raises(ValueError, match="not JSON compliant"):
            stored(lease, StudyProgress(1, 3, "", {"loss": float("nan")}))
        state_of(study)
        assert study.known == {}

    def test_a_study_of_a_dead_worker_is_given_back_with_what_it_found_and_at_last_given_up(
        self, trial: Trial, member: User, worker: Worker
    ) -> None:
        study = ask(trial, member)
        for lost in range(1, GIVE_UP_AFTER + 1):
            lease = claimed(study, worker)
            stored(lease)
            assert studies_sweep(now=timezone.now()) == 0, "its lease holds"
            Study.objects.filter(pk=study.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
            assert studies_sweep(now=timezone.now()) == 1
            with pytest.raises(LeaseLost):
                study_finish(lease=lease, known={}, version=1, now=timezone.now())
            assert state_of(study) == (StudyState.QUEUED if lost < GIVE_UP_AFTER else StudyState.FAILED)
            assert study.known == dict(PART.known)
        assert "died 4 times" in study.reason
        assert study_go_on(study=study, by=member, now=timezone.now())
        assert state_of(study) == StudyState.QUEUED
        assert (study.num_lost, study.reason, study.finished_at) == (0, "", None)

    @pytest.mark.parametrize(("device", "called"), [("any", ["cpu"]), ("gpu", ["gpu"])])
    def test_workers_are_called_where_one_lives_or_where_it_has_to_be(
        self,
        run: Run,
        trial: Trial,
        member: User,
        worker: Worker,
        device: str,
        called: list[str],
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        make_worker("gpu0", queue="gpu", device="cuda:0", stopped_at=timezone.now())
        Run.objects.filter(pk=run.pk).update(device=device)
        trial.run.refresh_from_db()
        with current_app.connection_for_read() as connection:
            channel: Any = connection.default_channel
            for queue in ("cpu", "gpu"):
                channel.queue_purge(queue)
            with django_capture_on_commit_callbacks(execute=True):
                ask(trial, member)
            assert [queue for queue in ("cpu", "gpu") if channel.queue_purge(queue) == 1] == called

    def test_a_study_that_waits_long_is_called_for_again(self, trial: Trial, member: User) -> None:
        study = ask(trial, member)
        assert studies_sweep(now=study.asked_at + PATIENCE) == 0
        assert studies_sweep(now=study.asked_at + PATIENCE + timedelta(seconds=1)) == 1

    def test_cancelling_takes_it_from_its_worker_and_going_on_begins_with_what_was_found(
        self, trial: Trial, member: User, worker: Worker
    ) -> None:
        study = ask(trial, member)
        lease = claimed(study, worker)
        stored(lease)
        assert not study_go_on(study=study, by=member, now=timezone.now()), "it is under way"
        assert study_cancel(study=study, now=timezone.now())
        assert not study_cancel(study=study, now=timezone.now())
        assert not STUDIES.renew(lease, now=timezone.now())
        with pytest.raises(LeaseLost):
            stored(lease)
        STUDIES.release(lease)
        assert state_of(study) == StudyState.CANCELLED
        assert study_go_on(study=study, by=member, now=timezone.now())
        assert not study_go_on(study=study, by=member, now=timezone.now())
        assert claimed(study, worker).row.known == dict(PART.known)


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "field", "said"),
        [
            ({"kind": "nothing"}, "kind", "there is no study 'nothing'"),
            ({"settings": {"num_sizes": 0}}, "config.num_sizes", "at least 1"),
            ({"settings": {"nothing": 1}}, "config.nothing", "there is no such setting"),
            ({"seed": -1}, "seed", "must be from 0"),
            ({"kind": "weight_size", "settings": {}}, "kind", "Its weights were not kept"),
        ],
    )
    def test_what_cannot_be_studied_is_refused_at_its_field(
        self, trial: Trial, member: User, changes: dict[str, object], field: str, said: str
    ) -> None:
        with pytest.raises(InvalidConfig, match=said) as refused:
            ask(trial, member, **changes)
        assert [error.field for error in refused.value.errors] == [field]
        assert not Study.objects.exists()

    @pytest.mark.parametrize("number", [4, 12], ids=["crashed", "running"])
    def test_a_trial_without_a_result_is_refused(self, run: Run, member: User, number: int) -> None:
        with pytest.raises(InvalidConfig, match="Choose a trial that was completed"):
            ask(trial_get(run=run, replica=0, number=number), member)

    def test_the_very_same_is_not_begun_twice(self, trial: Trial, member: User, worker: Worker) -> None:
        first = ask(trial, member)
        assert ask(trial, member) == first
        assert ask(trial, member, seed=1) != first
        assert ask(trial, member, settings={"num_sizes": 4}) != first
        study_cancel(study=first, now=timezone.now())
        assert ask(trial, member) != first, "one that has ended is made again"

    def test_one_person_cannot_ask_for_too_many(
        self, trial: Trial, member: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(request_service, "MOST_OPEN", 1)
        ask(trial, member)
        with pytest.raises(InvalidConfig, match="1 of your studies wait"):
            ask(trial, member, seed=1)


class TestOffers:
    def test_the_best_trial_is_that_of_the_first_objective(self, run: Run) -> None:
        best = best_trial(run)
        assert best is not None
        values = Trial.objects.filter(run=run, is_feasible=True).values_list("value_0", flat=True)
        assert best.value_0 == max(value for value in values if value is not None)

    def test_the_best_of_what_is_to_be_small_is_the_smallest(self, run: Run, member: User) -> None:
        smallest = make_run(run.team, member, name="small", specification={"objectives": ["macs"]})
        make_trials(smallest, 6)
        best = best_trial(smallest)
        assert best is not None
        assert best.value_0 == min(smallest.trials.values_list("value_0", flat=True))

    def test_weights_that_this_trial_did_not_keep_are_not_there_whatever_its_run_keeps(
        self, run: Run, trial: Trial
    ) -> None:
        run.specification["estimator"] = {"name": "train", "config": {"keep_network": True}}
        run.save()
        trial.run.refresh_from_db()
        (asked_of_run,) = [offer for offer in run_offers(trial.run) if offer.name == "weight_size"]
        (asked_of_trial,) = [offer for offer in trial_offers(trial) if offer.name == "weight_size"]
        assert asked_of_run.refusal == ""
        assert "not kept" in asked_of_trial.refusal

    def test_a_run_whose_search_needs_what_is_gone_has_no_studies_but_shows_those_it_has(
        self, run: Run, trial: Trial, member: User
    ) -> None:
        assert run_has_studies(run)
        study = ask(trial, member)
        run.specification["problem"]["config"]["dataset"] = "999"
        run.save()
        assert run_has_studies(run), "one was made"
        study.delete()
        assert not run_has_studies(run)

    def test_results_out_of_a_table_have_nothing_to_look_closer_at(self, run: Run) -> None:
        run.table = BenchmarkTable.objects.create(team=run.team, name="table", space_name="nasbench201")
        run.save()
        assert not run_has_studies(run)
        best = best_trial(run)
        assert best is not None
        assert trial_offers(best) == []

    def test_a_run_without_trials_has_nothing_to_study_yet(self, run: Run) -> None:
        empty = make_run(run.team, run.created_by or User(), name="empty")
        assert best_trial(empty) is None
        assert run_has_studies(empty)
