"""Weights that an island trained are those that evaluations begin with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from nas.connections.config import ConnectionSettings
from nas.connections.island import ConnectionIsland
from nas.core.errors import InvalidConfig, StateMismatch
from nas.core.proposal import EVALUATE
from nas.core.result import Result, ResultStatus
from nas.islands.handed_down import trained_network
from nas.islands.island import IslandPlace
from nas.islands.task import IslandTask
from nas.jobs.local import LocalContext
from nas.registry import job_kinds
from nas.strategies.connection_search import ConnectionSearch, ConnectionSearchConfig
from nas.training.checkpoint import pack, unpack, with_prefix
from tests.contracts.toys import Ones, OnesConfig
from tests.support.connections import connections_setup
from tests.support.searched import Searched, replays_when_cut_at_every_step

SETTINGS: dict[str, Any] = {"population_size": 5, "epochs": 2, "num_steps": 4, "steps_per_leg": 2, "num_looked_at": 2}


def make(**settings: Any) -> ConnectionSearch:
    return ConnectionSearch(ConnectionSearchConfig.parse({**SETTINGS, **settings}), connections_setup())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("handed_down")


@pytest.fixture(scope="module")
def searched(folder: Path) -> Searched:
    return Searched(connections_setup(), make(hands_down=True)).go_on(folder)


def test_every_look_goes_on_from_the_weights_of_that_leg(searched: Searched) -> None:
    looks = [(proposal, result) for proposal, result in searched.record if proposal["kind"] == EVALUATE]
    legs = {p["payload"]["until_step"]: p["id"] for p, _ in searched.record if p["kind"] != EVALUATE}
    assert [proposal["meta"]["step"] for proposal, _ in looks] == [2, 2, 4, 4]
    for proposal, result in looks:
        assert proposal["inherits"] == legs[proposal["meta"]["step"]]
        assert proposal["keeps_network"]
        assert result.metrics["inherited_share"] == 1.0


def test_what_is_handed_down_is_the_network_of_the_island(searched: Searched, folder: Path) -> None:
    """The island of the first leg, lived again here: its weights are those of the file, name by name."""
    leg, result = searched.record[0]
    task = IslandTask.from_json(leg["payload"])
    settings = ConnectionSettings.parse(task.settings)
    island = ConnectionIsland(settings, searched.setup, IslandPlace(task.seed, 0, "cpu", lambda key, make: make()))
    for _ in range(task.until_step):
        island.step()
    stored = (folder / f"{leg['id']}.checkpoint").read_bytes()
    for genotype in result.payload["best"]:
        form = searched.setup.space.canonical(genotype)
        network = trained_network(stored, form)
        assert network is not None
        found, expected = with_prefix("network", unpack(network)[0]), island.weights_of(genotype)
        assert expected is not None
        assert set(found) == set(expected)
        assert all(torch.equal(found[name], torch.from_numpy(expected[name])) for name in found)
    other = searched.setup.space.canonical({"edges": [[0, 5]]})
    assert trained_network(stored, other) is None
    assert island.weights_of({"edges": [[0, 5]]}) is None


def test_other_checkpoints_are_taken_as_they_are_and_broken_ones_refused() -> None:
    plain = pack({"network.weight": torch.ones(2)}, {})
    assert trained_network(plain, "any") is plain
    for broken in (b"", b"\x05\x00\x00\x00\x00\x00\x00\x00nonsense", plain[:20]):
        with pytest.raises(StateMismatch):
            trained_network(broken, "any")


def test_cut_at_every_step_the_rest_is_the_same(searched: Searched) -> None:
    replays_when_cut_at_every_step(searched, lambda: make(hands_down=True))


def test_states_stay_until_all_that_build_on_them_were_told(searched: Searched) -> None:
    strategy = make(hands_down=True, num_islands=2, num_migrants=0)
    told = searched.record[0][1].payload
    legs = strategy.ask(2)
    for leg in legs:
        strategy.tell(leg.id, Result(leg.id, ResultStatus.COMPLETED, payload=told))
    looks = strategy.ask(4)
    assert {look.inherits for look in looks} == {leg.id for leg in legs}
    later = strategy.ask(2)
    for leg in later:
        strategy.tell(leg.id, Result(leg.id, ResultStatus.COMPLETED, payload={**told, "steps": 4}))
    now = {leg.id for leg in later}
    assert strategy.checkpoints_needed() == {leg.id for leg in legs} | now
    for look in looks:
        strategy.tell(look.id, Result(look.id, ResultStatus.CANCELLED, reason="not wanted"))
    assert strategy.checkpoints_needed() == now


def test_without_it_each_wiring_is_trained_once_from_scratch(folder: Path) -> None:
    strategy = make()
    (leg,) = strategy.ask(1)
    assert not leg.payload["hands_down"]
    context = LocalContext(leg.kind, strategy.setup, [leg], folder=folder / "..")
    job_kinds.get(leg.kind)().run(context)
    stored = (folder / ".." / f"{leg.id}.checkpoint").read_bytes()
    best = context.results[0].payload["best"]
    assert trained_network(stored, strategy.setup.space.canonical(best[0])) is None
    strategy.tell(leg.id, context.results[0])
    looks = strategy.ask(2)
    assert [look.inherits for look in looks] == [None, None]
    assert json.dumps(strategy.state_dict().data)


def test_an_estimator_that_trains_nothing_is_refused() -> None:
    setup = replace(connections_setup(), estimator=Ones(OnesConfig()))
    with pytest.raises(InvalidConfig, match="cannot go on from weights") as raised:
        ConnectionSearch(ConnectionSearchConfig.parse({"hands_down": True}), setup)
    assert [error.field for error in raised.value.errors] == ["hands_down"]
