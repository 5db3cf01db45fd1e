"""What a chart is made of on the server: axes, traces without points, layout, texts. The browser fills in the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from nas.core.metric import Direction

Json = dict[str, Any]

PERCENT = ".2~%"
"""Ticks of shares: with as many decimals as it takes to tell them apart, at most two."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A number that an axis shows. `direction` says what is better; None for a number that is only counted."""

    title: str
    unit: str = ""
    direction: Direction | None = None
    is_log: bool = False

    @property
    def label(self) -> str:
        """Name, unit, and the direction in which things get better: "Error (%) ↓"."""
        unit = f" ({self.unit})" if self.unit else ""
        arrow = {Direction.MAXIMISE: " ↑", Direction.MINIMISE: " ↓", None: ""}[self.direction]
        return f"{self.title}{unit}{arrow}"

    def as_plotly(self) -> Json:
        axis: Json = {"title": {"text": self.label}}
        if self.is_log:
            # With k, M, G; how dense the labels are depends on the points, so the browser says.
            axis |= {"type": "log", "tickformat": "~s"}
        return axis


@dataclass(frozen=True, slots=True)
class Figure:
    """A skeleton. `traces` are templates by role, cloned by the browser for each replica; colours are named as CSS tokens
    ("var(--data-1)"), so that one figure serves both themes. `texts` are sentences the browser fills in."""

    name: str
    title: str
    caption: str
    empty: str
    traces: Mapping[str, Json]
    layout: Json
    texts: Mapping[str, str] = field(default_factory=dict)
    settings: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        return asdict(self)
