"""Sizes in words, histograms as data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.spaces.histogram import HEIGHT, NUM_BINS, WIDTH, histogram
from apps.spaces.quantity import count_text, size_text
from apps.spaces.serializers import SizeOut
from nas.core.space import Size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "1"),
        (15_625, "15,625"),
        (9_999_999, "9,999,999"),
        (10**7, "1.0 × 10⁷"),
        (1_171_875_000_000_000_000, "1.2 × 10¹⁸"),
        (9_960_000_000, "1.0 × 10¹⁰"),
        (7**500, "3.5 × 10⁴²²"),
    ],
)
def test_counts_are_written_for_people(count: int, text: str) -> None:
    assert count_text(count) == text


def test_a_size_that_is_not_known_exactly_has_two_bounds() -> None:
    assert size_text(Size(10, 10)) == "10"
    assert size_text(Size(10**9, 10**9 + 1)) == "about 1.0 × 10⁹"
    assert size_text(Size(10, 10**18)) == "10 to 1.0 × 10¹⁸"


@given(st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=200), st.booleans())
def test_every_value_is_in_one_bar_and_every_bar_in_the_picture(values: list[float], is_log: bool) -> None:
    found = histogram(np.array(values), metric="params", title="Parameters", is_log=is_log)
    assert sum(bar.count for bar in found.bars) == len(values)
    assert len(found.bars) in (1, NUM_BINS)
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH + 0.1 for bar in found.bars)
    assert max(bar.height for bar in found.bars) == HEIGHT
    assert found.minimum <= found.median <= found.maximum


def test_limits_are_marked_where_they_lie_on_the_axis() -> None:
    values = np.array([10.0, 1000.0])
    log = histogram(values, metric="macs", title="MACs", is_log=True, limits=[100.0, 5.0, -1.0])
    assert [mark.x for mark in log.marks] == [WIDTH / 2, None, None]
    linear = histogram(values, metric="macs", title="MACs", limits=[505.0])
    assert [mark.x for mark in linear.marks] == [WIDTH / 2]


def test_equal_values_and_zeros_are_drawn_too() -> None:
    assert [bar.count for bar in histogram(np.full(7, 3.0), metric="m", title="M", is_log=True).bars] == [7]
    assert histogram(np.array([0.0, 5.0]), metric="m", title="M", is_log=True).is_log is False


def test_the_api_writes_sizes_of_any_length() -> None:
    size = Size(2**650 - 1, 10**30_000)
    assert SizeOut(size).data == {"lower": str(2**650 - 1), "upper": "1.0 × 10^30000", "distinct": None}
