"""Several tests at once: p values raised so that they still mean what they say (Holm 1979, www.jstor.org/stable/4615733)."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Per test the smallest level at which Holm's step-down procedure rejects, in the order given. O(n log n).

    The chance of even one false alarm among all of them stays below the level, whatever depends on whatever.
    Raises ValueError for what is no probability.
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise ValueError(f"p values lie between 0 and 1, got {list(p_values)}")
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for place, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[i]))
        adjusted[i] = highest
    return adjusted
