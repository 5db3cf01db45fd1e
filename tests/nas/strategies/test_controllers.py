"""The strategies that train a controller: baseline, batches, delayed gradients, rewards, failures, what they learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from nas.controllers.adam import Adam
from nas.controllers.losses import reinforce_loss
from nas.controllers.policy import Policy
from nas.core.errors import InvalidConfig
from nas.core.intervention import AddArchitecture, ChangeConstraints, ForbidOperations
from nas.core.objective import Constraint
from nas.core.proposal import Proposal
from nas.core.randomness import STRATEGY_STREAM, generator_for
from nas.core.result import Result, ResultStatus
from nas.core.reward import Reward
from nas.core.setup import SearchSetup
from nas.core.strategy import AskTell
from nas.registry import spaces
from nas.spaces.anynet import AnyNet
from nas.spaces.anynet_config import AnyNetConfig
from nas.strategies.controller_config import ControllerConfig
from nas.strategies.ppo import Ppo, PpoConfig
from nas.strategies.reinforce import Reinforce, ReinforceConfig
from tests.contracts.toys import BitsConfig, BitStrings, toy_setup
from tests.nas.strategies.populations import bits, fail, shown, tell


def reinforce(setup: SearchSetup | None = None, **settings: Any) -> Reinforce:
    return Reinforce(ReinforceConfig.parse(settings), setup or toy_setup(num_bits=8))


def ppo(setup: SearchSetup | None = None, **settings: Any) -> Ppo:
    return Ppo(PpoConfig.parse(settings), setup or toy_setup(num_bits=8))


def weights(strategy: AskTell) -> dict[str, bytes]:
    """The shared weights to the last bit."""
    return {n: t.tobytes() for n, t in strategy.state_dict().tensors.items() if n.startswith("weights/")}


def rewarded(strategy: AskTell, rewards: Sequence[float]) -> None:
    for reward in rewards:
        (proposal,) = strategy.ask(1)
        tell(strategy, proposal, reward)


# --- updates -------------------------------------------------------------------------------------------------------


def test_the_baseline_follows_the_rewards() -> None:
    strategy = reinforce(batch_size=1, baseline_decay=0.95)
    rewarded(strategy, [0.5, 0.6, 0.7, 0.65])
    assert shown(strategy, "learning")["baseline"] == pytest.approx([0.5, 0.505, 0.51475, 0.5215125])


def test_the_first_baseline_is_the_mean_of_the_first_batch() -> None:
    """Its children are judged against each other: an even batch moves nothing."""
    strategy = reinforce(batch_size=3)
    before = weights(strategy)
    rewarded(strategy, [0.5, 0.5, 0.5])
    assert weights(strategy) == before
    rewarded(strategy, [0.5, 0.5, 0.6])
    assert weights(strategy) != before


@pytest.mark.parametrize("at_once", [True, False])
def test_one_controller_is_the_synchronous_algorithm(at_once: bool) -> None:
    """Three updates written out here, without batches in flight; the strategy gets results in any order it was told."""
    setup = toy_setup(num_bits=8, seed=4)
    strategy = reinforce(setup, batch_size=4, entropy_weight=0.01)
    config, space = strategy.config, setup.space
    rng = generator_for(4, 0, STRATEGY_STREAM)
    theta = config.shape.initial({"bit": 2}, config.initial_spread, rng)
    adam, baseline = Adam(config.learning_rate, theta), None
    for update in range(3):
        policy = Policy(config.shape, theta)
        ids = range(4 * update, 4 * update + 4)
        drawn = [policy.sample(space, generator_for(4, 0, number))[0] for number in ids]  # type: ignore[arg-type]
        rewards = np.array([row.actions.count(1) / 8 for row in drawn])
        if baseline is None:
            baseline = float(rewards.mean())
        read = policy.read(drawn[0].decisions, [row.actions for row in drawn])
        _, d_log_probs = reinforce_loss(read.log_probs, rewards - baseline)
        theta = adam.step(theta, policy.gradients(read, d_log_probs, np.full(4, -0.01 / 4)))
        for reward in rewards:
            baseline = 0.95 * baseline + (1 - 0.95) * float(reward)

        asked = strategy.ask(4) if at_once else []
        for place in range(4):
            (proposal,) = [asked[place]] if at_once else strategy.ask(1)
            tell(strategy, proposal, bits(proposal).count("1") / 8)
    assert weights(strategy) == {f"weights/{name}": value.tobytes() for name, value in theta.items()}


def test_a_batch_is_complete_before_the_next_begins() -> None:
    strategy = reinforce(batch_size=3)
    first = strategy.ask(9)
    assert len(first) == 3
    tell(strategy, first[0], 0.1)
    assert strategy.ask(9) == []
    tell(strategy, first[2], 0.3)
    tell(strategy, first[1], 0.2)
    assert len(strategy.ask(9)) == 3


def test_controllers_learn_from_what_they_drew_though_the_weights_moved_on() -> None:
    """Two controllers pull the same weights; the second to be complete is one update behind."""
    strategy = reinforce(batch_size=2, num_controllers=2)
    first = strategy.ask(9)
    assert [proposal.meta["controller"] for proposal in first] == [0, 0, 1, 1]
    for proposal, reward in zip(first[2:], (0.1, 0.9), strict=True):
        tell(strategy, proposal, reward)
    assert [proposal.meta for proposal in strategy.ask(1)] == [{"controller": 1, "updates": 1}]
    for proposal, reward in zip(first[:2], (0.2, 0.8), strict=True):
        tell(strategy, proposal, reward)
    assert shown(strategy, "learning")["staleness"] == [0, 1]
    assert [proposal.meta for proposal in strategy.ask(9)] == [
        *[{"controller": 0, "updates": 2}] * 2,
        {"controller": 1, "updates": 1},
    ]


def test_the_baseline_moves_by_rewards_in_the_order_of_their_arrival() -> None:
    """From their mean 0.5 by a twentieth to 0.9, then to 0.1."""
    strategy = reinforce(batch_size=2)
    first, second = strategy.ask(2)
    tell(strategy, second, 0.9)
    tell(strategy, first, 0.1)
    assert shown(strategy, "learning")["baseline"] == pytest.approx([0.95 * 0.52 + 0.05 * 0.1])


def test_an_update_is_as_late_as_the_oldest_of_its_batches() -> None:
    strategy = reinforce(batch_size=1, num_controllers=3, accumulate=2)
    first, second, late = strategy.ask(9)
    for proposal in (first, second):
        tell(strategy, proposal, 0.5)
    fresh = strategy.ask(1)[0]
    assert fresh.meta == {"controller": 0, "updates": 1}
    for proposal in (fresh, late):
        tell(strategy, proposal, 0.5)
    assert shown(strategy, "learning")["staleness"] == [0, 1]


def test_a_stale_gradient_is_that_of_the_weights_that_drew() -> None:
    """Of two batches drawn by the same weights the second moves weights that the first has moved: written out here."""
    setup = toy_setup(num_bits=8, seed=4)
    strategy = reinforce(setup, batch_size=2, num_controllers=2)
    config, space = strategy.config, setup.space
    drawn_by = config.shape.initial({"bit": 2}, config.initial_spread, generator_for(4, 0, STRATEGY_STREAM))
    theta, adam, baseline = drawn_by, Adam(config.learning_rate, drawn_by), None
    asked = strategy.ask(4)
    for batch in (asked[:2], asked[2:]):
        rewards = np.array([(number % 3) / 4 for number in (p.id for p in batch)])
        baseline = float(rewards.mean()) if baseline is None else baseline
        rows = [[int(bit) for bit in bits(proposal)] for proposal in batch]
        decisions = tuple(space.next_decision(rows[0][:place]) for place in range(8))  # type: ignore[attr-defined]
        policy = Policy(config.shape, drawn_by)
        read = policy.read(decisions, rows)
        _, d_log_probs = reinforce_loss(read.log_probs, rewards - baseline)
        theta = adam.step(theta, policy.gradients(read, d_log_probs, np.zeros(2)))
        for proposal, reward in zip(batch, rewards, strict=True):
            baseline = 0.95 * baseline + (1 - 0.95) * float(reward)
            tell(strategy, proposal, float(reward))
    assert weights(strategy) == {f"weights/{name}": value.tobytes() for name, value in theta.items()}


def test_the_weights_move_once_enough_batches_are_handed_in() -> None:
    """Two gradients are averaged: as one batch of both would have moved them, judged by the same baseline."""
    rewards = (0.5, 0.5, 0.1, 0.9)  # the first batch leaves the baseline where it begins
    apart = reinforce(toy_setup(num_bits=8, seed=4), batch_size=2, num_controllers=2, accumulate=2)
    asked = apart.ask(9)
    before = weights(apart)
    for proposal, reward in zip(asked[:2], rewards, strict=False):
        tell(apart, proposal, reward)
    assert weights(apart) == before
    for proposal, reward in zip(asked[2:], rewards[2:], strict=True):
        tell(apart, proposal, reward)
    together = reinforce(toy_setup(num_bits=8, seed=4), batch_size=4)
    for proposal, reward in zip(together.ask(9), rewards, strict=True):
        tell(together, proposal, reward)
    for name, value in together.state_dict().tensors.items():
        if name.startswith("weights/"):
            np.testing.assert_allclose(apart.state_dict().tensors[name], value, rtol=0, atol=1e-12)
    assert shown(apart, "learning")["update"] == [1]
    assert weights(apart) != before


def test_only_weights_that_drew_a_batch_on_the_way_are_kept() -> None:
    """A controller that waits for nothing pulls anew, so what is stored does not grow with the updates."""
    strategy = reinforce(batch_size=1, num_controllers=4)
    late, *_ = strategy.ask(1)
    rewarded(strategy, [0.1 * (number % 7) for number in range(20)])

    def versions() -> set[str]:
        return {name.partition("/")[0] for name in strategy.state_dict().tensors if name.startswith("version")}

    assert versions() == {"version0"}
    tell(strategy, late, 0.4)
    assert versions() == set()
    assert shown(strategy, "learning")["staleness"][-1] == 20


def test_an_update_repeats_what_was_better_and_avoids_what_was_worse() -> None:
    for strategy in (reinforce(batch_size=2), ppo(batch_size=2)):
        better, worse = strategy.ask(2)
        before = {p.id: probability(strategy, p) for p in (better, worse)}
        tell(strategy, better, 0.9)
        tell(strategy, worse, 0.1)
        assert probability(strategy, better) > before[better.id]
        assert probability(strategy, worse) < before[worse.id]


def probability(strategy: Reinforce | Ppo, proposal: Proposal) -> float:
    tensors = strategy.state_dict().tensors
    own = {name.removeprefix("weights/"): t for name, t in tensors.items() if name.startswith("weights/")}
    policy, space = Policy(strategy.config.shape, own), strategy.setup.space
    actions = [int(bit) for bit in bits(proposal)]
    decisions = tuple(space.next_decision(actions[:place]) for place in range(len(actions)))  # type: ignore[attr-defined]
    return float(policy.read(decisions, [actions]).log_probs.sum())


def test_entropy_keeps_the_policy_even() -> None:
    def entropy_after(weight: float) -> float:
        strategy = reinforce(entropy_weight=weight, learning_rate=0.05)
        for _ in range(80):
            (proposal,) = strategy.ask(1)
            tell(strategy, proposal, bits(proposal).count("1") / 8)
        entropy: float = shown(strategy, "learning")["entropy"][-1]
        return entropy

    assert entropy_after(0.0) < 3.0 < entropy_after(1.0) <= 8 * np.log(2)


# --- failures and people -------------------------------------------------------------------------------------------


def test_a_failed_child_has_reward_0_and_stays_in_the_batch() -> None:
    strategy = reinforce(batch_size=2)
    first, second = strategy.ask(2)
    fail(strategy, first)
    tell(strategy, second, 0.8)
    assert shown(strategy, "learning")["reward"] == pytest.approx([0.4])


@pytest.mark.parametrize("status", [ResultStatus.CANCELLED, ResultStatus.LOST_WORKER])
def test_what_was_never_evaluated_is_replaced(status: ResultStatus) -> None:
    strategy = reinforce(batch_size=2)
    first, second = strategy.ask(2)
    strategy.tell(first.id, Result(first.id, status, reason="gone"))
    (third,) = strategy.ask(9)
    tell(strategy, second, 0.8)
    tell(strategy, third, 0.6)
    assert shown(strategy, "learning")["reward"] == pytest.approx([0.7])


def test_an_added_architecture_teaches_nothing() -> None:
    strategy = reinforce(batch_size=2)
    strategy.intervene(AddArchitecture({"bits": "1" * 8}))
    added, *batch = strategy.ask(9)
    before = weights(strategy)
    tell(strategy, added, 1.0)
    assert (weights(strategy), len(batch)) == (before, 2)
    tell(strategy, batch[0], 0.1)
    tell(strategy, batch[1], 0.3)
    assert shown(strategy, "learning")["reward"] == pytest.approx([0.2])


def test_a_policy_that_draws_only_what_is_forbidden_now_begins_at_random() -> None:
    """It has learned to draw ones; then hardly any are allowed."""
    strategy = reinforce(toy_setup(num_bits=12), learning_rate=0.1, batch_size=2)
    for _ in range(150):
        (proposal,) = strategy.ask(1)
        tell(strategy, proposal, bits(proposal).count("1") / 12)
    assert bits(proposal) == "1" * 12
    strategy.intervene(ChangeConstraints((Constraint.from_text("params<=83"),)))
    (allowed,) = strategy.ask(1)
    assert bits(allowed).count("1") <= 3


# --- rewards -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [reinforce, ppo])
def test_what_is_forbidden_has_no_chance_in_the_policy(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy that insists is not asked again and again: its own draws do without. It learns from what was drawn before and
    after alike, and goes on the same when it is restored."""
    strategy = kind(toy_setup(num_bits=8, seed=2), batch_size=4)
    bias = strategy.state_dict().tensors["weights/bias.bit"]
    bias[:] = (-9.0, 9.0)  # every unit, always
    first = strategy.ask(2)
    assert {bits(each) for each in first} == {"11111111"}
    strategy.intervene(ForbidOperations(("unit1", "unit6")))
    drawn: list[int] = []
    sample = Policy.sample
    monkeypatch.setattr(Policy, "sample", lambda *given, **named: (drawn.append(1), sample(*given, **named))[1])
    second = strategy.ask(2)
    assert {bits(each) for each in second} == {"10111101"}
    assert len(drawn) == 2
    restored = kind(toy_setup(num_bits=8, seed=2), batch_size=4)
    restored.load_state_dict(strategy.state_dict())
    for one in (strategy, restored):
        for reward, proposal in zip((0.2, 0.9, 0.4, 0.6), (*first, *second), strict=True):
            tell(one, proposal, reward)
    assert weights(strategy) == weights(restored)
    assert all(np.isfinite(value).all() for value in strategy.state_dict().tensors.values())
    assert [each.as_json() for each in strategy.ask(4)] == [each.as_json() for each in restored.ask(4)]
    shares = shown(strategy, "policy")["probabilities"]
    assert (shares[1], shares[6]) == ([1.0, 0.0], [1.0, 0.0])


