"""Pooling over windows; keeps the channels."""

from __future__ import annotations

from typing import Literal

from nas.blueprint.draft import Draft, Value
from nas.operations.primitives.pooling import Pool
from nas.operations.primitives.shaping import EdgePad


def pool(draft: Draft, x: Value, kind: Literal["max", "avg"], kernel: int = 3, stride: int = 1) -> Value:
    """ "Same" padding: (C, H, W) → (C, ceil(H / stride), ceil(W / stride)); averages leave the border's padding out."""
    return draft.apply(Pool(kind, (kernel, kernel), (stride, stride), (kernel // 2, kernel // 2)), x)


def avg_pool_2x2(draft: Draft, x: Value) -> Value:
    """2×2 average, stride 2. An odd side rounds up, as a stride-2 convolution with "same" padding does."""
    return draft.apply(Pool("avg", (2, 2), (2, 2), rounds_up=True), x)


def max_pool_2x2(draft: Draft, x: Value, stride: int = 2) -> Value:
    """2×2 maximum, stride 2 or 1. An odd side rounds up.

    With stride 1 each place is joined with its neighbours right and below; a repeated edge changes no maximum.
    """
    if stride == 1:
        return draft.apply(Pool("max", (2, 2)), draft.apply(EdgePad(bottom=1, right=1), x))
    return draft.apply(Pool("max", (2, 2), (2, 2), rounds_up=True), x)
