"""Peak memory: the walk on programs small enough to do by hand."""

from __future__ import annotations

import pytest

from nas.hardware.memory import Peak, Step, peak_activation


@pytest.mark.parametrize(
    ("steps", "outputs", "expected"),
    [
        ([], {"x"}, Peak(10, "")),
        ([Step("conv", ("x",), "y", 6)], {"y"}, Peak(16, "conv")),
        ([Step("relu", ("x",), "y", 10, "in_place")], {"y"}, Peak(10, "")),  # the input dies: its buffer is reused
        ([Step("relu", ("x",), "y", 10, "in_place")], {"x", "y"}, Peak(20, "relu")),  # the input is kept: it is not
        ([Step("skip", ("x",), "y", 10, "alias"), Step("relu", ("y",), "z", 10, "in_place")], {"z"}, Peak(10, "")),
        # an alias that is still read keeps the shared buffer
        (
            [
                Step("skip", ("x",), "y", 10, "alias"),
                Step("relu", ("x",), "z", 10, "in_place"),
                Step("add", ("y", "z"), "w", 10, "in_place"),
            ],
            {"w"},
            Peak(20, "relu"),
        ),
        # a tensor that nobody reads is freed at once
        ([Step("dead", ("x",), "d", 7), Step("conv", ("x",), "y", 5)], {"y"}, Peak(17, "dead")),
        # freed buffers do not count any more
        ([Step("a", ("x",), "y", 4), Step("b", ("y",), "z", 4), Step("c", ("z",), "w", 4)], {"w"}, Peak(14, "a")),
    ],
)
def test_the_walk(steps: list[Step], outputs: set[str], expected: Peak) -> None:
    assert peak_activation(steps, {"x": 10}, frozenset(outputs)) == expected
