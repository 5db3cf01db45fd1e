"""Colours of families of operations, as CSS custom properties with a default that reads on light and dark ground.

A page overrides them by setting `--op-<family>` (fill), `--op-<family>-line` (edge) and `--graph-…` where it wishes.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nas.operations.catalogue import OPERATIONS

# family → (fill, line); the fills carry dark text, the lines keep 2.8:1 on white and on near-black. Hues go by what an
# operation does (blue: convolutions, pink and violet: cheap ones, amber: pools, grey: nothing); texts tell the rest.
COLOURS = {
    "conv1": ("#a7e3dc", "#1f9c90"),
    "conv3": ("#aecbfa", "#4285f4"),
    "conv5": ("#c0c4fb", "#6f78ea"),
    "conv7": ("#cdbcf6", "#8b6fe0"),
    "separable": ("#f8c8e1", "#cf5a9d"),
    "dilated": ("#ecc5f3", "#b55fc4"),
    "depthwise": ("#b9e5fb", "#2f93c9"),
    "inverted": ("#d6e9ab", "#7a9a22"),
    "pool": ("#fbd68f", "#c98700"),
    "max_pool": ("#fcc397", "#d9731a"),
    "global_pool": ("#f9e7b0", "#a88a1c"),
    "skip": ("#d5dbe5", "#7a879b"),
    "none": ("#eef0f4", "#8d98a8"),
    "norm": ("#e9e2d2", "#97875f"),
    "activation": ("#cdebdd", "#3f9a78"),
    "attention": ("#fdf0a4", "#9c8a12"),
    "linear": ("#dccbf7", "#8b5cf6"),
    "dropout": ("#eef0f4", "#8d98a8"),
    "add": ("#ffffff", "#7a879b"),
    "concat": ("#f4f6fa", "#66758c"),
    "multiply": ("#fffbe0", "#8c8440"),
    "input": ("#e4e8ef", "#7a879b"),
    "output": ("#e4e8ef", "#7a879b"),
    "stem": ("#dccbf7", "#8b5cf6"),
    "reduction": ("#f9c9bd", "#dd6b4d"),
    "cell": ("#c9ead0", "#3d9a56"),
    "group": ("#c9ead0", "#3d9a56"),
    "head": ("#dccbf7", "#8b5cf6"),
    "other": ("#e4e8ef", "#7a879b"),
}

# beginnings of names, tried in order: an operation that is not in the catalogue has the family of its name
_BEGINNINGS = (
    (r"(.*_)?(reduc|downsample)", "reduction"),
    (r"sep(arable)?_?", "separable"),
    (r"dil(ated)?_?", "dilated"),
    (r"(dw|depthwise)", "depthwise"),
    (r"(mb|inverted|fused_mb)", "inverted"),
    (r"(max_?pool|global_max)", "max_pool"),
    (r"(global|adaptive)", "global_pool"),
    (r"(avg_?pool|average|pool)", "pool"),
    (r"(skip|identity|id$)", "skip"),
    (r"(none|zero)", "none"),
    (r"(bn|batch_?norm|layer_?norm|group_?norm|norm)", "norm"),
    (r"(relu|swish|silu|h_?swish|hard_?swish|h_?sigmoid|hard_?sigmoid|sigmoid|tanh|gelu|act)", "activation"),
    (r"(se$|se_|squeeze|attention)", "attention"),
    (r"(linear|fc|dense|classifier)", "linear"),
    (r"(drop)", "dropout"),
    (r"(add|sum)", "add"),
    (r"(cat|concat)", "concat"),
    (r"(mul|scale)", "multiply"),
    (r"(cell|stage|block)", "cell"),
    (r"memory", "concat"),
    (r"[A-Z]+_(CONST|UNIFORM|GAUSSIAN)_SET", "stem"),  # from here on the operations of programs
    (r"(VECTOR_INNER|VECTOR_OUTER|MATRIX_VECTOR|MATRIX_MATRIX)_PRODUCT", "conv3"),
    (r"[A-Z]+_(SUM|DIFF)", "add"),
    (r"[A-Z]+(_VECTOR|_MATRIX)?_(PRODUCT|DIVISION|RECIPROCAL)", "multiply"),
    (r"[A-Z]+(_ROW|_COLUMN)?_(NORM|MEAN|ST_DEV)", "norm"),
    (r"[A-Z_]+_(BROADCAST|TRANSPOSE)", "skip"),
    (r"(SCALAR|VECTOR|MATRIX)_", "activation"),
)
_UNITS = {
    "linear_unit": "skip",
    "step_unit": "max_pool",
    "sine_unit": "conv3",
    "gaussian_unit": "separable",
    "tanh_unit": "cell",
    "sigmoid_unit": "conv1",
    "inverse_unit": "dilated",
    "absolute_unit": "pool",
    "relu_unit": "activation",
    "cosine_unit": "conv7",
    "square_unit": "reduction",
}
"""Where every node is an activation (nas/spaces/wann_graph.py) one colour for all would say nothing: each borrows a family's."""

_KERNEL = re.compile(r"(?:^|_)k?(\d+)x(\d+)|_k(\d+)")
_CONVOLUTION = re.compile(r"(.*_)?(conv|bottleneck)")
_MOST_KERNEL = 99

INK = "var(--graph-ink,#1b2433)"  # on fills
MUTED = "var(--graph-muted,#6b7688)"  # titles of frames, on the page's ground
WIRE = "var(--graph-wire,#8390a5)"  # edges without an operation
GROUND = "var(--graph-ground,#fff)"  # what the picture lies on
FRAME = "var(--graph-frame,#8390a5)"


@lru_cache(maxsize=1024)
def family_of(operation: str) -> str:
    """The family whose colour an operation, or a kind of node, has: by the catalogue, else by the beginning of its name."""
    if operation in OPERATIONS and OPERATIONS[operation].family in COLOURS:
        return OPERATIONS[operation].family
    if operation in COLOURS:
        return operation
    if operation in _UNITS:
        return _UNITS[operation]
    for beginning, family in _BEGINNINGS:
        if re.match(beginning, operation):
            return family
    if _CONVOLUTION.match(operation):
        kernel = kernel_of(operation) or 3
        return "conv1" if kernel == 1 else "conv3" if kernel <= 3 else "conv5" if kernel <= 5 else "conv7"
    return "other"


@lru_cache(maxsize=1024)
def kernel_of(operation: str) -> int | None:
    """The longer side of the window that the name tells: 5 for "sep_conv_5x5", 7 for "conv_1x7_7x1"; None for no window."""
    sides = [int(side) for match in _KERNEL.findall(operation) for side in match if side]
    return min(max(sides), _MOST_KERNEL) if sides else None


def fill(family: str) -> str:
    return f"var(--op-{family},{COLOURS[family][0]})"


def line(family: str) -> str:
    return f"var(--op-{family}-line,{COLOURS[family][1]})"
