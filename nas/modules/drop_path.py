"""Stochastic depth per example."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DropPath(nn.Module):
    """In training, zeroes the whole tensor of an example with `probability` and scales the others by 1 / (1 - probability).

    Larsson et al. 2017, arXiv 1605.07648; per example as in Zoph et al. 2018, arXiv 1707.07012, appendix A.5.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.probability == 0.0:
            return x
        keep = 1.0 - self.probability
        mask = torch.rand((x.shape[0], *(1,) * (x.ndim - 1)), device=x.device) < keep
        return x * mask.to(x.dtype) / keep
