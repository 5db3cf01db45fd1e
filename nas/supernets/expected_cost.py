"""What a mixture is expected to cost, as something to differentiate, and the losses that charge for it."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import torch
from torch import Tensor

from nas.supernets.cost_penalty import PER, CostPenalty
from nas.supernets.prices import RowPrices


class ExpectedCost:
    """E = Σ over rows of Σ over options p·price + the fixed part (Cai, Zhu and Han 2019, arXiv 1812.00332, equation 2)."""

    def __init__(self, prices: RowPrices, device: torch.device) -> None:
        # In double precision: millions of MACs and their small differences both count.
        self._prices = torch.tensor([p for row in prices.rows for p in row], dtype=torch.float64, device=device)
        self._fixed = prices.fixed

    def __call__(self, probabilities: Sequence[Tensor]) -> Tensor:
        """`probabilities[r]`: (options of row r,) → a float64 scalar in the unit of the prices, with a graph."""
        return torch.cat(list(probabilities)).double() @ self._prices + self._fixed


def penalised(loss: Tensor, expected: Tensor, penalty: CostPenalty) -> Tensor:
    """The loss of an architecture step: `loss` (a scalar) with the price of `expected`, in the form that `penalty` says.

    Where the product is taken, a smaller cost lowers the loss as long as `loss` is positive, and `expected` must be above 1.
    """
    target = penalty.penalty_target
    if penalty.penalised_cost == "none":
        return loss
    if penalty.penalty_form == "add" or target is None:
        return loss + penalty.penalty_weight * (expected / PER[penalty.penalised_cost])
    if penalty.penalty_form == "add_linear":
        return loss + penalty.penalty_weight * (expected - target) / target
    return penalty.penalty_factor * loss * (expected.log() / log(target)) ** penalty.penalty_exponent
