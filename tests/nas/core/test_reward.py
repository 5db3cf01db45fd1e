"""The reward: published values, its text form, what it refuses, and that a search computes it from what is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.core.errors import InvalidConfig
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.reward import Reward
from nas.core.setup import SearchSetup
from nas.jobs.evaluate import Evaluate
from nas.jobs.local import LocalContext
from nas.problems.datasets.libraries import BundledLibrary
from nas.specification import RunSpecification
from tests.contracts.toys import Ones, OnesConfig, toy_setup

SPECIFICATION: dict[str, Any] = {
    "problem": {"name": "image_classification"},
    "space": {"name": "nasbench201"},
    "strategy": {"name": "random"},
    "estimator": {"name": "train"},
    "objectives": ["reward"],
    "budget": {"trials": 3},
}


def reward(preset: str = "soft", **settings: Any) -> Reward:
    return Reward.parse({"target": 80.0, **Reward.presets[preset], **settings})


@pytest.mark.parametrize(
    ("accuracy", "latency", "target", "soft", "hard"),
    [
        (0.5, 80, 80, 0.5, 0.5),
        (0.5, 160, 80, 0.4763190, 0.25),
        (0.5, 40, 80, 0.5248583, 0.5),
        (0.752, 78, 75, 0.7499383, 0.7230769),
    ],
)
def test_soft_and_hard_rewards_are_those_of_the_paper(
    accuracy: float, latency: float, target: float, soft: float, hard: float
) -> None:
    """Tan et al. 2019, arXiv 1807.11626, equations 2 and 3."""
    measured = {"accuracy": accuracy, "latency_ms": latency}
    for preset, expected in (("soft", soft), ("hard", hard)):
        assert reward(preset, target=target).value(measured) == pytest.approx(expected, abs=1e-7)


def test_exponents_are_free_and_differ_on_the_two_sides_of_the_target() -> None:
    steep = reward(exponent_within=-0.5, exponent_beyond=-2, cost="macs")
    assert steep.value({"accuracy": 0.5, "macs": 20}) == pytest.approx(0.5 * 2)
    assert steep.value({"accuracy": 0.5, "macs": 160}) == pytest.approx(0.5 / 4)


@pytest.mark.parametrize("cost", [0.0, -1.0])
def test_a_cost_of_nothing_is_an_error(cost: float) -> None:
    with pytest.raises(ValueError, match="latency_ms above 0"):
        reward().value({"accuracy": 0.5, "latency_ms": cost})


@given(
    cost=st.floats(1e-300, 1e300),
    target=st.floats(1e-300, 1e18),
    within=st.floats(-10, 0),
    beyond=st.floats(-10, 0),
)
def test_a_reward_is_a_number_or_says_that_it_is_none(cost: float, target: float, within: float, beyond: float) -> None:
    """Up to the target it is at least the quality, beyond it at most."""
    made = Reward.parse({"target": target, "exponent_within": within, "exponent_beyond": beyond})
    try:
        value = made.value({"accuracy": 0.5, "latency_ms": cost})
    except ValueError as error:
        assert "too large" in str(error)  # either end is right
        assert cost < target
    else:
        assert value >= 0.5 if cost <= target else 0 <= value <= 0.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accuracy*(latency_ms/80)^soft", reward("soft")),
        (" accuracy * ( latency_ms / 80.0 ) ^ hard ", reward("hard")),
        ("accuracy*(macs/1e6)^-0.2", reward(cost="macs", target=1e6, exponent_within=-0.2, exponent_beyond=-0.2)),
        ("accuracy*(params/1e+6)^0,-3", reward(cost="params", target=1e6, exponent_within=0, exponent_beyond=-3)),
    ],
)
def test_the_text_form_is_read_and_written(text: str, expected: Reward) -> None:
    assert Reward.from_text(text) == expected
    assert Reward.from_text(str(expected)) == expected


@pytest.mark.parametrize(
    ("given_reward", "field"),
    [
        (None, "reward"),
        ({}, "reward.target"),
        ({"target": 0}, "reward.target"),
        ({"target": -5}, "reward.target"),
        ({"target": 5, "quality": "loss"}, "reward.quality"),
        ({"target": 5, "quality": "reward"}, "reward.quality"),
        ({"target": 5, "quality": "inherited_share"}, "reward.quality"),
        ({"target": 5, "cost": "accuracy"}, "reward.cost"),
        ({"target": 5, "cost": "test_loss"}, "reward.cost"),
        ({"target": 5, "cost": "speed"}, "reward.cost"),
        ({"target": 5, "exponent_beyond": 1}, "reward.exponent_beyond"),
        ("accuracy/latency", "reward"),
        ("accuracy*(latency_ms/-5)^soft", "reward"),
        ("accuracy*(latency_ms/5)^soft,-1", "reward"),
    ],
)
def test_a_specification_says_what_is_wrong_with_its_reward(given_reward: Any, field: str) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        RunSpecification.checked({**SPECIFICATION, "reward": given_reward}, data=BundledLibrary(), tables=None)  # type: ignore[arg-type]
    assert [error.field for error in refusal.value.errors] == [field]


def test_a_reward_that_nothing_names_is_refused() -> None:
    values = {**SPECIFICATION, "objectives": ["accuracy"], "reward": {"target": 5}}
    with pytest.raises(InvalidConfig, match="no objective or constraint names the reward"):
        RunSpecification.checked(values, data=BundledLibrary(), tables=None)  # type: ignore[arg-type]


def test_a_cost_that_is_not_delivered_is_refused() -> None:
    class Silent(Ones):
        def metrics(self, problem: Any) -> tuple[str, ...]:
            return ("accuracy",)

    with pytest.raises(InvalidConfig, match="does not deliver latency_ms") as refusal:
        toy_setup(objectives=("reward",), reward=reward(), estimator=Silent(OnesConfig()))
    assert refusal.value.errors[0].field == "reward.cost"


def test_the_record_has_every_part_written_out() -> None:
    parsed = RunSpecification.parse({**SPECIFICATION, "reward": "accuracy*(latency_ms/75)^hard"})
    assert parsed.as_json()["reward"] == {
        "quality": "accuracy",
        "cost": "latency_ms",
        "target": 75.0,
        "exponent_within": 0.0,
        "exponent_beyond": -1.0,
    }
    assert RunSpecification.parse(parsed.as_json()) == parsed


def evaluated(setup: SearchSetup, folder: Path) -> Result:
    context = LocalContext("evaluate", setup, [Proposal(0, {"bits": "10" * 50})], folder=folder)
    Evaluate().run(context)
    (result,) = context.results
    return result


def test_an_evaluation_asks_for_the_parts_and_delivers_the_reward(tmp_path: Path) -> None:
    setup = toy_setup(objectives=("reward",), reward=reward(target=2.5))
    assert setup.wanted == {"reward", "accuracy", "latency_ms"}
    result = evaluated(setup, tmp_path)
    assert result.metrics["latency_ms"] == pytest.approx(5.0)
    assert result.metrics["reward"] == pytest.approx(result.metrics["accuracy"] * 2**-0.07)


def test_a_closed_form_cost_serves_as_well_and_a_constraint_may_name_the_reward(tmp_path: Path) -> None:
    setup = toy_setup(constraints=("reward>=0.4",), reward=reward("hard", cost="params", target=511.5))
    result = evaluated(setup, tmp_path)  # 51 hidden units: 1,023 parameters, twice the target
    assert result.metrics["reward"] == pytest.approx(result.metrics["accuracy"] / 2)
    assert not setup.constraints[0].is_met(result.metrics["reward"])


@pytest.mark.parametrize(
    ("metrics", "reason"),
    [
        ({"accuracy": 0.5}, "did not deliver latency_ms"),
        ({"accuracy": 0.5, "latency_ms": 0.0}, "latency_ms above 0"),
    ],
)
def test_a_trial_without_a_reward_fails_and_says_why(metrics: dict[str, float], reason: str, tmp_path: Path) -> None:
    class Scripted(Ones):
        def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
            return Evaluation(metrics, cost_seconds=1.0, steps_done=1)

    result = evaluated(toy_setup(objectives=("reward",), reward=reward(), estimator=Scripted(OnesConfig())), tmp_path)
    assert result.status is ResultStatus.CRASHED
    assert reason in result.reason
