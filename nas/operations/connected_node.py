"""What stands in networks whose connections are searched: nodes of one width that may do different things.

On vectors a node is ReLU, linear, batch norm; on images the node of randomly wired networks (Xie et al. 2019,
arXiv 1904.01569, section 3.1).
"""

from __future__ import annotations

from typing import Literal, get_args

from nas.blueprint.draft import Draft, Value
from nas.operations.convolutions import activation, batch_norm
from nas.operations.primitives.linear import Linear
from nas.operations.primitives.shaping import Flatten
from nas.operations.wired_node import NodeOperation, node_transform, wired_stem

Substrate = Literal["vector", "image"]
VectorOperation = Literal["linear", "linear_half", "linear_double"]

OPERATIONS: dict[Substrate, tuple[str, ...]] = {"vector": get_args(VectorOperation), "image": get_args(NodeOperation)}
"""What a node can do, by substrate; the first is what it does unless said otherwise."""

_INNER_WIDTH = {"linear_half": 0.5, "linear_double": 2.0}


def inner_width(operation: str, width: int) -> int:
    """Units between the two linear maps of a node; 0 where a single one does all."""
    return max(1, int(_INNER_WIDTH[operation] * width)) if operation in _INNER_WIDTH else 0


def connected_node(draft: Draft, x: Value, width: int, stride: int, operation: str) -> Value:
    """ReLU, operation, batch norm. Two linear maps have nothing in between, as the two of a separable convolution."""
    if operation not in OPERATIONS["vector"]:
        return node_transform(draft, x, width, stride, operation)  # type: ignore[arg-type]  # one of its names
    x = activation(draft, x)
    if inner := inner_width(operation, width):
        x = draft.apply(Linear(inner, bias=False), x)
    return batch_norm(draft, draft.apply(Linear(width, bias=False), x))


def connected_stem(draft: Draft, x: Value, substrate: Substrate, width: int) -> Value:
    """Vector: flatten, linear, batch norm. Image: 3×3 convolution to half the channels, batch norm."""
    if substrate == "vector" and len(x.shape) > 1:
        x = draft.apply(Flatten(), x)
    return wired_stem(draft, x, "plain", width)
