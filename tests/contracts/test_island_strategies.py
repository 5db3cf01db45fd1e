"""What every search on islands promises: each is carried out once on a small scale and then replayed from its record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nas.core.proposal import EVALUATE, Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.registry import islands, strategies
from nas.strategies.island_search import EVOLVE, IslandSearch
from tests.support.connections import connections_setup
from tests.support.islands import HeaviestConfig, HeaviestSearch
from tests.support.programs import programs_setup
from tests.support.searched import (
    Searched,
    refuses_foreign_states,
    replays_when_cut_at_every_step,
    takes_a_result_once,
    views_at_every_step,
)
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


def legs_of(searched: Searched) -> dict[tuple[int, int], Any]:
    """What the legs came to, by island and step."""
    found = {}
    for proposal, result in searched.record:
        if proposal["kind"] == EVOLVE:
            found[proposal["payload"]["number"], proposal["payload"]["until_step"]] = dict(result.payload)
    return found


@pytest.fixture(scope="module", params=sorted(SMALL))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def searched(name: str, registered: None, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    return Searched(*small(name)).go_on(tmp_path_factory.mktemp(name))


def test_islands_live_and_their_best_are_looked_at(name: str, searched: Searched) -> None:
    assert all(result.status.is_ok for _, result in searched.record), [r.reason for _, r in searched.record]
    assert set(legs_of(searched)) == {(island, step) for island in range(3) for step in (2, 4)}
    closer = [(proposal, result) for proposal, result in searched.record if proposal["kind"] == EVALUATE]
    assert 0 < len(closer) <= (type(searched.strategy).most_evaluations(searched.strategy.config) or 0)
    forms = [searched.setup.space.canonical(proposal["genotype"]) for proposal, _ in closer]
    assert len(set(forms)) == len(forms)
    for proposal, result in closer:
        assert searched.setup.space.validate(proposal["genotype"]) == proposal["genotype"]
        assert all(objective.metric in result.metrics for objective in searched.setup.objectives)


def test_other_workers_make_no_other_populations(name: str, searched: Searched, tmp_path: Path) -> None:
    assert legs_of(Searched(*small(name)).go_on(tmp_path, slots=4)) == legs_of(searched)


def test_migrants_travel_and_come_from_elsewhere(name: str, searched: Searched) -> None:
    second = [p for p, _ in searched.record if p["kind"] == EVOLVE and p["payload"]["from_step"] == 2]
    first = legs_of(searched)
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
    for leg in legs_of(searched).values():
        assert len(json.dumps(leg["facts"], allow_nan=False)) < 50_000


def test_cut_at_every_step_the_rest_is_the_same(name: str, searched: Searched) -> None:
    replays_when_cut_at_every_step(searched, lambda: small(name)[1])


def test_views_are_plain_json_at_every_step(name: str, searched: Searched) -> None:
    assert len(views_at_every_step(searched, lambda: small(name)[1])) >= 3


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


def legs_told(strategy: Strategy, answer: Callable[[Proposal], Result]) -> None:
    """The whole search with made-up ends of legs; nothing is evaluated."""
    while asked := strategy.ask(1):
        (proposal,) = asked
        is_leg = proposal.kind == EVOLVE
        end = answer(proposal) if is_leg else Result(proposal.id, ResultStatus.CANCELLED, reason="not wanted")
        strategy.tell(proposal.id, end)
    assert strategy.done()


def place_of(proposal: Proposal) -> tuple[int, int]:
    """Which island, and to which step."""
    return proposal.payload["number"], proposal.payload["until_step"]


def test_one_island_that_fails_leaves_the_others_alone(name: str, searched: Searched) -> None:
    legs = legs_of(searched)
    _, strategy = small(name, num_migrants=0)

    def answer(proposal: Proposal) -> Result:
        if proposal.payload["number"] == 1:
            return Result(proposal.id, ResultStatus.CRASHED, reason="made to fail")
        return Result(proposal.id, ResultStatus.COMPLETED, payload=legs[place_of(proposal)])

    legs_told(strategy, answer)
    assert [log.steps for log in strategy.logs] == [4, 0, 4]  # type: ignore[attr-defined]


def test_an_island_that_failed_sends_nobody_any_more(name: str, searched: Searched) -> None:
    """Its candidates of the round before would else wander through the others again and again."""
    legs = legs_of(searched)
    _, strategy = small(name, num_steps=8)
    arrived: dict[tuple[int, int], Any] = {}

    def answer(proposal: Proposal) -> Result:
        number, until = place_of(proposal)
        arrived[number, until] = proposal.payload["immigrants"]
        if (number, until) == (1, 4):
            return Result(proposal.id, ResultStatus.CRASHED, reason="made to fail")
        return Result(proposal.id, ResultStatus.COMPLETED, payload={**legs[number, 2], "steps": until})

    legs_told(strategy, answer)
    first, second, third = (legs[number, 2]["emigrants"] for number in range(3))
    assert arrived[0, 4] and all(each in (*second, *third) for each in arrived[0, 4])
    assert arrived[0, 6] and all(each in third for each in arrived[0, 6])
    assert arrived[2, 6] and all(each in first for each in arrived[2, 6])


def test_a_state_that_is_not_its_own_is_refused(name: str, searched: Searched) -> None:
    refuses_foreign_states(searched, lambda: small(name)[1])


def test_a_result_is_told_once(name: str, searched: Searched) -> None:
    takes_a_result_once(searched, lambda: small(name)[1])
