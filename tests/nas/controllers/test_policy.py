"""The policy: probabilities that are complete, gradients that are exact, draws that follow the probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
import pytest

from nas.controllers.adam import Adam
from nas.controllers.policy import Policy, PolicyShape
from nas.core.space import Decision, Sequential
from nas.registry import spaces

SHAPES = [
    PolicyShape(units=5, layers=1),
    PolicyShape(units=4, layers=2, tanh_constant=2.5, temperature=5.0),
    PolicyShape(units=4, layers=2, attention=False),
]


def space(name: str, **settings: Any) -> Any:
    kind = spaces.get(name)
    return kind(kind.Config.parse(settings))


def policy_of(space: Sequential, shape: PolicyShape = SHAPES[0], spread: float = 0.5, seed: int = 0) -> Policy:
    return Policy(shape, shape.initial(space.decision_groups(), spread, np.random.default_rng(seed)))


@pytest.mark.parametrize(
    ("name", "settings", "entropy"),
    [
        ("layerwise", {"layers": 6}, 35.3505),
        ("nasnet", {}, 84.5475),
        ("enas_micro", {}, log(2.563e25)),
        ("nasbench201", {}, 6 * log(5)),
    ],
)
def test_untrained_it_has_the_entropy_of_the_space(name: str, settings: dict[str, Any], entropy: float) -> None:
    """All weights 0: each architecture has the probability 1 / size, so the entropy is the size's logarithm."""
    within = space(name, **settings)
    policy = policy_of(within, spread=0.0)
    (drawn,) = policy.sample(within, np.random.default_rng(3))
    read = policy.read(drawn.decisions, [drawn.actions])
    assert read.entropies[0] == pytest.approx(entropy, abs=2e-4)
    assert -read.log_probs.sum() == pytest.approx(log(within.size().upper))


def value_of(policy: Policy, drawn: Any, d_log_probs: np.ndarray, d_entropies: np.ndarray) -> float:
    read = policy.read(drawn[0].decisions, [row.actions for row in drawn])
    return float((d_log_probs * read.log_probs).sum() + (d_entropies * read.entropies).sum())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradients_are_those_of_finite_differences(shape: PolicyShape) -> None:
    within = space("layerwise", layers=3)
    policy = policy_of(within, shape)
    rng = np.random.default_rng(5)
    drawn = policy.sample(within, rng, 3)
    read = policy.read(drawn[0].decisions, [row.actions for row in drawn])
    d_log_probs, d_entropies = rng.normal(size=read.log_probs.shape), rng.normal(size=3)
    found = policy.gradients(read, d_log_probs, d_entropies)
    assert found.keys() == policy.weights.keys()
    step = 1e-6
    for name, weight in policy.weights.items():
        for _ in range(6):
            place = tuple(int(rng.integers(side)) for side in weight.shape)
            moved = []
            for sign in (1, -1):
                changed = weight.copy()
                changed[place] += sign * step
                moved.append(Policy(shape, {**policy.weights, name: changed}))
            more, less = (value_of(each, drawn, d_log_probs, d_entropies) for each in moved)
            assert found[name][place] == pytest.approx((more - less) / (2 * step), abs=2e-7), name


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradients_without_what_is_forbidden_are_those_of_finite_differences(shape: PolicyShape) -> None:
    """The last option of each decision and one in the middle are closed; the others share the probability."""
    within = space("nasbench201")
    forbidden = frozenset({"none", "avg_pool_3x3", "nor_conv_1x1"})
    policy, rng = policy_of(within, shape), np.random.default_rng(5)
    drawn = policy.sample(within, rng, 40, forbidden=forbidden)
    decisions, actions = drawn[0].decisions, [row.actions for row in drawn]
    assert {option for row in actions for option in row} == {1, 3}
    read = policy.read(decisions, actions, forbidden)
    assert np.exp(read.of_options[0][:, [1, 3]]).sum(axis=1) == pytest.approx(1.0)
    assert read.entropies.max() <= 6 * log(2) + 1e-9
    d_log_probs, d_entropies = rng.normal(size=read.log_probs.shape), rng.normal(size=len(actions))
    found = policy.gradients(read, d_log_probs, d_entropies)
    for name in ("head.operation", "bias.operation", "embed.operation", "start", "lstm.0.weight"):
        place = tuple(int(rng.integers(side)) for side in policy.weights[name].shape)
        values = []
        for sign in (1, -1):
            changed = policy.weights[name].copy()
            changed[place] += sign * 1e-6
            moved = Policy(shape, {**policy.weights, name: changed}).read(decisions, actions, forbidden)
            values.append((d_log_probs * moved.log_probs).sum() + (d_entropies * moved.entropies).sum())
        assert found[name][place] == pytest.approx((values[0] - values[1]) / 2e-6, abs=2e-6), name