def test_the_controller_is_rewarded_with_what_is_the_first_objective() -> None:
    """Also when that is the reward of quality and a cost, computed where the trial was evaluated."""
    weighed = toy_setup(num_bits=8, objectives=("reward",), reward=Reward.from_text("accuracy*(latency_ms/80)^soft"))
    strategy = reinforce(weighed, batch_size=1)
    tell(strategy, strategy.ask(1)[0], 0.5, reward=0.4763190)
    assert shown(strategy, "learning")["reward"] == pytest.approx([0.4763190])


def test_the_reward_can_be_cubed_and_is_0_beyond_a_measured_limit() -> None:
    strategy = reinforce(toy_setup(num_bits=8, constraints=("latency_ms<=5",)), batch_size=1, reward_power=3)
    for latency in (4.0, 6.0):
        tell(strategy, strategy.ask(1)[0], 0.5, latency_ms=latency)
    assert shown(strategy, "learning")["reward"] == pytest.approx([0.125, 0.0])


@pytest.mark.parametrize("kind", [reinforce, ppo])
@pytest.mark.parametrize(("value", "power"), [(1e40, 10), (1e200, 1), (1.7e308, 10)])
def test_however_large_a_reward_is_the_weights_stay_numbers(kind: Any, value: float, power: float) -> None:
    """MACs may be an objective, and a cost far below its target is worth any number."""
    weighed = toy_setup(num_bits=8, objectives=("reward",), reward=Reward.from_text("accuracy*(latency_ms/80)^-10"))
    strategy = kind(weighed, batch_size=2, reward_power=power)
    for reward in (value, 0.5, 0.5, value, 0.2, 0.4):
        tell(strategy, strategy.ask(1)[0], 0.5, reward=reward)
    assert shown(strategy, "learning")["reward"] == pytest.approx([5e99, 5e99, (0.2**power + 0.4**power) / 2])
    assert all(np.isfinite(tensor).all() for tensor in strategy.state_dict().tensors.values())
    assert strategy.ask(2)


