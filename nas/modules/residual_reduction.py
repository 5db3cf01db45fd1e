"""The block between two stages of NAS-Bench-201."""

from __future__ import annotations

from torch import Tensor, nn

from nas.operations.convolutions import relu_conv_bn
from nas.operations.pooling import avg_pool_2x2


class ResidualReduction(nn.Module):
    """(N, c_in, H, W) → (N, c_out, ceil(H/2), ceil(W/2))."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            relu_conv_bn(c_in, c_out, kernel=3, stride=2), relu_conv_bn(c_out, c_out, kernel=3)
        )
        self.shortcut = nn.Sequential(avg_pool_2x2(), nn.Conv2d(c_in, c_out, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.residual(x) + self.shortcut(x)
        return out
