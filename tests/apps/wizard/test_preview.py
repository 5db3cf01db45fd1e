"""The live preview beside the form."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team, User, Visibility
from apps.runs.models import Run
from apps.runs.services.advance import run_advance
from apps.runs.wizard.context import meaning_of
from apps.runs.wizard.draft import draft_default, draft_of
from apps.runs.wizard.preview import wizard_preview, workers_able
from tests.apps.builders import make_run, make_trials, make_worker
from tests.apps.wizard.conftest import Form

pytestmark = pytest.mark.any_database


def test_it_shows_size_costs_and_three_drawings(browser: Client, filled: Form) -> None:
    page = browser.post("/runs/new/preview/", filled).content.decode()
    assert "15,625" in page
    assert page.count('class="histogram"') == 4
    assert page.count('class="drawn__one"') == 3
    assert "1 × 8 × 8" in page


def test_it_says_how_many_samples_keep_a_limit(browser: Client, filled: Form) -> None:
    limit = {"constraints.0.metric": "params", "constraints.0.operator": "<=", "constraints.0.limit": "1e9"}
    assert "1,000 of 1,000 samples" in browser.post("/runs/new/preview/", {**filled, **limit}).content.decode()
    limit["constraints.0.metric"] = "latency_ms"
    assert "known only after training" in browser.post("/runs/new/preview/", {**filled, **limit}).content.decode()


@pytest.mark.each_database
def test_it_says_how_many_results_the_team_has_for_this(browser: Client, filled: Form) -> None:
    """Results of its own runs with the same parts and seed, each architecture once; none where all must be measured anew."""

    def says(text: str, **changed: str) -> bool:
        form = {**filled, "strategy.name": "random", **changed}
        return text in browser.post("/runs/new/preview/", form).content.decode()

    browser.post("/runs/new/", {**filled, "baseline": "", "name": "first"})
    run = Run.objects.get()
    assert not says("data-reusable")
    run_advance(run_id=run.pk, clock=timezone.now)
    trials = run.trials.order_by("number")
    trials.filter(number__lt=3).update(state="completed")
    trials.filter(number=3).update(state="diverged")
    assert says("The team has 3 finished results")
    assert not says("data-reusable", seed="99")
    assert not says("data-reusable", **{"strategy.name": "aging_evolution"})
    Run.objects.filter(pk=run.pk).update(team=Team.objects.create(name="Others"), visibility=Visibility.SIGNED_IN)
    assert not says("data-reusable")


def test_it_says_what_is_missing_and_where(browser: Client, filled: Form) -> None:
    page = browser.post("/runs/new/preview/", {**filled, "estimator.config.epochs": "0"}).content.decode()
    assert 'href="#step-estimator">Epochs</a>: must be at least 1' in page


@pytest.mark.each_database
def test_it_counts_workers_that_live_and_serve_the_device(db: None) -> None:
    now = timezone.now()
    make_worker("cpu0")
    make_worker("cpu1")
    make_worker("gpu0", queue="gpu")
    make_worker("silent", seen_seconds_ago=600)
    make_worker("gone", stopped_at=now - timedelta(seconds=5))
    assert [workers_able(device, now=now) for device in ("any", "cpu", "gpu")] == [3, 2, 1]


@pytest.mark.each_database
def test_it_estimates_from_earlier_trials_of_the_same_kind_only(team: Team, member: User, outsider: User) -> None:
    make_worker()
    same, now = draft_default(), timezone.now()
    checked = meaning_of(same, member).specification
    assert checked is not None
    make_trials(make_run(team, member, specification=checked.as_json()), 5)  # 2.1 seconds each
    found = wizard_preview(meaning_of(same, member), user=member, now=now).duration
    assert found is not None
    assert (found.num_trials, found.trial_seconds, round(found.seconds, 1)) == (
        5,
        2.1,
        252.0,
    )  # 2 × 60 trials, 1 worker
    wider = draft_of({**same.values, "space": {"name": "nasbench201", "config": {"width": 9}}}, name="", team="")
    assert wizard_preview(meaning_of(wider, member), user=member, now=now).duration is None
    assert wizard_preview(meaning_of(same, outsider), user=outsider, now=now).duration is None


def test_it_is_there_within_two_seconds_from_a_cold_start(browser: Client, filled: Form) -> None:
    from apps.spaces.selectors import sample

    sample._piece.cache_clear()
    begun = time.process_time()
    browser.post("/runs/new/preview/", filled)
    assert time.process_time() - begun < 2.0


def test_pages_and_previews_need_no_torch() -> None:
    """In a process of its own: the modules behind every form and preview, used once, leave torch alone."""
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\n"
        "import django; django.setup()\n"
        "import apps.runs.wizard.views, apps.datasets.views.dataset, apps.datasets.views.table\n"
        "import apps.spaces.views, apps.architectures.views\n"
        "from apps.spaces.selectors.preview import space_preview\n"
        "from nas import registry\n"
        "for name in registry.spaces:\n"
        "    kind = registry.spaces.get(name)\n"
        "    space_preview(kind(kind.Config()), (3, 32, 32), 10, num_samples=20)\n"
        "for of in (registry.problems, registry.strategies, registry.estimators): of.check()\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_preview_is_for_people_who_are_signed_in(as_user: Callable[[User | None], Client], filled: Form) -> None:
    assert as_user(None).post("/runs/new/preview/", filled).status_code == 302
