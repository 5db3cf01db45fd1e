"""Pareto dominance on plain numbers, everything minimised. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Sequence


def dominates(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether `a` is at least as good as `b` in every objective and better in one (Deb et al. 2002). Smaller is better."""
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(x < y for x, y in zip(a, b, strict=True))


def non_dominated(losses: Sequence[Sequence[float]]) -> list[int]:
    """Indices of the points no other point dominates, in input order; duplicates of a front point all stay. O(n · front).

    Args:
      losses: n points of m numbers each, smaller is better.
    """
    front: list[int] = []
    # In lexicographic order a point can only be dominated by one before it, and then by one of the front so far.
    for i in sorted(range(len(losses)), key=lambda i: tuple(losses[i])):
        if not any(dominates(losses[j], losses[i]) for j in front):
            front.append(i)
    return sorted(front)
