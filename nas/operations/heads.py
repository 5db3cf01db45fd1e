"""Ends of networks: builder beside cost. Shapes are (C, H, W)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.core.graph import Shape
from nas.operations.convolutions import batch_norm_cost
from nas.operations.count import Count

if TYPE_CHECKING:
    from torch import nn


def classifier_head(c_in: int, num_classes: int) -> nn.Module:
    """Batch norm, ReLU, mean over all places, linear: (N, C, H, W) → (N, num_classes) logits."""
    from torch import nn

    return nn.Sequential(
        nn.BatchNorm2d(c_in),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(c_in, num_classes),
    )


def classifier_head_cost(shape: Shape, num_classes: int) -> tuple[Shape, Count]:
    """The global mean is no windowed pool: it adds no activations."""
    weights = shape[0] * num_classes
    linear = Count(
        params=weights + num_classes, macs=weights + num_classes, bias_adds=num_classes, activations=num_classes
    )
    return (num_classes,), batch_norm_cost(shape) + linear
