"""What every search on islands promises: each is carried out once on a small scale and then replayed from its record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from nas.core.errors import ProtocolError, StateMismatch
from nas.core.proposal import EVALUATE, Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.strategy import State, Strategy
from nas.jobs.local import LocalContext
from nas.registry import islands, job_kinds, strategies
from nas.strategies.island_search import EVOLVE, IslandSearch
from tests.support.connections import connections_setup
from tests.support.islands import HeaviestConfig, HeaviestSearch
from tests.support.programs import programs_setup
from tests.support.supernets import digits_setup
from tests.support.wann import wann_setup

ALWAYS: Mapping[str, Any] = {"num_steps": 4, "steps_per_leg": 2, "num_islands": 3, "num_migrants": 2}


def _heaviest(settings: Mapping[str, Any]) -> tuple[SearchSetup, Strategy]:
    setup = digits_setup()
    return setup, HeaviestSearch(HeaviestConfig.parse(settings), setup)


def _wann(settings: Mapping[str, Any]) -> tuple[SearchSetup, Strategy]:
    setup = wann_setup()
    kind = strategies.get("wann")
    return setup, kind(kind.Config.parse({"population_size": 8, "confirm_repeats": 2, **settings}), setup)


def _connections(settings: Mapping[str, Any]) -> tuple[SearchSetup, Strategy]:
    setup = connections_setup()
    kind = strategies.get("connection_search")
    return setup, kind(kind.Config.parse({"population_size": 5, "epochs": 1, **settings}), setup)


def _programs(settings: Mapping[str, Any]) -> tuple[SearchSetup, Strategy]:
    setup = programs_setup()
    kind = strategies.get("automl_zero")
    sizes = {"population_size": 20, "programs_per_step": 50, "cache_size": 64}
    return setup, kind(kind.Config.parse({**sizes, **settings}), setup)


SMALL: Mapping[str, Any] = {
    "heaviest": _heaviest,
    "wann": _wann,
    "connection_search": _connections,
    "automl_zero": _programs,
}
"""By strategy what makes a small search of it out of settings. Every registered one has a line."""

NAMES = [name for name in strategies if issubclass(strategies.get(name), IslandSearch)]


def small(name: str, **more: Any) -> tuple[SearchSetup, Strategy]:
    made: tuple[SearchSetup, Strategy] = SMALL[name]({**ALWAYS, **more})
    return made


@pytest.fixture(autouse=True, scope="module")
def registered() -> Iterator[None]:
    islands.add("heaviest", "tests.support.islands:HeaviestIsland")
    yield
    islands.remove("heaviest")


def test_every_registered_one_is_looked_at() -> None:
    assert {*NAMES, "heaviest"} == set(SMALL)


@dataclass
class Searched:
    """A whole search: (proposal as JSON, its result) in the order told."""

    setup: SearchSetup
    strategy: Strategy
    record: list[tuple[dict[str, Any], Result]] = field(default_factory=list)

    def go_on(self, folder: Path, slots: int = 1, most: int = 200) -> Searched:
        """`slots`: how many are out at a time; the last one asked for ends first, as on workers of unequal speed."""
        out: list[Proposal] = []
        while len(self.record) < most:
            out += self.strategy.ask(slots - len(out))
            if not out:
                assert self.strategy.done(), "it waits, though nothing is out"
                return self
            proposal = out.pop()
            context = LocalContext(proposal.kind, self.setup, [proposal], folder=folder)
            job_kinds.get(proposal.kind)().run(context)
            (result,) = context.results
            self.strategy.tell(proposal.id, result)
            self.record.append((proposal.as_json(), result))
        raise AssertionError(f"it does not end after {most} proposals")

    def legs(self) -> dict[tuple[int, int], Any]:
        """What the legs came to, by island and step."""
        found = {}
        for proposal, result in self.record:
            if proposal["kind"] == EVOLVE:
                found[proposal["payload"]["number"], proposal["payload"]["until_step"]] = dict(result.payload)
        return found


@pytest.fixture(scope="module", params=sorted(SMALL))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def searched(name: str, registered: None, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    return Searched(*small(name)).go_on(tmp_path_factory.mktemp(name))


def through_storage(state: State) -> State:
    """As it comes back: JSON, the order of keys lost, tensors copied."""
    data = json.loads(json.dumps(state.data, allow_nan=False, sort_keys=True))
    return State(state.version, data, {key: value.copy() for key, value in state.tensors.items()})


def test_islands_live_and_their_best_are_looked_at(name: str, searched: Searched) -> None:
    assert all(result.status.is_ok for _, result in searched.record), [r.reason for _, r in searched.record]
    assert set(searched.legs()) == {(island, step) for island in range(3) for step in (2, 4)}
    closer = [(proposal, result) for proposal, result in searched.record if proposal["kind"] == EVALUATE]
    assert closer
    forms = [searched.setup.space.canonical(proposal["genotype"]) for proposal, _ in closer]
    assert len(set(forms)) == len(forms)
    for proposal, result in closer:
        assert searched.setup.space.validate(proposal["genotype"]) == proposal["genotype"]
        assert all(objective.metric in result.metrics for objective in searched.setup.objectives)


def test_other_workers_make_no_other_populations(name: str, searched: Searched, tmp_path: Path) -> None:
    assert Searched(*small(name)).go_on(tmp_path, slots=4).legs() == searched.legs()


def test_migrants_travel_and_come_from_elsewhere(name: str, searched: Searched) -> None:
    second = [p for p, _ in searched.record if p["kind"] == EVOLVE and p["payload"]["from_step"] == 2]
    first = searched.legs()
    for proposal in second:
        number = proposal["payload"]["number"]
        others = [
            json.dumps(m, sort_keys=True)
            for island in range(3)
            if island != number
            for m in first[island, 2]["emigrants"]
        ]
        assert len(proposal["payload"]["immigrants"]) == 2
        assert all(json.dumps(m, sort_keys=True) in others for m in proposal["payload"]["immigrants"])


def test_facts_are_small_plain_json(name: str, searched: Searched) -> None:
    for leg in searched.legs().values():
        assert len(json.dumps(leg["facts"], allow_nan=False)) < 50_000


def test_cut_at_every_step_the_rest_is_the_same(name: str, searched: Searched) -> None:
    _, strategy = small(name)
    for expected, result in searched.record:
        state = through_storage(strategy.state_dict())
        _, strategy = small(name)
        strategy.load_state_dict(state)
        (proposal,) = strategy.ask(1)
        assert json.loads(json.dumps(proposal.as_json())) == json.loads(json.dumps(expected))
        state = through_storage(strategy.state_dict())  # while it is out
        _, strategy = small(name)
        strategy.load_state_dict(state)
        strategy.tell(proposal.id, result)
    assert strategy.ask(1) == []
    assert strategy.done()


def test_views_are_plain_json_at_every_step(name: str, searched: Searched) -> None:
    _, strategy = small(name)
    for _, result in searched.record:
        json.dumps([view.as_json() for view in strategy.views()], allow_nan=False)
        (proposal,) = strategy.ask(1)
        strategy.tell(proposal.id, result)
    views = strategy.views()
    assert len({view.name for view in views}) == len(views) >= 3
    json.dumps([view.as_json() for view in views], allow_nan=False)


@pytest.mark.parametrize("status", [ResultStatus.CRASHED, ResultStatus.LOST_WORKER])
def test_islands_that_fail_end_the_search_and_say_why(name: str, status: ResultStatus) -> None:
    _, strategy = small(name)
    for _ in range(20):
        for proposal in strategy.ask(4):
            strategy.tell(proposal.id, Result(proposal.id, status, reason="made to fail"))
    assert strategy.done()
    findings = strategy.findings()  # type: ignore[attr-defined]
    assert len(findings) == 3
    assert all("made to fail" in finding.text for finding in findings)


def test_one_island_that_fails_leaves_the_others_alone(name: str, searched: Searched) -> None:
    legs = {(p["payload"]["number"], p["payload"]["until_step"]): r for p, r in searched.record if p["kind"] == EVOLVE}
    _, strategy = small(name, num_migrants=0)
    while asked := strategy.ask(1):
        (proposal,) = asked
        if proposal.kind == EVALUATE:
            strategy.tell(proposal.id, Result(proposal.id, ResultStatus.CANCELLED, reason="not wanted"))
            continue
        number, until = proposal.payload["number"], proposal.payload["until_step"]
        told = legs[number, until]
        lost = Result(proposal.id, ResultStatus.CRASHED, reason="made to fail")
        strategy.tell(proposal.id, lost if number == 1 else replace(told, proposal_id=proposal.id))
    assert strategy.done()
    assert [log.steps for log in strategy.logs] == [4, 0, 4]  # type: ignore[attr-defined]


def test_a_state_that_is_not_its_own_is_refused(name: str, searched: Searched) -> None:
    state = through_storage(searched.strategy.state_dict())
    for broken in (
        replace(state, version=state.version + 1),
        replace(state, data={**state.data, "strategy": "another"}),
        replace(state, data={**state.data, "own": {}}),
    ):
        _, strategy = small(name)
        with pytest.raises(StateMismatch):
            strategy.load_state_dict(broken)


def test_a_result_is_told_once(name: str, searched: Searched) -> None:
    _, strategy = small(name)
    (proposal,) = strategy.ask(1)
    told = searched.record[0][1]
    strategy.tell(proposal.id, told)
    with pytest.raises(ProtocolError):
        strategy.tell(proposal.id, told)
