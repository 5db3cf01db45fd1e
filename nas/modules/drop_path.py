"""Stochastic depth per example."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DropPath(nn.Module):
    """In training, zeroes the whole tensor of an example with `probability` and scales the others by 1 / (1 - probability).

    Larsson et al. 2017, arXiv 1605.07648; per example as in Zoph et al. 2018, arXiv 1707.07012, appendix A.5.

    Args:
      probability: at the end of the training, and all the time where nobody calls `advance`.
      schedule: "constant"; or the probability grows linearly from 0 with the training's "epochs" or "steps".
    """

    def __init__(self, probability: float, schedule: str = "constant") -> None:
        super().__init__()
        if schedule not in ("constant", "epochs", "steps"):
            raise ValueError(f"a drop path is constant or grows with epochs or steps, not {schedule!r}")
        self.final_probability = probability
        self.schedule = schedule
        self.probability = probability

    def advance(self, epochs_done: float, steps_done: float) -> None:
        """Shares of the whole training that are over, each from 0 to 1; to be called before each step."""
        if self.schedule != "constant":
            share = epochs_done if self.schedule == "epochs" else steps_done
            self.probability = self.final_probability * share

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.probability == 0.0:
            return x
        keep = 1.0 - self.probability
        mask = torch.rand((x.shape[0], *(1,) * (x.ndim - 1)), device=x.device) < keep
        return x * mask.to(x.dtype) / keep
