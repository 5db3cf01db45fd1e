"""The axis of something that is counted in whole steps: generations, updates."""

from __future__ import annotations

from apps.charts.figure import Axis, Json

_ALL_NAMED = 15
"""Up to so many steps, each has its number on the axis; more are labelled in larger strides, whole ones again."""


def counted_axis(title: str, first: int, last: int) -> Json:
    """From `first` to `last` with a little room; never labelled with half a step."""
    axis = Axis(title).as_plotly() | {"range": [first - 0.3, last + 0.3]}
    return axis | ({"dtick": 1} if last - first < _ALL_NAMED else {})
