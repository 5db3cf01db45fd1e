"""Images at the resolution a network asks for."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Resize(nn.Module):
    """(N, C, H, W) → (N, C, height, width), bilinear; where it shrinks, every input pixel has its share."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.size = (height, width)

    def forward(self, x: Tensor) -> Tensor:
        return functional.interpolate(x, size=self.size, mode="bilinear", align_corners=False, antialias=True)
