"""Probabilities of options: draws, the shift that keeps bystanders where they are, dropping for good."""

from __future__ import annotations

import pytest
import torch

from nas.supernets.option_logits import OptionLogits

ALPHAS = (0.1, -0.3, 0.2, 0.0)
GAINS = torch.tensor((0.5, -1.0, 0.25, 2.0))


def make(*rows: tuple[float, ...], rate: float = 0.1) -> OptionLogits:
    choices = OptionLogits([len(row) for row in rows], rate, torch.Generator().manual_seed(0), torch.device("cpu"))
    with torch.no_grad():
        for number, row in enumerate(rows):
            choices.logits[number, : len(row)] = torch.tensor(row)
    return choices


def test_probabilities_and_the_gradient_of_the_logits() -> None:
    choices = make(ALPHAS)
    shares = choices.probabilities()
    (gradient,) = torch.autograd.grad(shares, choices.logits, GAINS[None])
    assert shares[0].tolist() == pytest.approx([0.27171488, 0.18213593, 0.30029139, 0.24585779], abs=1e-7)
    assert gradient[0].tolist() == pytest.approx([-0.00557286, -0.27693950, -0.08123181, 0.36374416], abs=1e-7)


def test_a_pair_moves_and_everybody_else_keeps_their_probability() -> None:
    """The first step of Adam with β₁ = 0 is as long as its rate: this one is that of gradient descent with the rate 0.1."""
    choices = make(ALPHAS, rate=0.037406406)
    pairs = torch.tensor([[0, 3]])
    before = choices.probabilities().detach()
    shares = choices.logits.gather(1, pairs).softmax(1)
    assert shares[0].tolist() == pytest.approx([0.52497919, 0.47502081], abs=1e-7)
    (gradient,) = torch.autograd.grad(shares, choices.logits, GAINS[None, [0, 3]])
    assert gradient[0].tolist() == pytest.approx([-0.37406406, 0, 0, 0.37406406], abs=1e-7)
    choices.update_pairs(gradient, pairs)
    after = choices.probabilities().detach()
    assert choices.logits[0, [0, 3]].tolist() == pytest.approx([0.13484080, -0.03997201], abs=1e-6)
    assert choices.logits[0, [1, 2]].tolist() == pytest.approx([-0.3, 0.2])
    assert after[0, [1, 2]].tolist() == pytest.approx(before[0, [1, 2]].tolist(), abs=1e-6)
    assert after[0, 0] > before[0, 0]


def test_an_option_without_a_gradient_does_not_move_after_it_has_moved() -> None:
    choices = make(ALPHAS)
    choices.update(torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
    moved = choices.logits.detach().clone()
    choices.update(torch.tensor([[0.0, 1.0, 0.0, 0.0]]))
    assert choices.logits[0, 0] == moved[0, 0] < 0.1
    assert choices.logits[0, 1] < moved[0, 1]


def test_draws_follow_the_probabilities_and_pairs_differ() -> None:
    choices = make((1.0, 0.0), (0.0, 0.0, 2.0), (0.5,))
    generator = torch.Generator().manual_seed(1)
    drawn = torch.stack([choices.draw(generator) for _ in range(2000)])
    assert float((drawn[:, 0] == 0).double().mean()) == pytest.approx(0.731, abs=0.04)
    assert float((drawn[:, 1] == 2).double().mean()) == pytest.approx(0.787, abs=0.04)
    pairs = torch.stack([choices.draw_pairs(generator) for _ in range(500)])
    assert (pairs[:, :2, 0] != pairs[:, :2, 1]).all()
    assert pairs[:, 0].max() == 1
    assert pairs[:, 2].unique().tolist() == [0]
    assert len(pairs[:, 1].unique()) == 3


def test_options_go_after_three_epochs_below_and_the_last_one_stays() -> None:
    choices = make((6.0, 0.0, 0.0), (0.0, 0.1))
    assert [choices.prune(0.01) for _ in range(2)] == [[], []]
    with torch.no_grad():
        choices.logits[0, 1] = 6.0  # back in time
    assert choices.prune(0.01) == [[0, 2]]
    assert choices.probabilities()[0, 2] == 0
    restored = make((0.0, 0.0, 0.0), (0.0, 0.0))
    restored.load_tensors(choices.tensors())
    for _ in range(3):
        gone = restored.prune(0.6)
    assert gone == [[0, 0], [0, 2], [1, 0]] or gone == [[0, 1], [0, 2], [1, 0]]
    assert [row.count(0.0) for row in restored.as_lists()] == [2, 1]
    generator = torch.Generator().manual_seed(2)
    pairs = restored.draw_pairs(generator)
    assert (pairs[:, 0] == pairs[:, 1]).all()
    assert torch.isfinite(restored.log_probabilities().gather(1, pairs)).all()
