"""The view that the second path of a factorised reduction samples."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Shift(nn.Module):
    """(N, C, H, W) without its first row and column; an odd side is filled up with one zero at its end."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = x[:, :, 1:, 1:]
        if height % 2 or width % 2:
            x = functional.pad(x, (0, width % 2, 0, height % 2))
        return x
