"""Alphas: how they begin, and that their optimiser is Adam with weight decay in its gradient."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from nas.supernets.alphas import Alphas
from nas.supernets.darts_recipe import DartsRecipe


def made(sizes: list[int], **settings: Any) -> Alphas:
    recipe = DartsRecipe.parse(settings)
    return Alphas(sizes, recipe, torch.Generator().manual_seed(0), torch.device("cpu"))


def test_they_begin_as_thousandths_and_where_each_stands_by_itself_even() -> None:
    values = made([8] * 200).values.detach()
    assert float(values.std()) == pytest.approx(1e-3, rel=0.05)
    assert float(values.mean()) == pytest.approx(0, abs=1e-4)
    assert all(row.tolist() == [0.5] * 8 for row in made([8] * 3, relaxation="sigmoid").weights())


def test_rows_of_other_lengths_do_not_know_of_each_other() -> None:
    alphas = made([3, 5])
    with torch.no_grad():
        alphas.values.fill_(1.0)
    assert [row.tolist() for row in alphas.weights()] == [pytest.approx([1 / 3] * 3), pytest.approx([1 / 5] * 5)]


def test_their_steps_are_those_of_adam_as_published_for_darts() -> None:
    """Rate 3e-4, decays 0.5 and 0.999, weight decay 1e-3 as a part of the gradient; three steps by hand."""
    alphas = made([4, 4], alpha_rate=3e-4, alpha_beta1=0.5, alpha_beta2=0.999, alpha_weight_decay=1e-3)
    with torch.no_grad():
        alphas.values.copy_(torch.linspace(-2, 2, 8).reshape(2, 4))
    values = alphas.values.detach().double()
    first, second = torch.zeros_like(values), torch.zeros_like(values)
    generator = torch.Generator().manual_seed(1)
    for step in (1, 2, 3):
        gradient: Tensor = 1e-3 * torch.randn(2, 4, generator=generator)  # as small as what the weights decay by
        alphas.update(gradient)
        pulled = gradient.double() + 1e-3 * values
        first, second = 0.5 * first + 0.5 * pulled, 0.999 * second + 0.001 * pulled**2
        values = values - 3e-4 * (first / (1 - 0.5**step)) / ((second / (1 - 0.999**step)).sqrt() + 1e-8)
        assert float((alphas.values.detach().double() - values).abs().max()) < 2e-7
    assert alphas.values.grad is None
