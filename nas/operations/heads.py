"""Ends of networks: a map becomes logits."""

from __future__ import annotations

from nas.blueprint.draft import Draft, Value
from nas.operations.convolutions import activation, batch_norm, conv_bn
from nas.operations.primitives.convolution import Conv
from nas.operations.primitives.dropping import Dropout
from nas.operations.primitives.linear import Linear
from nas.operations.primitives.pooling import GlobalMean, Pool
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


AUXILIARY_SIDE = 5
"""The smallest map an auxiliary head can look at."""


def auxiliary_head(draft: Draft, x: Value, num_classes: int, *, bias: bool = True) -> Value:
    """ReLU, 5×5 mean with stride 3, 1×1 to 128, one convolution over all that remains to 768, linear.

    The head of NASNet's published code (Zoph et al. 2018, arXiv 1707.07012), taken over by ENAS, PNAS, AmoebaNet and DARTS.
    Raises ValueError below 5×5.
    """
    x = draft.apply(Pool("avg", (AUXILIARY_SIDE, AUXILIARY_SIDE), (3, 3)), activation(draft, x))
    x = activation(draft, conv_bn(draft, x, 128, 1))
    x = batch_norm(draft, draft.apply(Conv(768, (x.shape[1], x.shape[2])), x))
    return draft.apply(Linear(num_classes, bias=bias), draft.apply(Flatten(), activation(draft, x)))
