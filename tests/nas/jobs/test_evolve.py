"""Legs of an island: stops and kills change nothing, immigrants arrive once, what goes wrong has a name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nas.core.errors import Interrupted
from nas.core.objective import Constraint
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.islands.task import IslandTask
from nas.jobs import evolve
from nas.jobs.evolve import Evolve
from nas.jobs.local import LocalContext
from nas.registry import islands
from tests.support.islands import HeaviestIsland
from tests.support.supernets import digits_setup

TASK = IslandTask(
    "heaviest", {"population_size": 5}, 0, 7, from_step=0, until_step=8, total_steps=16, num_best=2, num_emigrants=2
)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    islands.add("heaviest", "tests.support.islands:HeaviestIsland")
    yield
    islands.remove("heaviest")


@pytest.fixture
def setup() -> SearchSetup:
    return digits_setup()


def leg(
    setup: SearchSetup,
    folder: Path,
    task: IslandTask = TASK,
    number: int = 0,
    should_stop: Callable[[], bool] = lambda: False,
    curve: list[Any] | None = None,
) -> Result:
    before = number - 1 if number else None
    proposal = Proposal(number, kind="evolve", continues=before, began_as=0, payload=task.as_json())
    points: list[Any] = [] if curve is None else curve
    context = LocalContext(
        "evolve",
        setup,
        [proposal],
        folder=folder,
        should_stop=should_stop,
        on_curve=lambda *point: points.append(point),
    )
    Evolve().run(context)
    return context.results[0]


def decided(result: Result) -> Any:
    return result.status, dict(result.metrics), result.steps_done, result.payload


def test_a_leg_brings_what_the_strategy_needs(setup: SearchSetup, tmp_path: Path) -> None:
    curve: list[Any] = []
    result = leg(setup, tmp_path, curve=curve)
    assert result.status is ResultStatus.COMPLETED
    assert result.steps_done == 8
    assert dict(result.metrics) == {}  # "heaviest" and "nothing" are points of a curve, no metrics
    assert result.payload["candidates"] == 13
    assert len(result.payload["best"]) == 2
    assert len(result.payload["emigrants"]) == 2
    assert result.payload["curve"]["step"] == list(range(1, 9))
    assert result.payload["curve"]["nothing"] == [None] * 8
    assert result.payload["curve"]["heaviest"] == sorted(result.payload["curve"]["heaviest"])
    _, step, point = curve[-1]
    assert (step, point["done"], point["total"], point["candidates"]) == (8, 8.0, 16.0, 13.0)


@pytest.mark.parametrize("stop_after", [0, 1, 5])
def test_an_interrupted_leg_comes_to_the_same(
    setup: SearchSetup, tmp_path: Path, stop_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evolve, "SAVE_SECONDS", 0.0)
    folders = [tmp_path / name for name in ("whole", "stopped")]
    for folder in folders:
        folder.mkdir()
    first = [decided(leg(setup, folder)) for folder in folders]
    assert first[0] == first[1]
    migrants = first[0][3]["emigrants"]
    second = replace(TASK, from_step=8, until_step=16, immigrants=migrants)
    whole = leg(setup, folders[0], second, number=1)
    asked = iter(range(100))
    with pytest.raises(Interrupted):
        leg(setup, folders[1], second, number=1, should_stop=lambda: next(asked) > stop_after)
    stopped = leg(setup, folders[1], second, number=1)
    assert decided(stopped) == decided(whole)
    assert whole.payload["facts"]["arrived"] == 2  # once, however often the leg was begun


def test_two_short_legs_come_to_the_same_as_a_long_one(setup: SearchSetup, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("long", "short")]
    for folder in folders:
        folder.mkdir()
    whole = leg(setup, folders[0])
    leg(setup, folders[1], replace(TASK, until_step=3))
    last = leg(setup, folders[1], replace(TASK, from_step=3), number=1)
    assert last.payload["best"] == whole.payload["best"]
    assert last.payload["facts"] == whole.payload["facts"]


def test_an_island_whose_state_is_gone_says_so(setup: SearchSetup, tmp_path: Path) -> None:
    result = leg(setup, tmp_path, replace(TASK, from_step=4))
    assert result.status is ResultStatus.CRASHED
    assert "stored no more" in result.reason


def test_a_broken_state_and_one_of_another_island_are_refused_in_words(setup: SearchSetup, tmp_path: Path) -> None:
    leg(setup, tmp_path)
    following = replace(TASK, from_step=8, until_step=9)
    other = leg(setup, tmp_path, replace(following, settings={"population_size": 9}), number=1)
    assert (other.status, other.reason) == (ResultStatus.CRASHED, "the stored island has another size")
    late = leg(setup, tmp_path, replace(following, from_step=9, until_step=12), number=1)
    assert "at step 8, the leg begins at 9" in late.reason
    (tmp_path / "0.checkpoint").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{broken}")
    assert "cannot be read" in leg(setup, tmp_path, following, number=1).reason


def test_a_crash_inside_names_the_island(setup: SearchSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: HeaviestIsland) -> Any:
        raise MemoryError

    monkeypatch.setattr(HeaviestIsland, "step", broken)
    result = leg(setup, tmp_path)
    assert result.status is ResultStatus.OUT_OF_MEMORY
    assert "the island" in result.reason


def test_the_rules_are_those_of_when_the_leg_was_asked_for(
    setup: SearchSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person may have changed them since the search began."""
    limit = Constraint(metric="macs", operator=">=", limit=1)
    found: list[SearchSetup] = []
    step = HeaviestIsland.step

    def watched(self: HeaviestIsland) -> Any:
        found.append(self.setup)
        return step(self)

    monkeypatch.setattr(HeaviestIsland, "step", watched)
    leg(setup, tmp_path, replace(TASK, constraints=[limit.as_json()], forbidden=["none"], until_step=1))
    assert [(one.constraints, one.forbidden) for one in found] == [((limit,), frozenset({"none"}))]


def test_seconds_are_those_of_all_attempts(setup: SearchSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that each look puts forward by a second, a look per step."""
    monkeypatch.setattr(evolve, "time", SimpleNamespace(perf_counter=itertools.count().__next__))
    asked = iter(range(100))
    with pytest.raises(Interrupted):
        leg(setup, tmp_path, should_stop=lambda: next(asked) > 3)
    assert leg(setup, tmp_path).cost_seconds == 8


def test_each_leg_draws_its_own_migrants(setup: SearchSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    emigrants = HeaviestIsland.emigrants

    def watched(self: HeaviestIsland, num: int, rng: np.random.Generator) -> Any:
        drawn.append(rng.bit_generator.state["state"]["state"])
        return emigrants(self, num, rng)

    monkeypatch.setattr(HeaviestIsland, "emigrants", watched)
    leg(setup, tmp_path)
    leg(setup, tmp_path, replace(TASK, from_step=8, until_step=16), number=1)
    assert len(set(drawn)) == 2
