"""What every search with shared weights promises: on small real supernets, each trained once and then replayed from its record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nas.core.errors import InvalidConfig
from nas.core.proposal import EVALUATE, Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.registry import spaces, strategies
from nas.strategies.supernet_search import TRAIN_SUPERNET, SupernetSearch
from tests.support.searched import (
    Searched,
    refuses_foreign_states,
    replays_when_cut_at_every_step,
    takes_a_result_once,
    views_at_every_step,
)
from tests.support.supernets import digits_setup

ALWAYS: dict[str, Any] = {"epochs": 2, "batch_size": 128, "num_trained": 1}
SMALL: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "one_shot": ("nasbench201", {"num_samples": 5, "calibration_batches": 1}),
    "spos": (
        "nasbench201",
        {"population": 4, "generations": 2, "kept": 2, "mutants": 1, "crossovers": 1, "per_job": 3, "rank_check": 1}
        | {"calibration_batches": 1},
    ),
    "once_for_all": (
        "mobile:elastic",
        {
            "epochs": 1,
            "kernel_epochs": 1,
            "depth_epochs": [0, 1],
            "width_epochs": [0, 1],
            "num_scored": 10,
            "generations": 2,
        }
        | {"calibration_batches": 1, "predictor_epochs": 2, "targets": [{"limit": 1e9}]},
    ),
    "proxyless": ("mobile", {"warmup_epochs": 1, "calibration_batches": 1}),
}
"""By strategy the space to search and settings that keep it quick, beside those that all get."""

NAMES = [name for name in strategies if issubclass(strategies.get(name), SupernetSearch)]


def small(name: str, **more: Any) -> tuple[SearchSetup, Strategy]:
    space, settings = SMALL.get(name, ("nasbench201", {}))
    kind = strategies.get(name)
    given = {key: value for key, value in {**ALWAYS, **settings, **more}.items() if key in kind.Config.model_fields}
    setup = digits_setup(space)
    return setup, kind(kind.Config.parse(given), setup)


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def searched(name: str, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    return Searched(*small(name)).go_on(tmp_path_factory.mktemp(name))


def made_up(proposal: Proposal) -> Result:
    """Of an evaluation, or of scores with shared weights."""
    if proposal.kind == EVALUATE:
        return Result(proposal.id, ResultStatus.COMPLETED, metrics={"accuracy": 0.5, "macs": 1.0})
    num = len(proposal.payload["genotypes"])
    return Result(proposal.id, ResultStatus.COMPLETED, payload={"scores": [0.5] * num, "losses": [1.0] * num})


def test_it_trains_finds_and_trains_what_it_found(name: str, searched: Searched) -> None:
    kinds = [proposal["kind"] for proposal, _ in searched.record]
    assert kinds[0] == TRAIN_SUPERNET
    assert kinds[-1] == EVALUATE
    assert all(result.status.is_ok for _, result in searched.record), [r.reason for _, r in searched.record]
    assert kinds.count(EVALUATE) == type(searched.strategy).most_evaluations(searched.strategy.config)
    accuracy = searched.record[-1][1].metrics["accuracy"]
    assert accuracy > 0.2  # chance is 0.1
    for found in searched.reported:
        assert searched.setup.space.validate(found.genotype) == found.genotype
        assert 0 <= found.metrics["shared_accuracy"] <= 1


def test_cut_at_every_step_the_rest_is_the_same(name: str, searched: Searched) -> None:
    replays_when_cut_at_every_step(searched, lambda: small(name)[1])


def test_views_are_plain_json_at_every_step(name: str, searched: Searched) -> None:
    assert views_at_every_step(searched, lambda: small(name)[1])


@pytest.mark.parametrize("status", [ResultStatus.DIVERGED, ResultStatus.OUT_OF_MEMORY, ResultStatus.LOST_WORKER])
def test_a_training_that_fails_ends_the_search_and_says_why(name: str, status: ResultStatus) -> None:
    _, strategy = small(name)
    for _ in range(20):
        asked = strategy.ask(4)
        if not asked:
            break
        for proposal in asked:
            strategy.tell(proposal.id, Result(proposal.id, status, reason="made to fail"))
    assert strategy.done()
    assert "made to fail" in json.dumps(strategy.state_dict().data)


def test_what_was_learned_before_a_failure_still_counts(name: str, searched: Searched, tmp_path: Path) -> None:
    legs = [result for proposal, result in searched.record if proposal["kind"] == TRAIN_SUPERNET]
    _, strategy = small(name)
    for result in legs[:1]:
        (proposal,) = strategy.ask(1)
        strategy.tell(proposal.id, result)
    if len(legs) > 1:
        (proposal,) = strategy.ask(1)
        strategy.tell(proposal.id, Result(proposal.id, ResultStatus.DIVERGED, reason="made to fail"))
    asked = strategy.ask(1)
    assert asked, "something is left to do with the weights of the first leg"
    kinds = []
    while asked:
        kinds.append(asked[0].kind)
        strategy.tell(asked[0].id, made_up(asked[0]))
        asked = strategy.ask(1)
    assert TRAIN_SUPERNET not in kinds
    assert kinds[-1] == EVALUATE
    assert strategy.done()


def test_a_state_that_is_not_its_own_is_refused(name: str, searched: Searched) -> None:
    refuses_foreign_states(searched, lambda: small(name)[1])


def test_a_result_is_told_once(name: str, searched: Searched) -> None:
    takes_a_result_once(searched, lambda: small(name)[1])


def test_a_space_without_a_supernet_is_refused(name: str) -> None:
    kind, space = strategies.get(name), spaces.get("regnet")
    with pytest.raises(InvalidConfig, match="RegNet"):
        kind(kind.Config(), replace(digits_setup(), space=space(space.Config())))


def test_it_declares_itself(name: str) -> None:
    kind = strategies.get(name)
    assert kind.title
    assert kind.summary
    assert kind.source
    assert all(setting.title and setting.description for setting in kind.Config.model_fields.values())


def test_the_first_proposals_are_those_of_the_seed(name: str, searched: Searched) -> None:
    _, strategy = small(name)
    assert isinstance(strategy, SupernetSearch)
    first = [
        Proposal.from_json(proposal).seed_id for proposal, _ in searched.record if proposal["kind"] == TRAIN_SUPERNET
    ]
    assert set(first) == {0}, "all legs are one training"
