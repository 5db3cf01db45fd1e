"""Numbers in few characters."""

from __future__ import annotations

import math

from django.utils.formats import number_format

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def compact(value: float | None) -> str:
    """Four significant digits at most, with k, M, G, T from a thousand on; a dash for what is not there."""
    if value is None or not math.isfinite(value):
        return "–"
    for size, unit in _UNITS:
        if abs(value) >= size:
            return f"{_significant(value / size, 3)} {unit}"
    return _significant(value, 4)


def _significant(value: float, digits: int) -> str:
    if value == 0 or (float(value).is_integer() and abs(value) < 10**digits):
        return number_format(value, 0)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    if decimals > 6:
        return f"{value:.{digits - 1}g}"
    return number_format(round(value, decimals), decimals)  # which by itself only cuts off
