"""A place that fails (a database that is away) ends the job, whatever it was asked; it never becomes a result of the work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nas.core.proposal import Proposal
from nas.islands.task import IslandTask
from nas.jobs import evolve
from nas.jobs.evaluate import Evaluate
from nas.jobs.evolve import Evolve
from nas.jobs.local import LocalContext
from nas.jobs.place import Place, attempt
from nas.jobs.score_shared import ScoreShared
from nas.jobs.train_supernet import TrainSupernet
from nas.registry import islands
from nas.supernets.task import SupernetTask
from tests.support.supernets import digits_setup

SHARED = SupernetTask("single_path", {"epochs": 1, "batch_size": 256}, 0, 1)
ISLAND = IslandTask("heaviest", {"population_size": 3}, 0, 7, from_step=0, until_step=3, total_steps=3)


class Away(RuntimeError):
    """The database is."""


class Broken(LocalContext):
    """Everything works but one call, from its second time on: the first is before the work begins."""

    def __init__(self, broken: str, *given: Any, **named: Any) -> None:
        self._broken, self._calls = broken, 0
        super().__init__(*given, **named)

    def _call(self, name: str) -> None:
        if name == self._broken:
            self._calls += 1
            if self._calls > (1 if name == "should_stop" else 0):
                raise Away

    def should_stop(self) -> bool:
        self._call("should_stop")
        return super().should_stop()

    def checkpoint(self, proposal_id: int) -> bytes | None:
        self._call("checkpoint")
        return super().checkpoint(proposal_id)

    def inherited(self, proposal_id: int) -> bytes | None:
        self._call("inherited")
        return super().inherited(proposal_id)

    def report(self, *given: Any) -> None:
        self._call("report")
        super().report(*given)

    def commit(self, **what: Any) -> None:
        self._call("commit")
        super().commit(**what)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(evolve, "SAVE_SECONDS", 0.0)
    islands.add("heaviest", "tests.support.islands:HeaviestIsland")
    yield
    islands.remove("heaviest")


def proposal_of(kind: str) -> Proposal:
    genotype = {"edges": ["skip_connect"] * 6}
    match kind:
        case "evaluate":
            return Proposal(0, genotype)
        case "train_supernet":
            return Proposal(0, kind=kind, payload=SHARED.as_json())
        case "score_shared":
            payload = {"task": SHARED.as_json(), "genotypes": [genotype] * 2, "batches": 1}
            return Proposal(1, kind=kind, inherits=0, payload=payload)
        case _:
            return Proposal(0, kind=kind, payload=ISLAND.as_json())


KINDS: dict[str, Any] = {
    "evaluate": Evaluate,
    "train_supernet": TrainSupernet,
    "score_shared": ScoreShared,
    "evolve": Evolve,
}
USED = {
    "evaluate": ("should_stop", "checkpoint", "report"),
    "train_supernet": ("should_stop", "checkpoint", "report"),
    "score_shared": ("should_stop", "inherited", "report", "commit"),
    "evolve": ("should_stop", "checkpoint", "report", "commit"),
}


@pytest.mark.parametrize(("kind", "broken"), [(kind, call) for kind, calls in USED.items() for call in calls])
def test_a_fault_of_the_place_ends_the_job_and_no_result_is_stored(kind: str, broken: str, tmp_path: Path) -> None:
    setup = digits_setup()
    if kind == "score_shared":
        leg = LocalContext("train_supernet", setup, [proposal_of("train_supernet")], folder=tmp_path)
        TrainSupernet().run(leg)
    context = Broken(broken, kind, setup, [proposal_of(kind)], folder=tmp_path)
    with pytest.raises(Away):
        KINDS[kind]().run(context)
    assert context.results == []


def test_a_failure_of_the_work_is_a_result_with_its_words(tmp_path: Path) -> None:
    context = LocalContext("evolve", digits_setup(), [proposal_of("evolve")], folder=tmp_path)

    def fails() -> int:
        raise ValueError("it is broken")

    failed = attempt(Place(context, 4), "the island", fails)
    assert not isinstance(failed, int)
    assert failed.proposal_id == 4
    assert "ValueError: it is broken" in failed.reason
    assert attempt(Place(context, 4), "the island", lambda: 7) == 7
