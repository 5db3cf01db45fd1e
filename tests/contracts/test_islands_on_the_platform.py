"""Islands through the platform's own code: paused in the middle of a leg, their worker killed, they come to the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.services.first_start import first_start
from apps.charts.choices_map import genotype_name
from apps.runs.models import Attempt, Run
from apps.runs.selectors.work import work_shown
from apps.runs.services import memory, run_create
from apps.runs.states import AttemptOutcome, RunState
from nas import registry
from nas.jobs import evolve
from tests.contracts.test_job_kinds import Died, World
from tests.contracts.test_supernet_on_the_platform import outcome
from tests.support.islands import HeaviestIsland
from tests.support.toy_registry import registered

pytestmark = pytest.mark.django_db

LEGS = 2


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    memory.warm.clear()
    monkeypatch.setattr(evolve, "SAVE_SECONDS", 0.0)  # after each step
    with registered(
        (registry.strategies, "heaviest", "tests.support.islands:HeaviestSearch"),
        (registry.islands, "heaviest", "tests.support.islands:HeaviestIsland"),
    ):
        yield
    memory.warm.clear()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def start() -> Run:
    somebody = first_start(now=timezone.now())
    values = {
        "problem": {"name": "image_classification", "config": {"dataset": "digits", "max_examples": 300}},
        "space": {"name": "nasbench201", "config": {"width": 4, "cells_per_stage": 1}},
        "strategy": {
            "name": "heaviest",
            "config": {"num_steps": 3 * LEGS, "steps_per_leg": 3, "num_islands": 2, "num_migrants": 1},
        },
        "estimator": {"name": "train", "config": {"epochs": 1}},
        "objectives": ["accuracy:maximise", "macs:minimise"],
        "budget": {"trials": 9},
        "seed": 3,
        "num_reported": 0,
    }
    return run_create(team=somebody.team, by=somebody.user, name="islands", values=values, now=timezone.now())


def without_rates(found: dict[str, Any]) -> dict[str, Any]:
    """Without what says how quick an island was."""
    found["views"].pop("islands")
    for log in found["strategy"]["own"]["logs"]:
        log.pop("seconds")
    return found


def test_pauses_and_deaths_in_the_middle_of_legs_leave_no_trace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a step within each leg: first the search is asked to pause, then the worker that took it up again dies."""
    expected = without_rates(outcome(world.finish(start())))
    kinds = [body["kind"] for _, body, _ in expected["proposals"]]
    assert kinds.count("evolve") == 2 * LEGS
    assert kinds.count("evaluate") >= 2

    stopped: list[tuple[int, int]] = []
    died: list[tuple[int, int]] = []
    step = HeaviestIsland.step

    def disturbed(self: HeaviestIsland) -> Any:
        leg = (self.at.number, self.num_steps // 3)
        if leg not in stopped and self.num_steps % 3 == 1:
            stopped.append(leg)
            world._stop = True  # as a pause does: the state is saved before the next step
        elif leg in stopped and leg not in died and self.num_steps % 3 == 2:
            died.append(leg)
            raise Died
        return step(self)

    monkeypatch.setattr(HeaviestIsland, "step", disturbed)
    run = world.finish(start())
    assert sorted(stopped) == sorted(died) == [(island, leg) for island in range(2) for leg in range(LEGS)]
    assert without_rates(outcome(run)) == expected
    ends = Attempt.objects.filter(job__run=run, job__kind="evolve").values_list("outcome", flat=True)
    assert sorted(ends) == sorted([AttemptOutcome.INTERRUPTED, AttemptOutcome.LOST, AttemptOutcome.DONE] * 2 * LEGS)


def test_the_page_shows_islands_and_what_they_work_on(world: World, client: Client) -> None:
    run = world.finish(start())
    assert run.state == RunState.COMPLETED
    work = work_shown(run.replicas.get())
    assert work is not None
    assert (work.kind, work.state, work.done, work.total) == ("evolve", "completed", 6, 6)
    client.force_login(run.created_by)
    page = client.get(f"/runs/{run.pk}/views/").content.decode()
    assert "Islands over time" in page
    best = run.trials.filter(operator="island")
    assert best.count() >= 2


def test_the_best_of_a_leg_is_drawn_before_anybody_evaluated_it(world: World, client: Client) -> None:
    run = world.finish(start())
    replica = run.replicas.get()
    genotype = {"edges": ["none"] * 5 + ["skip_connect"]}
    data = {"step_title": "Step", "step": [3], "genotypes": [genotype], "genotype": [0], "facts": [["Weight", [2.5]]]}
    replica.views.update_or_create(
        name="best", defaults={"title": "Best", "kind": "growth", "data": data, "advance_number": 1}
    )
    client.force_login(run.created_by)
    page = client.get(f"/runs/{run.pk}/views/").content.decode()
    address = f"/runs/{run.pk}/views/0/derived/{genotype_name(genotype)}.svg"
    assert address in page
    drawing = client.get(address)
    assert drawing.status_code == 200
    assert b"<svg" in drawing.content
    assert client.get(f"/runs/{run.pk}/views/0/derived/{'0' * 16}.svg").status_code == 404
