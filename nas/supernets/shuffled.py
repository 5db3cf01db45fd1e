"""Batches without an end, in a new random order each time round; where it stands can be stored and taken up again."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor

from nas.training.data import batch_bounds, batches_per_epoch


class Shuffled:
    """Draws indices of `chosen` (n,), `batch_size` at a time; `generator` belongs to it alone."""

    def __init__(self, chosen: Tensor, batch_size: int, generator: Generator) -> None:
        self._chosen = chosen
        self._batch_size = batch_size
        self._generator = generator
        self._order_state = generator.get_state()
        self._order: Tensor | None = None
        self._batch = 0

    @property
    def batches_per_round(self) -> int:
        return batches_per_epoch(len(self._chosen), self._batch_size)

    def next(self) -> Tensor:
        """Indices of the next batch, (b,) int64 on the CPU."""
        if self._order is not None and self._batch == self.batches_per_round:
            self._order, self._batch, self._order_state = None, 0, self._generator.get_state()
        if self._order is None:
            self._order = self._chosen[torch.randperm(len(self._chosen), generator=self._generator)]
        bounds = batch_bounds(self._batch, len(self._chosen), self._batch_size)
        self._batch += 1
        return self._order[slice(*bounds)]

    def tensors(self) -> dict[str, Tensor]:
        """Where it stands: the generator as it was before the present order was drawn, and the batches taken of that."""
        return {"order": self._order_state, "batch": torch.tensor(self._batch)}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on as the one that gave `tensors`."""
        self._order_state = tensors["order"]
        self._generator.set_state(self._order_state)
        self._order = self._chosen[torch.randperm(len(self._chosen), generator=self._generator)]
        self._batch = int(tensors["batch"])
