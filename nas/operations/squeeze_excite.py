"""Squeeze-and-excitation: channels weighed by what the whole map shows (Hu et al. 2018, arXiv 1709.01507)."""

from __future__ import annotations

from nas.blueprint.draft import Draft, Value
from nas.operations.convolutions import activation, conv
from nas.operations.primitives.activation import Function
from nas.operations.primitives.merging import Multiply
from nas.operations.primitives.pooling import GlobalMean


def squeeze_excite(
    draft: Draft, x: Value, squeezed: int, *, function: Function = "relu", gate: Function = "sigmoid"
) -> Value:
    """Mean → 1×1 to `squeezed` channels → `function` → 1×1 back → `gate` → scale. 1×1 convolutions have biases."""
    with draft.group("se", "Squeeze and excite"):
        weights = draft.apply(GlobalMean(), x)
        weights = activation(draft, conv(draft, weights, squeezed, 1, bias=True), function)
        weights = activation(draft, conv(draft, weights, x.channels, 1, bias=True), gate)
        return draft.apply(Multiply(), x, weights)
