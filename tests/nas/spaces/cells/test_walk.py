"""Peak memory inside a cell against walks done by hand, in units of one block's map."""

from __future__ import annotations

import pytest

from nas.operations.reductions import fitted
from nas.spaces.cells.walk import bench, peak_inside
from nas.spaces.cells.wiring import wiring
from nas.spaces.nasnet import NASNET_FAMILY

NORMAL = ((4, 8, 8), (4, 8, 8), (4, 8, 8), (8, 8, 8))
AT = bench(NASNET_FAMILY, ("identity", "avg_pool_3x3", "sep_conv_3x3"), fitted, NORMAL, 1)


@pytest.mark.parametrize(
    ("blocks", "units"),
    [
        # pool of a dying input beside the other: three maps; the other is added in place
        ([(0, "avg_pool_3x3", 1, "identity", False)], 3),
        # both identities of dying inputs: the sum takes over one of them
        ([(0, "identity", 1, "identity", False)], 2),
        # an input twice
        ([(0, "identity", 0, "identity", False)], 1),
        # the state is read again, so ReLU needs a copy and the sum a map of its own: 0, 1, ReLU, convolution
        ([(0, "sep_conv_3x3", 1, "identity", False), (0, "identity", 2, "identity", False)], 4),
        # the pool reads a buffer that the first result still is
        ([(0, "identity", 0, "avg_pool_3x3", False)], 2),
        # a concatenation is two maps wide, beside the pool's result and the input that the identity still is
        ([(0, "avg_pool_3x3", 1, "identity", True)], 4),
        # three loose blocks of two inputs that die with the third: the output is three maps beside three
        ([(0, "avg_pool_3x3", 1, "avg_pool_3x3", False)] * 3, 6),
        # a concatenation beside both inputs and both results; bringing it to one map later needs less
        ([(0, "avg_pool_3x3", 1, "avg_pool_3x3", True), (0, "identity", 1, "identity", False)], 6),
    ],
)
def test_by_hand(blocks: list[tuple[int, str, int, str, bool]], units: int) -> None:
    cell = wiring(NASNET_FAMILY, blocks)
    alive = sum(AT.unit for state in (0, 1) if cell.reads(state))
    assert peak_inside(cell, AT, cell.last_read, alive) == units * AT.unit


def test_an_input_that_others_hold_is_never_given_up() -> None:
    """Read by the first input's pool only, it could be dropped; held, its map counts among those of the others."""
    cell = wiring(NASNET_FAMILY, [(0, "identity", 1, "identity", False)])
    kept = [cell.last_read[0], 3]
    assert peak_inside(cell, AT, kept, AT.unit) == AT.unit  # the sum goes into input 0
    neither = [3, 3]
    assert peak_inside(cell, AT, neither, 0) == AT.unit  # the sum needs a map of its own
