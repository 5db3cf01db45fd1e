"""Bottleneck ratios: width of a block over the width inside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_ALLOWED = (0.25, 0.5, 1.0, 2.0, 4.0)


def plain_ratio(value: Any) -> Any:
    """Whole ratios as integers, as genotypes hold them: 1.0 → 1. What is no ratio stays what it is."""
    return int(value) if type(value) is float and value in _ALLOWED and value >= 1 else value


def ratio_options(chosen: Iterable[float]) -> tuple[int | float, ...]:
    return tuple(plain_ratio(float(value)) for value in chosen)


def checked_ratios(chosen: tuple[float, ...]) -> tuple[float, ...]:
    """In order. Raises ValueError for a ratio that is not allowed, or twice the same."""
    if len(set(chosen)) != len(chosen) or not set(chosen) <= set(_ALLOWED):
        raise ValueError("choose each ratio once, among 0.25, 0.5, 1, 2 and 4")
    return tuple(sorted(chosen))
