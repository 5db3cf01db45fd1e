"""Whole numbers of any length as people read them."""

from __future__ import annotations

import math

from nas.core.space import Size

LONGEST_WRITTEN_OUT = 10**7
MOST_DIGITS = 4000
"""Python makes no text of a number with more than 4,300 digits, and nobody reads one."""


def power_of_ten(count: int) -> tuple[int, int]:
    """(mantissa in tenths, exponent), rounded half up: 1_171_875 → (12, 6). `count` ≥ 10, of any length."""
    exponent = math.floor(math.log10(count))  # takes whole numbers of any length; floats end at 1.8e308
    if 10**exponent > count:  # the logarithm was rounded up
        exponent -= 1
    tenths = (count * 100 // 10**exponent + 5) // 10
    return (10, exponent + 1) if tenths == 100 else (tenths, exponent)


def exact_digits(count: int) -> str:
    """All digits in groups of three, "" for a number too long to be written."""
    return f"{count:,}" if count < 10**MOST_DIGITS else ""


def count_in_words(count: int) -> str:
    """15625 → "15,625"; 1_171_875_000_000_000_000 → "1.2 × 10^18"."""
    if count < LONGEST_WRITTEN_OUT:
        return f"{count:,}"
    tenths, exponent = power_of_ten(count)
    return f"{tenths // 10}.{tenths % 10} × 10^{exponent}"


def size_in_words(size: Size) -> str:
    """How many architectures a space has, and how many of them differ where that is known and less."""
    low, high = count_in_words(size.lower), count_in_words(size.upper)
    if not size.is_exact:
        return f"about {low} architectures" if low == high else f"{low} to {high} architectures"
    total = f"{low} architectures"
    if size.distinct is None or size.distinct >= size.lower:
        return total
    return f"{total}, {count_in_words(size.distinct)} different networks"
