"""How large a data set may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Checked before memory is taken, so that a file cannot claim more than this.

    Attributes:
      file_bytes: size of one file as it was uploaded.
      unpacked_bytes: size of everything after decompression.
      examples: images in all parts together.
      elements: pixel values in all parts together (images × height × width × channels).
      min_side, max_side: height and width of an image, in pixels.
      channels: values per pixel.
      classes: how many there may be.
    """

    file_bytes: int = 300_000_000
    unpacked_bytes: int = 1_000_000_000
    examples: int = 2_000_000
    elements: int = 200_000_000  # CIFAR has 184,320,000
    min_side: int = 4
    max_side: int = 4096
    channels: int = 4
    classes: int = 1000


def size_text(num_bytes: int) -> str:
    """300000000 → "300 MB"."""
    value, unit = float(num_bytes), "B"
    for bigger in ("kB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, bigger
    return f"{value:.3g} {unit}"
