"""Histograms as plain data, with the positions at which a template draws their bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NUM_BINS = 24
WIDTH, HEIGHT = 240, 72
"""Of the drawing area, in the units of the SVG's view box."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin: values in [low, high), how many, and where its rectangle lies."""

    low: float
    high: float
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A limit drawn across the histogram; `x` is None when it lies outside."""

    limit: float
    x: float | None


@dataclass(frozen=True, slots=True)
class Histogram:
    metric: str
    title: str
    unit: str
    is_log: bool
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    minimum: float
    median: float
    maximum: float

    @property
    def is_constant(self) -> bool:
        return len(self.bars) == 1


def histogram(
    values: npt.NDArray[np.float64],
    *,
    metric: str,
    title: str,
    unit: str = "",
    is_log: bool = False,
    limits: Sequence[float] = (),
) -> Histogram:
    """Counts of `values` (n,), n ≥ 1, in bins of equal width on a linear or logarithmic axis.

    A logarithmic axis needs positive values; with others the axis is linear. Equal values give one bar in the
    middle, as narrow as one of many: a full width would look like an even spread.
    """
    low, high = float(values.min()), float(values.max())
    is_log = is_log and low > 0
    scaled = np.log10(values) if is_log else values
    first, last = float(scaled.min()), float(scaled.max())
    if last - first < 1e-12 * max(1.0, abs(last)):
        first, last, num_bins = first - 0.5, last + 0.5, 1
    else:
        num_bins = NUM_BINS
    counts, edges = np.histogram(scaled, bins=num_bins, range=(first, last))
    raw = 10**edges if is_log else edges
    step = WIDTH / NUM_BINS
    start = (WIDTH - step * num_bins) / 2
    tallest = int(counts.max())
    bars = tuple(
        Bar(
            low=float(raw[i]),
            high=float(raw[i + 1]),
            count=int(count),
            x=round(start + i * step, 2),
            y=round(HEIGHT - HEIGHT * int(count) / tallest, 2),
            width=round(max(step - 1, 1), 2),
            height=round(HEIGHT * int(count) / tallest, 2),
        )
        for i, count in enumerate(counts)
    )
    return Histogram(
        metric=metric,
        title=title,
        unit=unit,
        is_log=is_log,
        bars=bars,
        marks=tuple(Mark(limit, _position(limit, first, last, is_log=is_log)) for limit in limits),
        minimum=low,
        median=float(np.median(values)),
        maximum=high,
    )


def _position(value: float, first: float, last: float, *, is_log: bool) -> float | None:
    if is_log:
        if value <= 0:
            return None
        value = float(np.log10(value))
    share = (value - first) / (last - first)
    return round(share * WIDTH, 2) if 0 <= share <= 1 else None
