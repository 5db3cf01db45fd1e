"""What stands in and around randomly wired networks (Xie et al. 2019, arXiv 1904.01569, sections 3.1 and 3.3).

On images (C, H, W) all is convolutions; on vectors (C,) linear layers take their place and strides have no meaning.
"""

from __future__ import annotations

from typing import Literal

from nas.blueprint.draft import Draft, Value
from nas.operations.convolutions import activation, batch_norm, conv_bn, relu_conv_bn, relu_separable_bn
from nas.operations.heads import mean_linear_head
from nas.operations.pooling import pool
from nas.operations.primitives.dropping import Dropout
from nas.operations.primitives.linear import Linear

NodeOperation = Literal["sep_conv_3x3", "conv_3x3", "max_pool_3x3", "avg_pool_3x3"]
WiredStem = Literal["plain", "stride2", "stride2_twice"]


def node_transform(draft: Draft, x: Value, c_out: int, stride: int, operation: NodeOperation) -> Value:
    """ReLU, operation, batch norm; a pool is followed by a 1×1 convolution."""
    if len(x.shape) == 1:
        return _linear_bn(draft, activation(draft, x), c_out)
    if operation == "sep_conv_3x3":
        return relu_separable_bn(draft, x, c_out, 3, stride)
    if operation == "conv_3x3":
        return relu_conv_bn(draft, x, c_out, 3, stride)
    x = pool(draft, activation(draft, x), "max" if operation == "max_pool_3x3" else "avg", 3, stride)
    return conv_bn(draft, x, c_out, 1)


def wired_stem(draft: Draft, x: Value, kind: WiredStem, channels: int) -> Value:
    """3×3 convolution to half the channels, batch norm; `stride2_twice`: then ReLU, a second one to all, batch norm."""
    if len(x.shape) == 1:
        return _linear_bn(draft, x, channels)
    x = conv_bn(draft, x, channels // 2, 3, 1 if kind == "plain" else 2)
    return relu_conv_bn(draft, x, channels, 3, 2) if kind == "stride2_twice" else x


def wired_head(draft: Draft, x: Value, num_classes: int, width: int, dropout: float) -> Value:
    """ReLU, 1×1 convolution to `width` (none for 0), batch norm, ReLU, mean, dropout, linear."""
    x = activation(draft, x)
    if len(x.shape) == 1:
        if width:
            x = activation(draft, _linear_bn(draft, x, width))
        if dropout:
            x = draft.apply(Dropout(dropout), x)
        return draft.apply(Linear(num_classes), x)
    if width:
        x = activation(draft, conv_bn(draft, x, width, 1))
    return mean_linear_head(draft, x, num_classes, dropout=dropout)


def _linear_bn(draft: Draft, x: Value, c_out: int) -> Value:
    return batch_norm(draft, draft.apply(Linear(c_out, bias=False), x))
