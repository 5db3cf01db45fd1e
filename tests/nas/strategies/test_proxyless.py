"""ProxylessNAS as a search: from nothing to a network trained from scratch, within limits, in any space that fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nas.core.budget import Budget
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.objective import Constraint
from nas.core.proposal import EVALUATE
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.jobs.local import search
from nas.strategies.proxyless import Proxyless, ProxylessConfig
from tests.support.supernets import digits_setup

QUICK: dict[str, Any] = {"epochs": 2, "warmup_epochs": 1, "batch_size": 128, "calibration_batches": 1, "num_trained": 1}


def make(setup: SearchSetup, **settings: Any) -> Proxyless:
    return Proxyless(ProxylessConfig.parse({**QUICK, **settings}), setup)


def told(strategy: Proxyless, probabilities: list[list[float]]) -> None:
    """All legs of training end, the last one with these probabilities."""
    space: Any = strategy.setup.space
    while not strategy.training_is_over:
        (leg,) = strategy.ask(1)
        epoch = leg.meta["epochs"][1]
        facts = {
            "epoch": epoch,
            "metrics": {"train_loss": 1.0, "learning_rate": 0.1, "shared_accuracy": 0.5},
            "data": {"probabilities": probabilities},
            "genotype": space.derived(probabilities),
        }
        strategy.tell(leg.id, Result(leg.id, ResultStatus.COMPLETED, metrics=facts["metrics"], payload=facts))


def test_a_whole_search_ends_with_the_likeliest_network_trained_alone() -> None:
    setup = digits_setup("mobile")
    strategy = make(setup, architecture_step="full", penalised_cost="macs", prune_below=0.01)
    finished = list(search(strategy, setup, Budget(trials=10)))
    assert [each.proposal.kind for each in finished] == ["train_supernet", "train_supernet", EVALUATE]
    assert all(each.result.status.is_ok for each in finished)
    first, last, final = finished
    assert final.proposal.genotype == last.result.payload["genotype"]
    assert 0 < final.result.metrics["accuracy"] <= 1
    assert first.result.payload["data"]["phase"] == "warm-up"
    assert first.result.payload["data"]["memory"]["all_paths"] > 2 * first.result.payload["data"]["memory"]["one_path"]
    assert last.result.payload["data"]["phase"] == "search"
    assert last.result.payload["data"]["probabilities"] != first.result.payload["data"]["probabilities"]
    counts = last.result.payload["data"]["counts"]
    assert {sum(row) for row in counts} == {sum(counts[0])}
    assert last.result.payload["data"]["chosen_cost"]["macs"] == final.result.metrics["macs"]


def test_the_next_likeliest_networks_are_trained_as_well() -> None:
    setup = digits_setup("mobile")
    strategy = make(setup, num_trained=3)
    rows = [[0.5, 0.3, 0.1, 0.1], [0.7, 0.1, 0.1, 0.05, 0.05]] * 2
    told(strategy, rows)
    space: Any = setup.space
    paths = [space.path_of(proposal.genotype) for proposal in strategy.ask(5)]
    assert paths == [(0, 0, 0, 0), (0, 0, 1, 0), (1, 0, 0, 0)]
    assert all(proposal.operator == "derived" for proposal in strategy._pending.values())


def test_limits_known_without_training_hold_for_what_is_trained() -> None:
    setup = digits_setup("mobile")
    space: Any = setup.space
    likely = [[0.1, 0.1, 0.1, 0.7], [0.1, 0.1, 0.1, 0.6, 0.1]] * 2
    limit = int(setup.cost(space.derived(likely)).macs) - 1
    bound = replace(setup, constraints=(Constraint.from_text(f"macs<={limit}"),), forbidden=frozenset({"zero"}))
    strategy = make(bound)
    told(strategy, likely)
    (proposal,) = strategy.ask(1)
    assert bound.is_feasible(proposal.genotype)
    impossible = make(replace(setup, constraints=(Constraint.from_text("macs<=10"),)))
    told(impossible, likely)
    with pytest.raises(ConstraintLeavesNothing, match="likeliest architectures"):
        impossible.ask(1)


@pytest.mark.parametrize(
    ("changed", "settings", "says"),
    [
        ({"depth_search": "stage_depth"}, {}, "one supernet"),
        ({"depth_search": "fixed", "kernels": [3], "expansions": [2]}, {}, "one operation only"),
        ({}, {"penalised_cost": "latency_ms", "latency_table": "mine"}, "there are no latency tables"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_runs(
    changed: dict[str, Any], settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidConfig, match=says):
        make(digits_setup("mobile", **changed), **settings)


def test_a_space_of_one_operation_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="nothing to choose"):
        make(digits_setup("nasbench201", operations=["nor_conv_3x3"]))


@pytest.mark.parametrize("name", ProxylessConfig.presets)
def test_presets_can_be_read(name: str) -> None:
    config = ProxylessConfig.parse(ProxylessConfig.presets[name])
    assert config.warmup_epochs < config.epochs


def test_presets_are_the_published_settings() -> None:
    for name, step, every in (
        ("paper_g", "two", 5),
        ("paper_r", "reinforce", 16),
    ):  # 300 updates in an epoch of 4,805 batches
        config = ProxylessConfig.parse(ProxylessConfig.presets[name])
        assert (config.architecture_step, config.architecture_every) == (step, every)
        assert (config.warmup_epochs, config.epochs, config.batch_size) == (40, 160, 256)
        assert (config.learning_rate, config.weight_decay, config.label_smoothing) == (0.05, 4e-5, 0.1)
        assert (config.architecture_rate, config.nesterov, config.momentum) == (0.001, True, 0.9)
        assert (config.num_samples, config.baseline_rate, config.reward_exponent) == (10, 0.99, -0.1)
        assert (config.penalty_factor, config.penalty_exponent) == (0.2, 0.3)