def test_more_weights_than_fit_are_refused_where_fewer_would_do() -> None:
    """500 units in 4 layers: 8,511,002 numbers of 8 bytes, 403 times."""

    class Wide(BitStrings):
        def decision_groups(self) -> dict[str, int]:
            return {"bit": 40_000}

    with pytest.raises(InvalidConfig, match="may take 26,168 MiB; at most 512 MiB are possible: 4 contr") as refusal:
        reinforce(units=500, layers=4, num_controllers=400)
    assert [error.field for error in refusal.value.errors] == ["num_controllers"]
    assert reinforce(units=500, layers=4, num_controllers=4).ask(1)
    paper = reinforce(**{**ReinforceConfig.presets["paper"], "num_controllers": 400})
    assert len(paper.ask(16)) == 16
    with pytest.raises(InvalidConfig, match="so take fewer units or layers") as refusal:
        reinforce(toy_setup(space=Wide(BitsConfig(num_bits=8))), units=500, layers=4)
    assert [error.field for error in refusal.value.errors] == ["units"]


def test_an_objective_that_cannot_reward_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="must be one to maximise") as refusal:
        reinforce(toy_setup(objectives=("macs", "accuracy")))
    assert refusal.value.errors[0].field == "objectives"


# --- what it learns ------------------------------------------------------------------------------------------------


