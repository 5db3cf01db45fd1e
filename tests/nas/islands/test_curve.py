"""Curves stay short, keep their last point, and keep the same points however they were cut into legs."""

from __future__ import annotations

import json
import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nas.islands.curve import Curve


def drawn(first: int, last: int, most: int) -> Curve:
    curve = Curve(most)
    for step in range(first, last + 1):
        curve.add(step, 10 * step, {"score": float(step), "gap": math.nan if step % 2 else 1.0})
    return curve


def test_a_short_curve_keeps_every_point_and_gaps_are_none() -> None:
    columns = drawn(1, 3, 10).columns()
    assert columns == {
        "step": [1, 2, 3],
        "candidates": [10, 20, 30],
        "score": [1.0, 2.0, 3.0],
        "gap": [None, 1.0, None],
    }


@given(st.integers(1, 500), st.integers(2, 40))
def test_a_long_curve_stays_short_and_ends_at_the_last_point(last: int, most: int) -> None:
    columns = drawn(1, last, most).columns()
    assert len(columns["step"]) <= most
    assert columns["step"][-1] == last
    assert columns["step"] == sorted(set(columns["step"]))
    assert all(len(values) == len(columns["step"]) for values in columns.values())


@given(st.integers(1, 120), st.integers(1, 120))
def test_stored_in_the_middle_it_goes_on_the_same(cut: int, more: int) -> None:
    curve = Curve.from_json(json.loads(json.dumps(drawn(1, cut, 16).as_json())), 16)
    for step in range(cut + 1, cut + more + 1):
        curve.add(step, 10 * step, {"score": float(step), "gap": math.nan if step % 2 else 1.0})
    assert curve.columns() == drawn(1, cut + more, 16).columns()


def test_legs_put_together_cover_all_of_them() -> None:
    whole = Curve(50)
    for first in range(1, 400, 40):
        whole.extend(drawn(first, first + 39, 30).columns())
    steps = whole.columns()["step"]
    assert len(steps) <= 50
    assert steps[-1] == 400
    assert min(steps) < 20
    assert max(later - earlier for earlier, later in pairwise(steps)) <= 60
