"""The axis of something that is counted in whole steps: generations, updates."""

from __future__ import annotations

from collections.abc import Sequence

from apps.charts.figure import Axis, Json

_ALL_NAMED = 15
"""Up to so many steps, each has its number on the axis; more are labelled in larger strides, whole ones again."""


def counted_axis(title: str, first: int, last: int) -> Json:
    """From `first` to `last` with a little room; never labelled with half a step."""
    return Axis(title).as_plotly() | {"range": [first - 0.3, last + 0.3]} | whole_ticks([first, last])


def whole_ticks(values: Sequence[int]) -> Json:
    """For an axis with those values: labels at whole numbers only."""
    return {"dtick": 1} if values and max(values) - min(values) < _ALL_NAMED else {}