def share_of_hits(genotype: Mapping[str, Any], kernels: Sequence[int], filters: Sequence[int]) -> float:
    """Every layer should have the second height, the third width, the fourth number of filters and read the one before."""
    hits = 0.0
    for number, layer in enumerate(genotype["layers"]):
        wanted = (("kernel_height", kernels[1]), ("kernel_width", kernels[2]), ("filters", filters[3]))
        hits += sum(layer[field] == value for field, value in wanted)
        if number:
            target = [*[0] * (number - 1), 1]
            hits += sum(a == b for a, b in zip(layer["inputs"], target, strict=True)) / number
    return hits / 15


def learned(strategy: AskTell, updates: int, last: int) -> float:
    """Mean share of hits in the last updates; a random architecture of four layers has 0.3."""
    config = strategy.setup.space.config
    shares = []
    for _ in range(updates):
        for proposal in strategy.ask(strategy.config.batch_size):
            assert proposal.genotype is not None
            share = share_of_hits(proposal.genotype, config.kernels, config.filters)  # type: ignore[attr-defined]
            tell(strategy, proposal, 0.1 + 0.85 * share)
            shares.append(share)
    return float(np.mean(shares[-last * strategy.config.batch_size :]))


def layerwise(seed: int) -> SearchSetup:
    kind = spaces.get("layerwise")
    return toy_setup(seed=seed, space=kind(kind.Config.parse({"layers": 4})))


