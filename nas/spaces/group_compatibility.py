"""Widths that groups divide: what a stage's wishes become (reference code of Radosavovic et al. 2020, arXiv 2003.13678)."""

from __future__ import annotations

from math import lcm
from typing import NamedTuple


class Fitted(NamedTuple):
    """`inner` channels inside the block in groups of `group_width`; `width` channels outside."""

    width: int
    inner: int
    group_width: int

    @property
    def groups(self) -> int:
        return self.inner // self.group_width


def fitted(width: int, bottleneck: float, group_width: int) -> Fitted:
    """The nearest widths that fit: inner = width / bottleneck, a multiple of the group width.

    The group width is at most the inner width. An inverted bottleneck (below 1) keeps width = inner · bottleneck whole.
    Halves round to even.
    """
    inner = max(1, int(width / bottleneck))
    group_width = min(group_width, inner)
    multiple = lcm(group_width, round(1 / bottleneck)) if bottleneck < 1 else group_width
    inner = max(multiple, round(inner / multiple) * multiple)
    return Fitted(int(inner * bottleneck), inner, group_width)
