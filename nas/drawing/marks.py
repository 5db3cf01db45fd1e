"""Marks on nodes and edges of a picture that say what differs from another one: colour, dash, badge and word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from nas.drawing.layout import Box
from nas.drawing.palette import GROUND

Difference = Literal["same", "changed", "added", "removed"]

# difference → (colour, width, dashes, sign on the badge)
_LOOKS: dict[Difference, tuple[str, float, str, str]] = {
    "changed": ("var(--diff-changed,#a35f00)", 2.6, "", "≠"),
    "added": ("var(--diff-added,#0a7a57)", 2.6, "", "+"),
    "removed": ("var(--diff-removed,#c0362c)", 2.4, "5 4", "−"),
}


@dataclass(frozen=True, slots=True)
class Marks:
    """Differences by node id and by number of the edge; what is not named is the same. `words` stand in tooltips."""

    nodes: Mapping[str, Difference] = field(default_factory=dict)
    edges: Mapping[int, Difference] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def of_node(self, node: str) -> Difference:
        return self.nodes.get(node, "same")

    def of_edge(self, number: int) -> Difference:
        return self.edges.get(number, "same")


def stroke(difference: Difference) -> str:
    """CSS that follows, and so outdoes, the usual stroke; empty for what is the same."""
    if difference == "same":
        return ""
    colour, width, dashes, _ = _LOOKS[difference]
    return f";stroke:{colour};stroke-width:{width:g}" + (f";stroke-dasharray:{dashes}" if dashes else "")


def colour(difference: Difference) -> str | None:
    return None if difference == "same" else _LOOKS[difference][0]


def badge(difference: Difference, x: float, y: float) -> str:
    """A small disc with the sign of the difference around (x, y); nothing for what is the same."""
    if difference == "same":
        return ""
    tint, _, _, sign = _LOOKS[difference]
    return (
        f'<g class="graph-badge"><circle cx="{x:g}" cy="{y:g}" r="8" style="fill:{tint};stroke:{GROUND}"/>'
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle" dominant-baseline="central" '
        f'style="fill:{GROUND};font-size:12px;font-weight:700">{escape(sign)}</text></g>'
    )


def badge_on(box: Box, difference: Difference) -> str:
    """On the corner where no sign of a closed group stands."""
    return badge(difference, box.x + 2, box.y + 1)