@pytest.mark.parametrize("seed", range(3))
def test_it_learns_layer_by_layer_what_is_wanted(seed: int) -> None:
    settings = {**ReinforceConfig.presets["paper"], "learning_rate": 0.005}
    assert learned(reinforce(layerwise(seed), **settings), updates=200, last=20) >= 0.85


@pytest.mark.parametrize("config", [ReinforceConfig, PpoConfig])
def test_within_200_trials_the_practical_rate_learns_and_the_published_one_does_not(
    config: type[ControllerConfig],
) -> None:
    def after_200(settings: Mapping[str, Any]) -> float:
        kind = Reinforce if config is ReinforceConfig else Ppo
        strategy: Any = kind(config.parse({"reward_power": 3.0, **settings}), layerwise(0))
        return learned(strategy, updates=200 // strategy.config.batch_size, last=24 // strategy.config.batch_size)

    assert after_200({}) >= 0.75
    assert after_200(config.presets["paper"]) <= 0.45


# --- views ---------------------------------------------------------------------------------------------------------


def test_views_say_which_rate_is_in_force() -> None:
    assert reinforce().views()[0].title == "Policy, learning at a practical rate"
    assert reinforce(**ReinforceConfig.presets["paper"]).views()[0].title == "Policy, learning at the published rate"


def test_the_policy_is_shown_decision_by_decision() -> None:
    strategy = reinforce(learning_rate=0.05)
    for _ in range(120):
        (proposal,) = strategy.ask(1)
        tell(strategy, proposal, bits(proposal).count("1") / 8)
    policy = shown(strategy, "policy")
    assert policy["decision"] == [f"bits.{place}" for place in range(8)]
    assert policy["options"] == [["0", "1"]] * 8
    assert [sum(row) for row in policy["probabilities"]] == pytest.approx([1.0] * 8, abs=1e-3)
    assert policy["chosen"].count("1") >= 7
    assert policy["updates"] == 30


def test_what_a_rule_of_the_space_refuses_is_drawn_again() -> None:
    """AnyNet E: widths and depths that fall are sequences of the controller's, but no architectures."""
    space = AnyNet(AnyNetConfig.parse({"depths_never_fall": True, "widths_never_fall": True, "num_stages": 4}))
    strategy = reinforce(toy_setup(space=space))
    asked = [strategy.ask(1)[0] for _ in range(4)]
    assert [space.validate(proposal.genotype) for proposal in asked] == [proposal.genotype for proposal in asked]
