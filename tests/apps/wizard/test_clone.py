"""A new run like another one: what it changes is marked, remembered and said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from django.test import Client

from apps.accounts.models import Team, User
from apps.runs.models import Run
from tests.apps.builders import make_run
from tests.apps.wizard.conftest import Form, sent_by

As = Callable[[User | None], Client]


def form_like(browser: Client, run: Run, **values: str) -> Form:
    page = browser.get(f"/runs/new/?from={run.pk}").content.decode()
    return {**sent_by(page, action="start"), **values}


def changes_in(page: str) -> dict[str, tuple[str, str]]:
    rows = re.findall(r'data-change="([^"]+)">[^<]*<s>(.*?)</s> → <strong>(.*?)</strong>', page)
    return {path: (was, now) for path, was, now in rows}


def test_the_form_says_what_every_control_held(browser: Client, team: Team, member: User) -> None:
    run = make_run(team, member, name="Sixty", specification={"budget": {"trials": 60}})
    page = browser.get(f"/runs/new/?from={run.pk}").content.decode()
    script = re.search(r'<script id="clone-controls" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert script is not None
    controls: dict[str, Any] = json.loads(script[1])
    assert controls["budget.trials"] == {"values": ["60"], "text": "60"}
    assert controls["strategy.name"]["values"] == ["aging_evolution"]
    assert controls["objectives.0.metric"] == {"values": ["accuracy"], "text": "Accuracy"}
    filled = sent_by(page, action="start")
    for name, held in controls.items():  # the form as it comes holds exactly that
        sent = filled.get(name, [])
        assert (sent if isinstance(sent, list) else [sent]) == held["values"], name
    assert changes_in(page) == {}
    assert "Nothing is changed yet." in page


def test_the_preview_lists_what_is_changed(browser: Client, team: Team, member: User) -> None:
    run = make_run(team, member, specification={"budget": {"trials": 60}})
    form = form_like(browser, run, **{"budget.trials": "100", "seed": "9"})
    changes = changes_in(browser.post("/runs/new/preview/", form).content.decode())
    assert changes == {"budget.trials": ("60", "100"), "seed": ("1", "9")}


def test_of_another_strategy_only_its_name_is_a_change(browser: Client, team: Team, member: User) -> None:
    run = make_run(team, member)
    form = form_like(browser, run, **{"strategy.name": "random"})
    changes = changes_in(browser.post("/runs/new/preview/", form).content.decode())
    assert changes == {"strategy.name": ("Aging evolution", "Random search")}


def test_the_new_run_remembers_and_says_what_it_was_like(browser: Client, team: Team, member: User) -> None:
    original = make_run(team, member, name="Sixty", specification={"budget": {"trials": 60}})
    answer = browser.post("/runs/new/", form_like(browser, original, **{"budget.trials": "100"}))
    assert answer.status_code == 302
    clone = Run.objects.exclude(pk=original.pk).get()
    assert clone.record["cloned_from"] == original.pk
    page = browser.get(f"/runs/{clone.pk}/").content.decode()
    line = re.search(r"data-original>(.*?)</p>", page, re.DOTALL)
    assert line is not None
    assert f'<a href="/runs/{original.pk}/">Sixty</a>' in line[1]
    assert '<s class="muted">60</s> → <strong>100</strong>' in line[1]
    assert f"/compare/?run={original.pk}&amp;run={clone.pk}" in line[1]


def test_the_mark_survives_a_form_that_was_refused(browser: Client, team: Team, member: User) -> None:
    original = make_run(team, member)
    page = browser.post("/runs/new/", form_like(browser, original, **{"budget.trials": "0"})).content.decode()
    again = {**sent_by(page, action="start"), "budget.trials": "7"}
    assert again["cloned_from"] == str(original.pk)
    assert browser.post("/runs/new/", again).status_code == 302
    assert Run.objects.exclude(pk=original.pk).get().record["cloned_from"] == original.pk


def test_an_original_of_others_is_neither_remembered_nor_named(
    browser: Client, as_user: As, other_team: Team, outsider: User, team: Team, member: User, filled: Form
) -> None:
    foreign = make_run(other_team, outsider, name="Secret")
    assert browser.post("/runs/new/", {**filled, "cloned_from": str(foreign.pk)}).status_code == 302
    run = Run.objects.get(team=team)
    assert "cloned_from" not in run.record
    Run.objects.filter(pk=run.pk).update(record={**run.record, "cloned_from": foreign.pk})
    page = browser.get(f"/runs/{run.pk}/")
    assert page.status_code == 200
    assert "Secret" not in page.content.decode()
    for text in ("nonsense", "9" * 40, "-1"):
        assert browser.post("/runs/new/", {**filled, "cloned_from": text}).status_code == 302


def test_a_form_of_its_own_speaks_of_no_other_run(browser: Client, filled: Form) -> None:
    assert "cloned_from" not in filled
    assert "data-clone" not in browser.get("/runs/new/").content.decode()
