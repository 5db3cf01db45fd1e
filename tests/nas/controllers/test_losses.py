"""Losses of the policy gradient: exact small cases, and their gradients against finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from nas.controllers.losses import logit_gradient, ppo_loss, reinforce_loss


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))


def test_one_decision_of_four_options() -> None:
    """Reward 0.9 against a baseline of 0.5, option 2 taken."""
    log_probs = log_softmax(np.zeros((1, 4)))
    loss, d_log_probs = reinforce_loss(log_probs[:, 2:3], np.array([0.9 - 0.5]))
    gradient = logit_gradient(log_probs, np.array([2]), d_log_probs[:, 0], np.zeros(1))
    np.testing.assert_allclose(gradient, [[0.1, 0.1, -0.3, 0.1]])
    assert loss == pytest.approx(0.4 * np.log(4))


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "has_gradient"),
    [(1.5, 1.0, -1.2, False), (0.5, -1.0, 0.8, False), (1.5, -1.0, 1.5, True), (0.9, 1.0, -0.9, True)],
)
def test_clipping_stops_what_went_far_enough(ratio: float, advantage: float, loss: float, has_gradient: bool) -> None:
    found, gradient = ppo_loss(np.log([[ratio]]), np.zeros((1, 1)), np.array([advantage]), 0.2)
    assert found == pytest.approx(loss)
    assert gradient[0, 0] == pytest.approx(-ratio * advantage if has_gradient else 0.0)


def test_without_a_change_of_policy_clipping_is_plain_reinforce() -> None:
    rng = np.random.default_rng(0)
    log_probs, advantages = np.log(rng.uniform(0.1, 0.9, (5, 3))), rng.normal(size=5)
    _, clipped = ppo_loss(log_probs, log_probs, advantages, 0.2)
    _, plain = reinforce_loss(log_probs, advantages)
    np.testing.assert_allclose(clipped, plain)


def test_the_gradient_of_logits_is_that_of_finite_differences() -> None:
    rng = np.random.default_rng(1)
    logits, actions = rng.normal(size=(3, 5)), np.array([4, 0, 2])
    weights, entropy_weights = rng.normal(size=3), rng.normal(size=3)

    def value(given: np.ndarray) -> float:
        log_probs = log_softmax(given)
        entropies = -(np.exp(log_probs) * log_probs).sum(axis=1)
        return float((weights * log_probs[np.arange(3), actions]).sum() + (entropy_weights * entropies).sum())

    found = logit_gradient(log_softmax(logits), actions, weights, entropy_weights)
    step = 1e-6
    for place in np.ndindex(logits.shape):
        more, less = logits.copy(), logits.copy()
        more[place] += step
        less[place] -= step
        assert found[place] == pytest.approx((value(more) - value(less)) / (2 * step), abs=1e-8)
