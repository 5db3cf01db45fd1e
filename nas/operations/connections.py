"""Connections without weights."""

from __future__ import annotations

from nas.blueprint.draft import Draft, Value
from nas.operations.primitives.shaping import Identity, Zero


def identity(draft: Draft, x: Value) -> Value:
    return draft.apply(Identity(), x)


def zero(draft: Draft, x: Value, stride: int = 1) -> Value:
    """No connection: zeros in the shape of the input, or of every `stride`-th place of it."""
    return draft.apply(Zero(stride), x)
