"""A shortcut between maps of different width."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class FitChannels(nn.Module):
    """(N, C, H, W) → (N, channels, H, W): the first channels, or all of them and zeros behind."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        missing = self.channels - x.shape[1]
        return x[:, : self.channels] if missing <= 0 else functional.pad(x, (0, 0, 0, 0, 0, missing))
