"""The pages of studies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.runs.models import Run, Trial
from apps.studies.models import Study, StudyState
from apps.studies.selectors.offers import best_trial
from apps.studies.selectors.page import study_stamp
from apps.studies.services.work import STUDIES, study_claim, study_finish, study_progress
from apps.workers.models import Worker
from nas.core.study import StudyProgress
from tests.apps.studies.conftest import ask

pytestmark = pytest.mark.django_db
Visit = Callable[[User | None], Client]


def form(**changes: str) -> dict[str, str]:
    return {"study.cost_by_size.num_sizes": "5", "study.cost_by_size.step": "4", "seed": "7", **changes}


def known_of(trial: Trial, *sizes: int) -> dict[str, object]:
    return {"genotype": trial.architecture.genotype, "sizes": list(sizes), "macs": [size**2 for size in sizes]}


def test_one_click_studies_the_best_trial(as_user: Visit, run: Run, member: User) -> None:
    visitor = as_user(member)
    assert f'data-url="/studies/runs/{run.pk}/"' in visitor.get(f"/runs/{run.pk}/").content.decode()
    part = visitor.get(f"/studies/runs/{run.pk}/").content.decode()
    best = best_trial(run)
    assert best is not None
    assert f"with the best architecture so far, trial {best.number}" in part
    assert 'name="study.cost_by_size.num_sizes" value="4"' in part, "the settings have their defaults"
    assert "Its weights were not kept" in part, "what is not possible says why"
    assert "No study yet" in part
    answer = visitor.post(f"/studies/runs/{run.pk}/new/cost_by_size/", form(trial=f"0.{best.number}"))
    study = Study.objects.get()
    assert answer.headers["Location"] == f"/studies/{study.pk}/"
    assert (study.trial, study.requested_by, study.seed) == (best, member, 7)
    assert (study.config["num_sizes"], study.config["step"]) == (5, 4)
    assert 'hx-trigger="every 2s"' in visitor.get(f"/studies/runs/{run.pk}/?part=list").content.decode()


def test_who_may_only_look_sees_studies_without_buttons(
    as_user: Visit, run: Run, trial: Trial, member: User, viewer: User
) -> None:
    study = ask(trial, member)
    part = as_user(viewer).get(f"/studies/runs/{run.pk}/").content.decode()
    assert f"/studies/{study.pk}/" in part
    page = as_user(viewer).get(f"/studies/{study.pk}/").content.decode()
    panel = as_user(viewer).get(f"/runs/{run.pk}/trials/0/3/").content.decode()
    assert "<form" not in part
    assert f"/studies/{study.pk}/cancel/" not in page
    assert "/studies/runs/" not in panel


def test_a_run_of_which_nothing_can_be_studied_has_no_such_part(as_user: Visit, run: Run, member: User) -> None:
    run.specification["problem"]["config"]["dataset"] = "999"
    run.save()
    page = as_user(member).get(f"/runs/{run.pk}/").content.decode()
    assert "tab-events" in page
    assert "tab-studies" not in page


def test_the_panel_of_a_trial_leads_to_the_form_about_it(as_user: Visit, run: Run, member: User) -> None:
    visitor = as_user(member)
    address = f"/studies/runs/{run.pk}/new/cost_by_size/?trial=0.3"
    assert f'href="{address}"' in visitor.get(f"/runs/{run.pk}/trials/0/3/").content.decode()
    assert 'name="trial" value="0.3"' in visitor.get(address).content.decode()
    assert "/studies/" not in visitor.get(f"/runs/{run.pk}/trials/0/4/").content.decode(), "it crashed"
    crashed = visitor.get(f"/studies/runs/{run.pk}/new/cost_by_size/?trial=0.4").content.decode()
    assert "choose such a one" in crashed
    assert '<button class="button button--primary"' not in crashed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"study.cost_by_size.num_sizes": "0"}, "must be at least 1"),
        ({"study.cost_by_size.step": ""}, "is required"),
        ({"seed": "x"}, "must be from 0"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(
    as_user: Visit, run: Run, member: User, changes: dict[str, str], said: str
) -> None:
    answer = as_user(member).post(f"/studies/runs/{run.pk}/new/cost_by_size/", form(trial="0.3", **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Study.objects.exists()


@pytest.mark.parametrize("address", ["new/nothing/", "new/cost_by_size/?trial=0.99", "new/cost_by_size/?trial=a.b"])
def test_what_there_is_not_is_not_found(as_user: Visit, run: Run, member: User, address: str) -> None:
    assert as_user(member).get(f"/studies/runs/{run.pk}/{address}").status_code == 404


def test_a_study_is_followed_to_its_end(as_user: Visit, trial: Trial, member: User, worker: Worker) -> None:
    study, visitor = ask(trial, member), as_user(member)
    page = f"/studies/{study.pk}/"
    waiting = visitor.get(page).content.decode()
    assert "It begins when a worker is free" in waiting
    assert "Nothing yet" in waiting
    lease = study_claim(study_id=study.pk, worker=worker, now=timezone.now())
    assert lease is not None
    part = StudyProgress(1, 3, "the first size", known_of(trial, 8))
    study_progress(lease=lease, progress=part, version=1, now=timezone.now())
    state = visitor.get(page, {"part": "state"}).content.decode()
    for said in ("the first size", 'aria-valuenow="33"', "1 of 3", "cpu0", 'hx-trigger="every 1s"'):
        assert said in state
    pictures = visitor.get(page, {"part": "pictures"}).content.decode()
    assert "Cost at each size" in pictures
    seen = pictures.partition("seen=")[2].partition('"')[0]
    assert visitor.get(page, {"part": "pictures", "seen": seen}).status_code == 204, "nothing is new"
    study_finish(lease=lease, known=known_of(trial, 8, 16), version=1, now=timezone.now())
    study.refresh_from_db()
    last = visitor.get(page, {"part": "pictures", "seen": study_stamp(study)})
    assert last.status_code == 200, "those that ask no more come once, whatever was seen"
    assert "hx-trigger" not in last.content.decode()
    whole = visitor.get(page).content.decode()
    assert "What was found" in whole
    assert "hx-trigger" not in whole
    drawing = whole.partition('data-time-drawing><img src="')[2].partition('"')[0]
    assert "<svg" in visitor.get(drawing).content.decode()
    assert visitor.get(f"/studies/{study.pk}/drawings/other.svg").status_code == 404
    assert visitor.get(f"{page}known.json").json() == known_of(trial, 8, 16)


def test_a_failure_is_said_in_words_with_the_way_out(
    as_user: Visit, trial: Trial, member: User, worker: Worker
) -> None:
    study, visitor = ask(trial, member), as_user(member)
    lease = study_claim(study_id=study.pk, worker=worker, now=timezone.now())
    assert lease is not None
    STUDIES.fail(lease, reason="the <weights> are gone", detail="Traceback: where", now=timezone.now())
    page = visitor.get(f"/studies/{study.pk}/").content.decode()
    for said in ("The study failed.", "the &lt;weights&gt; are gone", "Try again", "Traceback: where"):
        assert said in page
    visitor.post(f"/studies/{study.pk}/go-on/")
    study.refresh_from_db()
    assert (study.state, study.reason) == (StudyState.QUEUED, "")
    visitor.post(f"/studies/{study.pk}/cancel/")
    study.refresh_from_db()
    assert study.state == StudyState.CANCELLED


def test_what_another_version_found_is_kept_but_not_drawn(as_user: Visit, trial: Trial, member: User) -> None:
    study, visitor = ask(trial, member), as_user(member)
    Study.objects.filter(pk=study.pk).update(version=0, known={"other": 1}, state=StudyState.READY)
    assert "Another version of this study found this" in visitor.get(f"/studies/{study.pk}/").content.decode()
    Study.objects.filter(pk=study.pk).update(kind="forgotten_study")
    assert "forgotten study" in visitor.get(f"/studies/{study.pk}/").content.decode()


def test_a_study_is_deleted_after_a_question(as_user: Visit, trial: Trial, member: User) -> None:
    study, visitor = ask(trial, member), as_user(member)
    assert "with all that it found" in visitor.get(f"/studies/{study.pk}/delete/").content.decode()
    assert Study.objects.exists()
    answer = visitor.post(f"/studies/{study.pk}/delete/")
    assert answer.headers["Location"] == f"/runs/{trial.run_id}/"
    assert not Study.objects.exists()
