"""Random blueprints, wilder than any space: groups left and entered again, several outputs, results nobody reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from hypothesis import strategies as st

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.draft import Draft, Value
from nas.operations.convolutions import activation, batch_norm, conv
from nas.operations.heads import mean_linear_head
from nas.operations.pooling import pool
from nas.operations.primitives.dropping import Dropout, DropPath
from nas.operations.primitives.merging import Add, Concat
from nas.operations.primitives.shaping import Identity, Shift, Zero
from nas.operations.squeeze_excite import squeeze_excite

CHANNELS, SIDE = 4, 5
SHAPE = (2, 6, 6)

_UNARY: dict[str, Callable[[Draft, Value], Value]] = {
    "conv": lambda d, x: conv(d, x, CHANNELS, 3),
    "conv1": lambda d, x: conv(d, x, CHANNELS, (1, 3), bias=True),
    "depthwise": lambda d, x: conv(d, x, CHANNELS, 3, groups=x.channels),
    "bn": batch_norm,
    "relu": activation,
    "swish": lambda d, x: activation(d, x, "swish"),
    "pool": lambda d, x: pool(d, x, "max"),
    "identity": lambda d, x: d.apply(Identity(), x),
    "zero": lambda d, x: d.apply(Zero(), x),
    "drop": lambda d, x: d.apply(DropPath(0.25), d.apply(Dropout(0.5), x)),
    "se": lambda d, x: squeeze_excite(d, x, 2),
    "shift": lambda d, x: pool(d, conv(d, d.apply(Shift(), x), CHANNELS, 1), "avg"),
    "concat": lambda d, x: conv(d, d.apply(Concat(), x, x), CHANNELS, 1),
}

GROUPS = ("cell1", "cell2", "edge", "0→1", "class", "none", "add_", "zero_", "tensor", "chain", "a b", "3x3", "_own")
"""Some of them are no names that Python would take, others are taken."""

BARE = ("none", "tensor", "chain")


@st.composite
def blueprints(draw: st.DrawFn) -> Blueprint:
    draft = Draft(SHAPE)
    with draft.group("stem", 'Stem """ \\ with “quotes”\n'):
        values = [conv(draft, draft.inputs[0], CHANNELS, 3)]
    steps = draw(
        st.lists(
            st.tuples(
                st.lists(st.sampled_from(GROUPS), max_size=2),
                st.sampled_from([*_UNARY, "add"]),
                st.integers(0, 40),
                st.integers(0, 40),
            ),
            max_size=25,
        )
    )
    for groups, operation, first, second in steps:
        with ExitStack() as stack:
            for name in groups:
                stack.enter_context(draft.group(name, name if name in BARE else f"Label of {name}"))
            x = values[first % len(values)]
            if operation == "add":
                alike = [value for value in values if value.shape == x.shape]
                values.append(draft.apply(Add(), x, alike[second % len(alike)]))
            elif operation == "shift" and x.shape[1] < 3:
                continue
            else:
                values.append(_UNARY[operation](draft, x))
    with draft.group("head", "Head"):
        logits = mean_linear_head(draft, values[-1], 3)
    auxiliary = None
    if draw(st.booleans()):
        with draft.auxiliary():
            auxiliary = mean_linear_head(draft, values[0], 3)
    return draft.finish(logits, auxiliary=auxiliary)
