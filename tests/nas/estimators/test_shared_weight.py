"""Topologies tried with shared weights: what each metric is, and who is served."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidConfig
from nas.core.estimator import EvaluationRequest
from nas.core.problem import Supervised
from nas.estimators import shared_weight
from nas.estimators.shared_weight import SharedWeight, SharedWeightConfig
from nas.problems.cartpole_swingup import CartPoleSwingUp, CartPoleSwingUpConfig
from nas.problems.datasets.libraries import BundledLibrary
from nas.wann.control import TEST_SEED, rollout
from nas.wann.ensemble import majority
from nas.wann.topology import Topology
from nas.wann.variation import Variation
from tests.nas.estimators.place import Place, small_space
from tests.support.wann import digits, grown, node_by_node, wann_space

SIX = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)


def estimator(**settings: Any) -> SharedWeight:
    return SharedWeight(SharedWeightConfig.parse({"sweep_points": 9, "random_draws": 6, **settings}))


@pytest.fixture(scope="module")
def request_() -> EvaluationRequest:
    genome = grown(np.random.default_rng(8), 40, num_inputs=64, num_outputs=10, by=Variation((3, 4, 9), 200))
    return EvaluationRequest(wann_space(), digits(), genome.as_genotype(), seed=2, with_test=True)


def test_each_metric_is_what_it_is_called(request_: EvaluationRequest) -> None:
    """Computed again a node at a time."""
    topology = Topology.of(request_.genotype, 64, 10)
    assert isinstance(request_.problem, Supervised)
    splits = request_.problem.splits()

    def outputs(part: str, weight: float) -> Any:
        return node_by_node(topology, getattr(splits, part).inputs.reshape(-1, 64).astype(float), weight)

    def accuracy(part: str, weight: float) -> float:
        return float((outputs(part, weight).argmax(axis=1) == getattr(splits, part).targets).mean())

    def loss(part: str, weight: float) -> float:
        found = outputs(part, weight)
        found = found - found.max(axis=1, keepdims=True)
        logs = found - np.log(np.exp(found).sum(axis=1, keepdims=True))
        return float(-logs[np.arange(len(found)), getattr(splits, part).targets].mean())

    tuned = max(np.linspace(-2, 2, 9), key=lambda weight: (accuracy("train", weight), -loss("train", weight)))
    metrics = estimator().evaluate(request_, Place()).metrics
    draws = np.random.default_rng(2).uniform(-2, 2, 6)
    expected = {
        "accuracy": accuracy("validation", tuned),
        "error_percent": 100 * (1 - accuracy("validation", tuned)),
        "loss": loss("validation", tuned),
        "mean_accuracy": np.mean([accuracy("validation", weight) for weight in SIX]),
        "peak_accuracy": max(accuracy("validation", weight) for weight in SIX),
        "ensemble_accuracy": np.mean(
            majority(np.stack([outputs("validation", w) for w in SIX])) == splits.validation.targets
        ),
        "random_weight_accuracy": np.mean([accuracy("validation", weight) for weight in draws]),
        "random_weight_spread": np.std([accuracy("validation", weight) for weight in draws]),
        "test_accuracy": accuracy("test", tuned),
        "test_loss": loss("test", tuned),
        "test_mean_accuracy": np.mean([accuracy("test", weight) for weight in SIX]),
        "test_ensemble_accuracy": np.mean(majority(np.stack([outputs("test", w) for w in SIX])) == splits.test.targets),
    }
    assert metrics == pytest.approx(expected, rel=1e-9)


def test_the_sweep_never_sees_the_validation_part(request_: EvaluationRequest) -> None:
    """Labels of the validation part turned round: the tuned weight, and with it the test metrics, stay."""
    straight = estimator().evaluate(request_, Place()).metrics

    class Turned(type(request_.problem)):  # type: ignore[misc]
        def splits(self) -> Any:
            found = super().splits()
            return replace(found, validation=replace(found.validation, targets=9 - found.validation.targets))

    problem = Turned(request_.problem.config, BundledLibrary())
    turned = estimator().evaluate(replace(request_, problem=problem), Place()).metrics
    assert {n: v for n, v in turned.items() if "test" in n} == {n: v for n, v in straight.items() if "test" in n}
    assert turned["mean_accuracy"] != straight["mean_accuracy"]


def test_where_networks_act_it_delivers_returns() -> None:
    problem = CartPoleSwingUp(CartPoleSwingUpConfig.parse({"variant": "hard", "steps": 40}), BundledLibrary())
    space = wann_space(num_inputs=5, num_outputs=1)
    genome = grown(np.random.default_rng(1), 20, num_inputs=5, num_outputs=1, by=Variation((3, 5, 9), 200))
    shared = estimator(episodes=3)
    shared.check(space, problem)
    found = shared.evaluate(EvaluationRequest(space, problem, genome.as_genotype(), seed=1, with_test=True), Place())
    assert set(found.metrics) == {*shared.metrics(problem), "test_return"}
    assert all(np.isfinite(value) for value in found.metrics.values())


def test_a_return_is_of_episodes_that_did_not_choose_the_weight() -> None:
    """And the weight that is tuned is the one with the largest mean return of those that did."""
    problem = CartPoleSwingUp(CartPoleSwingUpConfig.parse({"variant": "hard", "steps": 40}), BundledLibrary())
    space = wann_space(num_inputs=5, num_outputs=1)
    genome = grown(np.random.default_rng(1), 20, num_inputs=5, num_outputs=1, by=Variation((3, 5, 9), 200))
    topologies = [Topology.of_genome(genome)]

    def means(weights: Any, episodes: int, seed: int) -> Any:
        return rollout(problem, topologies, weights, episodes=episodes, seed=seed)[0].mean(axis=1)

    sweep = np.linspace(-2, 2, 9)
    tuned = sweep[[means(sweep, 3, shared_weight.SWEEP_SEED).argmax()]]
    request = EvaluationRequest(space, problem, genome.as_genotype(), seed=1, with_test=True)
    assert estimator(episodes=3).evaluate(request, Place()).metrics == pytest.approx(
        {
            "mean_return": means(np.array(SIX), 3, shared_weight.SCORE_SEED).mean(),
            "best_return": means(tuned, 3, shared_weight.SCORE_SEED)[0],
            "test_return": means(tuned, 15, TEST_SEED)[0],
        },
        rel=1e-12,
    )
    assert shared_weight.SWEEP_SEED + 1_000 <= shared_weight.SCORE_SEED <= TEST_SEED - 1_000  # as many as can be chosen


def test_other_spaces_are_refused() -> None:
    with pytest.raises(InvalidConfig, match="no networks that share one weight"):
        estimator().check(small_space(), digits())


@pytest.mark.parametrize(
    "fidelity", [{"epochs": 3}, {"sweep_points": 1}, {"sweep_points": True}, {"sweep_points": 10**9}]
)
def test_fidelities_it_does_not_know_are_refused(fidelity: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig):
        estimator().check_fidelity(fidelity)


def test_pieces_of_the_data_make_no_difference(request_: EvaluationRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = estimator().evaluate(request_, Place())
    monkeypatch.setattr(shared_weight, "PIECE", 17)
    in_pieces = estimator().evaluate(request_, Place())
    assert in_pieces.metrics == pytest.approx(whole.metrics, rel=1e-9)
