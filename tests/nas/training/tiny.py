"""A small network and easy data: 70 images, three classes; trains in a fraction of a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from nas.core.problem import Split
from nas.training.data import Examples, place
from nas.training.environment import reproducible
from nas.training.loop import Hooks, Outcome, Trainer
from nas.training.recipe import Recipe

CPU = torch.device("cpu")


def tiny_network(*, dropout: float = 0.3) -> nn.Module:
    """Batch norm (running statistics) and dropout (the default generator): what a careless checkpoint would lose."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Conv2d(6, 8, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 3),
    )


def tiny_split(num: int = 70, *, seed: int = 0) -> Split:
    """Bars at three places, with noise."""
    rng = np.random.default_rng(seed)
    targets = (np.arange(num) % 3).astype(np.int64)
    inputs = rng.normal(0, 0.5, (num, 1, 8, 8)).astype(np.float32)
    for which, label in enumerate(targets):
        if label == 0:
            inputs[which, :, 1] += 2
        elif label == 1:
            inputs[which, :, :, 5] += 2
    return Split(inputs, targets)


def examples(num: int = 70) -> Examples:
    return place(tiny_split(num), CPU)


def recipe(**changed: Any) -> Recipe:
    """Everything switched on that draws random numbers."""
    return Recipe(**{"batch_size": 16, "crop_padding": 1, "horizontal_flip": True, "cutout": 2, "epochs": 3} | changed)


def train_tiny(
    *,
    how: Recipe | None = None,
    epochs: int = 3,
    seed: int = 5,
    checkpoint: bytes | None = None,
    hooks: Hooks | None = None,
    make: Callable[[], nn.Module] = tiny_network,
    num: int = 70,
) -> tuple[Outcome, dict[str, torch.Tensor]]:
    """Outcome and final weights."""
    with reproducible(CPU, seed):
        network = make()
        trainer = Trainer(
            network,
            examples(num),
            place(tiny_split(40, seed=1), CPU),
            how or recipe(),
            epochs,
            seed,
            CPU,
            hooks or Hooks(),
        )
        if checkpoint is not None:
            trainer.restore(checkpoint)
        outcome = trainer.run()
        return outcome, network.state_dict()


def same_bits(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(
        first[name].numpy().tobytes() == second[name].numpy().tobytes() for name in first
    )
