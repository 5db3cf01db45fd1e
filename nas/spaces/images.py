"""What spaces of image networks ask of their input."""

from __future__ import annotations

from nas.core.errors import InvalidGenotype
from nas.core.graph import Shape


def require_image(input_shape: Shape) -> Shape:
    """(C, H, W) as a tuple. Raises InvalidGenotype for anything else."""
    shape = tuple(input_shape)
    if len(shape) != 3 or min(shape) < 1:
        raise InvalidGenotype.at("", f"this space reads images (channels, height, width), not inputs of shape {shape}")
    return shape
