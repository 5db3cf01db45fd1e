"""The line of an edge: a smooth way through points, and its head."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nas.drawing.frame import Direction
from nas.drawing.layout import Box

HEAD_LENGTH = 6.0
HEAD_WIDTH = 3.6

Point = tuple[float, float]


def curve(points: Sequence[Point], direction: Direction = "right", gap: Box | None = None) -> str:
    """An SVG path through all points, at each along `direction`, straight where nothing bends; nothing behind the pill `gap`."""
    x, y = points[0]
    path = [f"M{x:g} {y:g}"]
    is_right = direction == "right"
    for (x0, y0), (x1, y1) in pairwise(points):
        if gap is not None and (x0 == gap.x if is_right else y0 == gap.y):
            path.append(f"M{x1:g} {y1:g}")
        elif abs(y0 - y1) < 0.05 if is_right else abs(x0 - x1) < 0.05:
            path.append(f"H{x1:g}" if is_right else f"V{y1:g}")
        elif is_right:
            bend = round((x0 + x1) / 2, 1)
            path.append(f"C{bend:g} {y0:g} {bend:g} {y1:g} {x1:g} {y1:g}")
        else:
            bend = round((y0 + y1) / 2, 1)
            path.append(f"C{x0:g} {bend:g} {x1:g} {bend:g} {x1:g} {y1:g}")
    return "".join(path)


def shortened(points: Sequence[Point], direction: Direction) -> list[Point]:
    """Without the last few pixels, which the head covers."""
    *before, (x, y) = points
    back = HEAD_LENGTH - 1
    return [*before, (x - back, y) if direction == "right" else (x, y - back)]


def head(tip: Point, direction: Direction) -> str:
    """An SVG path of the arrow head that ends in `tip`."""
    (x, y), length, width = tip, HEAD_LENGTH + 1, HEAD_WIDTH
    if direction == "right":
        return f"M{x:g} {y:g}l{-length:g} {-width:g}v{2 * width:g}z"
    return f"M{x:g} {y:g}l{-width:g} {-length:g}h{2 * width:g}z"
