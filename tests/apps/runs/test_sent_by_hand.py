"""An architecture made by hand is sent to a run and becomes its next trial."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.runs.models import Intervention, Run
from apps.runs.services import architecture_add, run_pause
from apps.workers.models import Worker
from nas.core.errors import InvalidGenotype
from tests.apps.runs.driver import advance, finish, work
from tests.contracts.toys import BitStrings

AsUser = Callable[[User | None], Client]
MakeRun = Callable[..., Run]
ADDRESS = "/spaces/kinds/bit_strings/architecture/"
TOY = {"space.shown": "bit_strings", "space.config.num_bits": "20"}
BEST = json.dumps({"bits": "1" * 20})


@pytest.fixture
def browser(as_user: AsUser, member: User) -> Client:
    return as_user(member)


def look(client: Client, genotype: str, **more: str) -> str:
    answer = client.post(ADDRESS, {"genotype": genotype, **more}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, run: Run, genotype: str = BEST, **more: str) -> Any:
    return client.post(f"{ADDRESS}send/", {**TOY, "run": str(run.pk), "genotype": genotype, **more})


def test_it_becomes_the_next_trial_made_by_hand(
    browser: Client,
    make_run: MakeRun,
    worker: Worker,
) -> None:
    run = advance(make_run())
    shown = look(browser, BEST, **TOY)
    assert f'<option value="{run.pk}">' in shown
    answer = send(browser, run)
    assert (answer.status_code, answer["Location"]) == (302, f"/runs/{run.pk}/")
    work(worker, jobs=1)
    advance(run)
    trial = run.trials.get(operator="added")
    assert trial.architecture.genotype == {"bits": "1" * 20}
    page = browser.get(f"/runs/{run.pk}/trials/0/{trial.number}/").content.decode()
    assert "<dd>by hand</dd>" in page
    again = look(browser, BEST, **TOY)
    assert f'href="/architectures/{trial.architecture.key}/"' in again
    assert "1 trial of this network" in again


def test_a_run_in_another_space_is_neither_offered_nor_accepted(
    browser: Client,
    make_run: MakeRun,
) -> None:
    run = advance(make_run())
    other = {"space.shown": "bit_strings", "space.config.num_bits": "21"}
    best = json.dumps({"bits": "1" * 21})
    assert f'<option value="{run.pk}">' not in look(browser, best, **other)
    answer = send(browser, run, best, **other)
    assert answer.status_code == 409
    assert "same with other settings" in answer.content.decode()
    assert not Intervention.objects.exists()


def test_a_wrong_genotype_is_refused_and_kept(browser: Client, make_run: MakeRun) -> None:
    run = advance(make_run())
    wrong = json.dumps({"bits": "012"})
    answer = send(browser, run, wrong)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "must be 20 characters" in page
    assert wrong in unescape(page)
    assert not Intervention.objects.exists()


def test_a_run_that_has_ended_refuses_in_words(
    browser: Client,
    make_run: MakeRun,
    worker: Worker,
) -> None:
    run = finish(make_run(), worker)
    answer = send(browser, run)
    assert answer.status_code == 409
    assert "completed" in answer.content.decode()


def test_a_paused_run_takes_it_when_it_goes_on(
    browser: Client,
    make_run: MakeRun,
    member: User,
) -> None:
    run = advance(make_run())
    run_pause(run=run, by=member, now=timezone.now())
    assert send(browser, run).status_code == 302
    assert Intervention.objects.get().applied_in is None


def test_who_may_only_look_cannot_send(
    as_user: AsUser,
    viewer: User,
    outsider: User,
    make_run: MakeRun,
) -> None:
    run = advance(make_run())
    for person in (viewer, outsider):
        assert f'<option value="{run.pk}">' not in look(as_user(person), BEST, **TOY)
        assert send(as_user(person), run).status_code == 404
    assert not Intervention.objects.exists()


@pytest.mark.parametrize("run_id", ["", "x", "-1", "9" * 30])
def test_no_such_run_is_not_found(browser: Client, run_id: str) -> None:
    answer = browser.post(f"{ADDRESS}send/", {**TOY, "run": run_id, "genotype": BEST})
    assert answer.status_code == 404


def test_what_cannot_be_built_for_the_data_of_the_run_is_refused(
    make_run: MakeRun,
    member: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = advance(make_run())

    def cost(*arguments: object) -> None:
        raise InvalidGenotype.at("bits", "leaves nothing of the image")

    monkeypatch.setattr(BitStrings, "cost", cost)
    with pytest.raises(InvalidGenotype, match="leaves nothing"):
        architecture_add(run=run, by=member, genotype={"bits": "1" * 20}, now=timezone.now())
    assert not Intervention.objects.exists()
