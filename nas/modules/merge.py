"""Several tensors become one."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Add(nn.Module):
    """Sum of two tensors."""

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return first + second


class Multiply(nn.Module):
    """(N, C, H, W) times one weight per example and channel, (N, C, 1, 1)."""

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        return x * weights


class Concat(nn.Module):
    """Along the channels."""

    def forward(self, *tensors: Tensor) -> Tensor:
        return torch.cat(tensors, dim=1)


class Mean(nn.Module):
    """Of several tensors of one shape."""

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        total = first
        for tensor in others:
            total = total + tensor
        return total / (1 + len(others))
