"""A sum whose weights are trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WeightedSum(nn.Module):
    """Sum of `num_inputs` tensors of one shape, each times the sigmoid of a trained number.

    Xie et al. 2019, arXiv 1904.01569, section 3.1. The numbers begin at 0: weights of one half.
    """

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(num_inputs))

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        weights = torch.sigmoid(self.logits)
        total = first * weights[0]
        for place, tensor in enumerate(others, start=1):
            total = torch.addcmul(total, tensor, weights[place])
        return total
