"""The alphas of a relaxed search: one number per option of each row, what they weigh the options with, and their own Adam."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor

from nas.supernets.darts_recipe import DartsRecipe
from nas.training.checkpoint import prefixed, with_prefix
from nas.training.optimizer import AdamSettings, Optimizer

_INITIAL_SPREAD = 1e-3


class Alphas:
    """A matrix as wide as the longest row, `values` (rows, options); nothing here loops over rows."""

    def __init__(self, sizes: Sequence[int], config: DartsRecipe, generator: Generator, device: torch.device) -> None:
        """`sizes`: options of each row."""
        self.sizes = tuple(sizes)
        self._is_softmax = config.relaxation == "softmax"
        width = max(self.sizes)
        drawn = torch.randn(len(self.sizes), width, generator=generator) * _INITIAL_SPREAD
        # Sigmoids begin even (Chu et al. 2020, arXiv 1911.12126).
        self.values = torch.nn.Parameter((drawn if self._is_softmax else torch.zeros_like(drawn)).to(device))
        exists = torch.arange(width).expand_as(drawn) < torch.tensor(self.sizes)[:, None]
        self._absent = ~exists.to(device)
        self._optimizer = Optimizer(
            [self.values],
            AdamSettings(config.alpha_rate, config.alpha_weight_decay),
            betas=(config.alpha_beta1, config.alpha_beta2),
        )

    def weights(self) -> tuple[Tensor, ...]:
        """Of the options, per row (options of that row,), with a graph: the softmax over the row, or each one's sigmoid."""
        masked = self.values.masked_fill(self._absent, -torch.inf)
        shares = masked.softmax(dim=1) if self._is_softmax else masked.sigmoid()
        return tuple(row[:size] for row, size in zip(shares.unbind(), self.sizes, strict=True))

    def as_lists(self) -> list[list[float]]:
        """The weights of each row."""
        return [row.tolist() for row in self.weights()]

    def update(self, gradient: Tensor) -> None:
        """One step of Adam; `gradient` as `values`."""
        self.values.grad = gradient
        self._optimizer.step()
        self.values.grad = None

    def tensors(self) -> dict[str, Tensor]:
        """The state, for a checkpoint."""
        return {"values": self.values.detach()} | prefixed("adam", self._optimizer.tensors())

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """The reverse of `tensors`."""
        with torch.no_grad():
            self.values.copy_(tensors["values"])
        self._optimizer.load_tensors(with_prefix("adam", tensors))
