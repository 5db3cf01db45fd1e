"""The examples as tensors: on the device when they fit, else on the CPU and moved batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nas.core.problem import Split

_SHARE_OF_FREE_MEMORY = 0.4


@dataclass(frozen=True, slots=True)
class Examples:
    """`inputs` (n, C, H, W) float32, `targets` (n,) int64, both where `place` put them; `device` is where batches go."""

    inputs: Tensor
    targets: Tensor
    device: torch.device

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The examples at `indices` (CPU, int64), on the device."""
        indices = indices.to(self.inputs.device)
        inputs, targets = self.inputs[indices], self.targets[indices]
        if self.device.type == "cuda":
            # Convolutions in half precision run on tensor cores in this layout only.
            inputs = inputs.to(self.device, memory_format=torch.channels_last, non_blocking=True)
            targets = targets.to(self.device, non_blocking=True)
        return inputs, targets


def place(split: Split, device: torch.device) -> Examples:
    """One part of the data, moved to `device` once if it takes less than two fifths of the free memory there."""
    inputs, targets = torch.from_numpy(split.inputs), torch.from_numpy(split.targets)
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        if inputs.nbytes < _SHARE_OF_FREE_MEMORY * free:
            inputs, targets = inputs.to(device), targets.to(device)
    return Examples(inputs, targets, device)


def batches_per_epoch(num_examples: int, batch_size: int) -> int:
    """A last batch of a single example is joined to its predecessor: batch norm cannot work on one value per channel."""
    full, rest = divmod(num_examples, batch_size)
    return max(1, full + (rest > 1))


def batch_bounds(batch: int, num_examples: int, batch_size: int) -> tuple[int, int]:
    """Where batch number `batch` begins and ends in the epoch's order."""
    is_last = batch == batches_per_epoch(num_examples, batch_size) - 1
    return batch * batch_size, num_examples if is_last else (batch + 1) * batch_size
