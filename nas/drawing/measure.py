"""How large texts and boxes are, in pixels, without a font at hand: estimates that leave a little air."""

from __future__ import annotations

from nas.core.graph import Node, Shape

FONT_SIZE = 13.0
SMALL_SIZE = 11.0
COMPACT_NODE = 10.0
PILL_HEIGHT = 22.0


def text_width(text: str, font_size: float) -> float:
    """Wide for ideographs, narrow for Latin letters of a usual sans serif."""
    return sum(1.0 if ord(letter) > 0x2E80 else 0.56 for letter in text) * font_size


def shape_text(shape: Shape | None) -> str:
    """(16, 32, 32) as "16×32×32"; empty for no shape."""
    return "×".join(str(side) for side in shape) if shape else ""


def node_size(node: Node, *, compact: bool) -> tuple[float, float]:
    """(width, height) of the box: a line for the label, a second one for the shape."""
    if compact:
        return COMPACT_NODE, COMPACT_NODE
    detail = shape_text(node.shape)
    width = max(text_width(node.label, FONT_SIZE), text_width(detail, SMALL_SIZE)) + 22
    return max(width, 36.0), 46.0 if detail else 34.0


def pill_size(label: str) -> tuple[float, float]:
    """(width, height) of the label that sits on an edge."""
    return text_width(label, SMALL_SIZE) + 18, PILL_HEIGHT
