"""The verbs as a page offers them: works, wrong method, another team, read-only role, done twice."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.runs.models import Run, Trial
from apps.runs.states import RunState

As = Callable[[User | None], Client]
JSON = {"accept": "application/json"}


def url(run: Run, verb: str = "pause") -> str:
    return reverse("runs:verb", args=[run.pk, verb])


def test_a_member_pauses_and_is_told_so(as_user: As, run: Run, member: User) -> None:
    response = as_user(member).post(url(run), headers=JSON)
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    assert response.json() == {"message": "The run is paused."}


def test_without_scripts_the_answer_is_a_redirect_with_a_message(as_user: As, run: Run, member: User) -> None:
    response = as_user(member).post(url(run), follow=True)
    assert response.redirect_chain == [(reverse("runs:detail", args=[run.pk]), 302)]
    assert "The run is paused." in response.content.decode()


def test_what_the_state_forbids_is_a_conflict_in_words(as_user: As, run: Run, member: User) -> None:
    Run.objects.filter(pk=run.pk).update(state=RunState.COMPLETED)
    response = as_user(member).post(url(run), headers=JSON)
    assert response.status_code == 409
    assert "completed" in response.json()["message"]


def test_done_twice_is_done(as_user: As, run: Run, member: User) -> None:
    client = as_user(member)
    assert [client.post(url(run), headers=JSON).status_code for _ in range(2)] == [200, 200]


def test_looking_does_nothing(as_user: As, run: Run, member: User) -> None:
    assert as_user(member).get(url(run)).status_code == 405
    run.refresh_from_db()
    assert run.state == RunState.RUNNING


def test_viewers_and_others_find_nothing_to_press(as_user: As, run: Run, viewer: User, outsider: User) -> None:
    assert [as_user(user).post(url(run)).status_code for user in (viewer, outsider)] == [404, 404]
    run.refresh_from_db()
    assert run.state == RunState.RUNNING


def test_a_verb_that_is_none_is_not_found(as_user: As, run: Run, member: User) -> None:
    assert as_user(member).post(url(run, "explode")).status_code == 404


def test_one_failed_trial_is_tried_again(as_user: As, run: Run, member: User) -> None:
    response = as_user(member).post(reverse("runs:trial_retry", args=[run.pk, 0, 4]), headers=JSON)
    assert response.status_code == 200
    assert run.replicas.get().interventions.get().body["proposals"][0]["id"] == 4


def test_a_trial_that_did_not_fail_is_not_tried_again(as_user: As, run: Run, member: User) -> None:
    response = as_user(member).post(reverse("runs:trial_retry", args=[run.pk, 0, 0]), headers=JSON)
    assert response.status_code == 409
    assert not run.replicas.get().interventions.exists()


def test_delete_asks_first(as_user: As, run: Run, member: User) -> None:
    client = as_user(member)
    delete = reverse("runs:delete", args=[run.pk])
    assert "14 trials" in client.get(delete).content.decode()
    assert Run.objects.filter(pk=run.pk).exists()
    assert client.post(delete)["Location"] == reverse("runs:home")
    assert not Run.objects.filter(pk=run.pk).exists()
    assert not Trial.objects.exists()


def test_a_viewer_cannot_delete(as_user: As, run: Run, viewer: User) -> None:
    assert as_user(viewer).post(reverse("runs:delete", args=[run.pk])).status_code == 404
    assert Run.objects.filter(pk=run.pk).exists()