def test_gradients_are_those_of_autograd() -> None:
    """The same policy written once more in torch, LSTM and cross entropy from there; cells whose blocks are attended to."""
    import torch

    within = space("enas_micro", blocks=3)
    shape = PolicyShape(units=6, layers=2, tanh_constant=2.0)
    policy = policy_of(within, shape)
    drawn = policy.sample(within, np.random.default_rng(2), 4)
    read = policy.read(drawn[0].decisions, [row.actions for row in drawn])
    advantages = np.array([0.4, -0.2, 0.1, 0.7])
    found = policy.gradients(read, np.broadcast_to(-advantages[:, None], read.log_probs.shape), np.full(4, -0.3))

    weights = {name: torch.tensor(value, requires_grad=True) for name, value in policy.weights.items()}
    cells = [torch.nn.LSTMCell(6, 6, dtype=torch.float64) for _ in range(2)]
    states = [(torch.zeros(4, 6, dtype=torch.float64),) * 2 for _ in range(2)]
    x, tops, loss = weights["start"].expand(4, 6), [], torch.zeros((), dtype=torch.float64)
    for place, decision in enumerate(drawn[0].decisions):
        taken = torch.tensor([row.actions[place] for row in drawn])
        for layer, cell in enumerate(cells):
            whole, bias = weights[f"lstm.{layer}.weight"], weights[f"lstm.{layer}.bias"]
            parts = {
                "weight_ih": whole[:, :6],
                "weight_hh": whole[:, 6:],
                "bias_ih": bias,
                "bias_hh": torch.zeros_like(bias),
            }
            states[layer] = torch.func.functional_call(cell, parts, (x, states[layer]))
            x = states[layer][0]
        tops.append(x)
        plain = decision.size - len(decision.attends)
        logits = [x @ weights[f"head.{decision.group}"][:plain].T + weights[f"bias.{decision.group}"][:plain]]
        for earlier in decision.attends:
            hidden = torch.tanh(tops[earlier] @ weights["attend.earlier"].T + x @ weights["attend.now"].T)
            logits.append((hidden @ weights["attend.score"])[:, None])
        distribution = torch.distributions.Categorical(logits=2.0 * torch.tanh(torch.cat(logits, dim=1)))
        loss = loss - (torch.tensor(advantages) * distribution.log_prob(taken)).sum()
        loss = loss - 0.3 * distribution.entropy().sum()
        x = weights[f"embed.{decision.group}"][taken]
    loss.backward()
    for name, weight in weights.items():
        expected = np.zeros_like(policy.weights[name]) if weight.grad is None else weight.grad.numpy()
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-12, err_msg=name)


def test_draws_follow_the_probabilities() -> None:
    within = space("nasbench201")
    policy = policy_of(within, spread=1.5)
    drawn = policy.sample(within, np.random.default_rng(0), 20_000)
    expected = np.exp(policy.read(drawn[0].decisions, [drawn[0].actions]).of_options[0][0])
    shares = np.bincount([row.actions[0] for row in drawn], minlength=5) / 20_000
    assert expected.max() > 1.3 / 5  # the weights are large enough to tell options apart
    np.testing.assert_allclose(shares, expected, atol=4 * 0.5 / np.sqrt(20_000))


def test_rows_side_by_side_are_what_each_is_alone() -> None:
    within = space("layerwise", layers=3)
    policy = policy_of(within, SHAPES[1])
    drawn = policy.sample(within, np.random.default_rng(1), 5)
    together = policy.read(drawn[0].decisions, [row.actions for row in drawn])
    for row, sequence in enumerate(drawn):
        alone = policy.read(sequence.decisions, [sequence.actions])
        np.testing.assert_allclose(alone.log_probs[0], together.log_probs[row], rtol=1e-12)


class Countdown:
    """Sequences of different lengths: how many digits, then the digits; each digit may repeat an earlier one."""

    def next_decision(self, actions: Sequence[int]) -> Decision | None:
        if not actions:
            return Decision("length", "length", ("1", "2", "3"))
        if len(actions) > actions[0] + 1:
            return None
        earlier = tuple(range(1, len(actions)))
        return Decision(f"digit{len(actions)}", "digit", ("new", *map(str, earlier)), earlier)

    def decision_groups(self) -> dict[str, int]:
        return {"length": 3, "digit": 3}

    def decode(self, actions: Sequence[int]) -> dict[str, Any]:
        return {"actions": list(actions)}

    def encode(self, genotype: dict[str, Any]) -> list[int]:
        return list(genotype["actions"])


def test_sequences_of_different_lengths_are_drawn_side_by_side() -> None:
    within = Countdown()
    policy = policy_of(within, spread=0.0)
    drawn = policy.sample(within, np.random.default_rng(0), 600)
    lengths = np.bincount([len(row.actions) for row in drawn])
    assert lengths[:2].tolist() == [0, 0]
    assert all(150 < number < 250 for number in lengths[2:])
    for row in drawn:
        assert [within.next_decision(row.actions[:place]) for place in range(len(row.actions))] == list(row.decisions)
    (longest,) = {row.decisions for row in drawn if len(row.actions) == 4}
    ratio = policy.read(longest, [[2, 0, 1, 2]]).log_probs[0]
    np.testing.assert_allclose(np.exp(ratio), [1 / 3, 1, 1 / 2, 1 / 3])


def test_without_a_generator_it_takes_the_most_probable_option() -> None:
    within = space("nasbench201")
    policy = policy_of(within, spread=1.0)
    (best,) = policy.sample(within, None)
    scores = policy.read(best.decisions, [best.actions]).of_options
    assert best.actions == [int(each[0].argmax()) for each in scores]


def test_adam_is_that_of_torch() -> None:
    import torch

    rng = np.random.default_rng(0)
    weights: Any = {"a": rng.normal(size=(3, 2)), "b": rng.normal(size=4)}
    theirs = {name: torch.nn.Parameter(torch.tensor(value)) for name, value in weights.items()}
    optimizer = torch.optim.Adam(theirs.values(), lr=0.01)
    adam = Adam(0.01, weights)
    for _ in range(5):
        gradients = {name: rng.normal(size=value.shape) for name, value in weights.items()}
        weights = adam.step(weights, gradients)
        for name, parameter in theirs.items():
            parameter.grad = torch.tensor(gradients[name])
        optimizer.step()
    for name, parameter in theirs.items():
        np.testing.assert_allclose(weights[name], parameter.detach().numpy(), rtol=1e-12)
