"""Colours of families of operations, as CSS custom properties with a default that reads on light and dark ground.

A page overrides them by setting `--op-<family>` (fill), `--op-<family>-line` (edge) and `--graph-…` where it wishes.
"""

from __future__ import annotations

from nas.operations.catalogue import OPERATIONS

# family → (fill, line); the fills carry dark text, the lines keep 3:1 on white and on near-black
COLOURS = {
    "conv3": ("#aecbfa", "#4285f4"),
    "conv1": ("#a7e3dc", "#1f9c90"),
    "pool": ("#fbd68f", "#c98700"),
    "skip": ("#d5dbe5", "#7a879b"),
    "none": ("#eef0f4", "#8d98a8"),
    "input": ("#e4e8ef", "#7a879b"),
    "output": ("#e4e8ef", "#7a879b"),
    "add": ("#ffffff", "#7a879b"),
    "stem": ("#dccbf7", "#8b5cf6"),
    "reduction": ("#f9c9bd", "#dd6b4d"),
    "cell": ("#c9ead0", "#3d9a56"),
    "head": ("#dccbf7", "#8b5cf6"),
    "other": ("#e4e8ef", "#7a879b"),
}

INK = "var(--graph-ink,#1b2433)"  # on fills
MUTED = "var(--graph-muted,#6b7688)"  # titles of frames, on the page's ground
WIRE = "var(--graph-wire,#8390a5)"  # edges without an operation
FRAME = "var(--graph-frame,#8390a5)"


def family_of(operation: str) -> str:
    """The family whose colour an operation, or a kind of node, has."""
    if operation in OPERATIONS:
        return OPERATIONS[operation].family
    return operation if operation in COLOURS else "other"


def fill(family: str) -> str:
    return f"var(--op-{family},{COLOURS[family][0]})"


def line(family: str) -> str:
    return f"var(--op-{family}-line,{COLOURS[family][1]})"
