"""Connections without weights: each builder beside its cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.core.graph import Shape
from nas.operations.count import NOTHING, Count

if TYPE_CHECKING:
    from torch import nn


def skip_connect() -> nn.Module:
    from torch import nn

    return nn.Identity()


def skip_connect_cost(shape: Shape) -> tuple[Shape, Count]:
    return shape, NOTHING


def none() -> nn.Module:
    """No connection: zeros in the shape of the input."""
    from nas.modules.zero import Zero

    return Zero()


def none_cost(shape: Shape) -> tuple[Shape, Count]:
    return shape, NOTHING
