"""What the page of a table draws: its slowest pieces as bars, and predicted against measured networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from nas.hardware.latency_check import Calibration, Pair
from nas.hardware.latency_table import LatencyTable

MOST_BARS = 12
SIDE = 240
"""Of the scatter's square, in the units of its view box."""
MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Bar:
    """`percent`: of the slowest."""

    key: str
    median_ms: float
    percent: float


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    predicted_ms: float
    measured_ms: float


@dataclass(frozen=True, slots=True)
class Scatter:
    """Both axes show the same range, so that y = x is the diagonal. `line`: x1, y1, x2, y2 of the calibration, in the square."""

    points: tuple[Point, ...]
    ticks: tuple[tuple[float, float, float], ...]  # value in ms, its place from the left, and from the top
    line: tuple[float, float, float, float]
    intercept_ms: float  # not as a Calibration: a template would call it
    slope: float
    num_left_out: int


def slowest(table: LatencyTable) -> tuple[Bar, ...]:
    rows = sorted(table.rows.items(), key=lambda item: -item[1].median_ms)[:MOST_BARS]
    most = max((row.median_ms for _key, row in rows), default=0.0) or 1.0
    return tuple(Bar(key, row.median_ms, round(100 * row.median_ms / most, 2)) for key, row in rows)


def scatter(pairs: Sequence[Pair], calibration: Calibration) -> Scatter:
    """Of one pair at least; of many, every so many-th is drawn."""
    least, most = min(min(pair) for pair in pairs), max(max(pair) for pair in pairs)
    step = _nice_step((most - least) / 4)
    low, high = step * floor(least / step), step * (floor(most / step) + 1)
    num_ticks = round((high - low) / step) + 1
    every = -(-len(pairs) // MOST_POINTS)
    shown = pairs[::every]

    def place(value: float) -> float:
        return round(SIDE * (value - low) / (high - low), 2)

    return Scatter(
        points=tuple(Point(place(p), round(SIDE - place(m), 2), p, m) for p, m in shown),
        ticks=tuple((v, place(v), round(SIDE - place(v), 2)) for v in (low + step * n for n in range(num_ticks))),
        line=_clipped(calibration, low, high),
        intercept_ms=calibration.intercept_ms,
        slope=calibration.slope,
        num_left_out=len(pairs) - len(shown),
    )


def _clipped(line: Calibration, low: float, high: float) -> tuple[float, float, float, float]:
    """The part of the line inside the square; it rises (`LatencyCheck` draws no other), so it is cut at two places at most."""
    start = min(high, max(low, (low - line.intercept_ms) / line.slope))
    end = max(low, min(high, (high - line.intercept_ms) / line.slope))
    scale = SIDE / (high - low)
    x1, y1, x2, y2 = start - low, high - line(start), end - low, high - line(end)
    return (round(scale * x1, 2), round(scale * y1, 2), round(scale * x2, 2), round(scale * y2, 2))


def _nice_step(least: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if least <= 0:
        return 1.0
    power = 1e-9
    while power * 10 <= least:
        power *= 10
    return next(step for step in (power, 2 * power, 5 * power, 10 * power, 20 * power) if step >= least)
