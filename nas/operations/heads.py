"""Ends of networks: a map becomes logits."""

from __future__ import annotations

from nas.blueprint.draft import Draft, Value
from nas.operations.convolutions import activation, batch_norm
from nas.operations.primitives.dropping import Dropout
from nas.operations.primitives.linear import Linear
from nas.operations.primitives.pooling import GlobalMean
from nas.operations.primitives.shaping import Flatten


def mean_linear_head(draft: Draft, x: Value, num_classes: int, *, dropout: float = 0.0, bias: bool = True) -> Value:
    """Mean over all places, dropout if any, linear: (C, H, W) → (num_classes,)."""
    x = draft.apply(Flatten(), draft.apply(GlobalMean(), x))
    if dropout:
        x = draft.apply(Dropout(dropout), x)
    return draft.apply(Linear(num_classes, bias=bias), x)


def bn_relu_head(draft: Draft, x: Value, num_classes: int) -> Value:
    """Batch norm, ReLU, then mean and linear: the end of NAS-Bench-201."""
    return mean_linear_head(draft, activation(draft, batch_norm(draft, x)), num_classes)
