"""How large texts and boxes are, in pixels, without a font at hand: estimates that leave a little air."""

from __future__ import annotations

from nas.core.graph import Node, Shape
from nas.drawing.collapse import GROUP

FONT_SIZE = 13.0
SMALL_SIZE = 11.0
COMPACT_NODE = 10.0
PILL_HEIGHT = 22.0
LINE_HEIGHT = 14.0
BOX_HEIGHTS = (34.0, 46.0, 60.0)
"""With no, one, two small lines below the label."""


def text_width(text: str, font_size: float) -> float:
    """Wide for ideographs, narrow for Latin letters of a usual sans serif."""
    return sum(1.0 if ord(letter) > 0x2E80 else 0.56 for letter in text) * font_size


def shape_text(shape: Shape | None) -> str:
    """(16, 32, 32) as "16×32×32"; empty for no shape."""
    return "×".join(str(side) for side in shape) if shape else ""


def quantity_text(count: int) -> str:
    """As people write it: 950, 28.2 k, 1.3 M, 12 G; beyond 10^18 the power of ten."""
    if count < 1000:
        return str(count)
    for power, unit in enumerate(("k", "M", "G", "T", "P"), start=1):
        value = round(count / 1000**power, 1 if count < 99.95 * 1000**power else None)
        if value < 1000:
            return f"{value:g} {unit}"
    return f"10^{len(str(count)) - 1}"


def cost_text(node: Node) -> str:
    """Parameters and MACs in a few letters; empty where there are none."""
    if node.params and node.macs:
        return f"{quantity_text(node.params)} · {quantity_text(node.macs)} MACs"
    if node.params:
        return f"{quantity_text(node.params)} params"
    return f"{quantity_text(node.macs)} MACs" if node.macs else ""


def node_lines(node: Node) -> list[str]:
    """What a box says below its label: shape, costs."""
    return [line for line in (shape_text(node.shape), cost_text(node)) if line]


def node_size(node: Node, *, compact: bool) -> tuple[float, float]:
    """(width, height) of the box: a line for the label, smaller ones below it."""
    if compact:
        return COMPACT_NODE, COMPACT_NODE
    lines = node_lines(node)
    width = max(text_width(node.label, FONT_SIZE), *(text_width(line, SMALL_SIZE) for line in lines), 14.0) + 22
    sign = 18.0 if node.operation == GROUP else 0.0  # room for the plus of a closed group
    return width + sign, BOX_HEIGHTS[len(lines)]


def pill_size(label: str) -> tuple[float, float]:
    """(width, height) of the label that sits on an edge."""
    return text_width(label, SMALL_SIZE) + 18, PILL_HEIGHT
