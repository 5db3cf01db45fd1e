"""Curves of all arms over the budget as one SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from tests.bench.search.arms import RANDOM
from tests.bench.search.race import Course
from tests.bench.search.summary import at_cost

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 460, 64, 190, 16, 48
COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0")
NUM_POINTS = 120


def as_svg(courses: Mapping[str, Sequence[Course]], *, budget: float, unit: str, best: float | None) -> str:
    """Mean over seeds; regret on a logarithmic axis where the best is known, else accuracy."""
    spent = np.linspace(budget / NUM_POINTS, budget, NUM_POINTS)
    curves = {}
    for arm, of_arm in courses.items():
        means = np.array([100 * float(np.mean(at_cost(of_arm, cost))) for cost in spent])
        started = np.array([bool(np.all(at_cost(of_arm, cost) > 0)) for cost in spent])
        curves[arm] = (np.log10(np.maximum(100 * best - means, 0.01)) if best is not None else means, started)
    shown = np.concatenate([means[started] for means, started in curves.values()])
    low, high = _limits(shown, is_log=best is not None)

    def place(cost: float, value: float) -> str:
        x = LEFT + (WIDTH - LEFT - RIGHT) * cost / budget
        y = TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)
        return f"{x:.1f},{y:.1f}"

    what = "mean validation regret (percentage points)" if best is not None else "mean best validation accuracy (%)"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for value, text in _ticks(low, high, is_log=best is not None):
        x, y = place(0, value).split(",")
        end = place(budget, value).split(",")[0]
        parts.append(f'<line x1="{x}" y1="{y}" x2="{end}" y2="{y}" stroke="#e3e6ea"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{float(y) + 4}" text-anchor="end" fill="#50565e">{text}</text>')
    for share in range(5):
        x, y = place(budget * share / 4, low).split(",")
        parts.append(
            f'<text x="{x}" y="{float(y) + 18}" text-anchor="middle" fill="#50565e">{budget * share / 4:g}</text>'
        )
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle" fill="#50565e">budget: {escape(unit)}</text>'
    )
    parts.append(
        f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle" fill="#50565e">{what}</text>'
    )
    final = sorted(curves, key=lambda arm: float(curves[arm][0][-1]), reverse=best is None)
    for number, arm in enumerate(final):
        means, started = curves[arm]
        colour = "#1b1f24" if arm == RANDOM else COLOURS[number % len(COLOURS)]
        dash = (
            ' stroke-dasharray="6 4"' if arm == RANDOM else ' stroke-dasharray="2 3"' if number >= len(COLOURS) else ""
        )
        points = " ".join(place(cost, value) for cost, value, on in zip(spent, means, started, strict=True) if on)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        row = TOP + 12 + 18 * number
        parts.append(
            f'<line x1="{WIDTH - RIGHT + 12}" y1="{row}" x2="{WIDTH - RIGHT + 36}" y2="{row}" stroke="{colour}" stroke-width="2.4"{dash}/>'
            f'<text x="{WIDTH - RIGHT + 42}" y="{row + 4}" fill="#1b1f24">{escape(arm)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _limits(values: np.ndarray, *, is_log: bool) -> tuple[float, float]:
    low, high = float(np.min(values)), float(np.max(values))
    if is_log:
        return math.floor(low * 2) / 2, math.ceil(high * 2) / 2
    return math.floor(max(low, high - 20)), math.ceil(high)


def _ticks(low: float, high: float, *, is_log: bool) -> list[tuple[float, str]]:
    if is_log:
        values = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]
        return [(math.log10(value), f"{value:g}") for value in values if low <= math.log10(value) <= high]
    step = max(1, round((high - low) / 6))
    return [(value, f"{value:g}") for value in range(int(low), int(high) + 1, step)]
