"""Whole numbers of any length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.core.quantity import count_in_words, exact_digits, power_of_ten, size_in_words
from nas.core.space import Size


@given(st.integers(10, 10**40) | st.integers(2, 700).map(lambda exponent: 10**exponent - 1))
def test_the_rounded_number_is_within_half_a_tenth(count: int) -> None:
    tenths, exponent = power_of_ten(count)
    assert 10 <= tenths < 100
    assert abs(tenths * 10**exponent - 10 * count) * 2 <= 10**exponent


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (9_999_999, "9,999,999"),
        (10**7, "1.0 × 10^7"),
        (9_949_999_999, "9.9 × 10^9"),
        (9_950_000_000, "1.0 × 10^10"),
        (2**20_000, "4.0 × 10^6020"),
    ],
    ids=["written out", "the first that is not", "rounded down", "rounded up", "very long"],
)
def test_counts_in_words(count: int, text: str) -> None:
    assert count_in_words(count) == text


def test_digits_too_many_to_write_are_not_written() -> None:
    assert exact_digits(12_345_678) == "12,345,678"
    assert exact_digits(10**5000) == ""


def test_sizes_say_bounds_and_different_networks() -> None:
    assert size_in_words(Size(15_625, 15_625, distinct=6_466)) == "15,625 architectures, 6,466 different networks"
    assert size_in_words(Size(8, 8, distinct=8)) == "8 architectures"
    assert size_in_words(Size(10**9, 10**9 + 1)) == "about 1.0 × 10^9 architectures"
    assert size_in_words(Size(8, 10**9)) == "8 to 1.0 × 10^9 architectures"
