"""What an operation costs at its place, where a formula says it without writing the operation out."""

from __future__ import annotations

from typing import NamedTuple


class Price(NamedTuple):
    """As in `nas.core.count.Count`; `peak`: elements alive at the peak, the input included."""

    params: int
    macs: int
    bias_adds: int
    activations: int
    buffers: int
    peak: int
