"""Non-dominated sorting and crowding against worked examples and their definitions."""

from __future__ import annotations

import subprocess
import sys
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.analysis.pareto import dominates, non_dominated
from nas.analysis.ranking import crowding_distances, non_dominated_ranks

POINTS = [(1, 9), (2, 7), (3, 8), (4, 4), (5, 5), (6, 3), (7, 6), (8, 1), (9, 2), (2, 9), (10, 10)]
small = st.integers(0, 4).map(float)


def fronts(losses: list[tuple[float, ...]]) -> list[set[int]]:
    ranks = non_dominated_ranks(losses)
    return [set(np.flatnonzero(ranks == rank).tolist()) for rank in range(ranks.max(initial=-1) + 1)]


def test_the_worked_example_has_four_fronts() -> None:
    assert fronts([(float(x), float(y)) for x, y in POINTS]) == [{0, 1, 3, 5, 7}, {2, 4, 8, 9}, {6}, {10}]


@given(st.integers(1, 3).flatmap(lambda m: st.lists(st.tuples(*[small] * m), max_size=25)))
def test_fronts_peel_off_one_by_one(losses: list[tuple[float, ...]]) -> None:
    """With ties and duplicates: what is left after the first fronts has the next one as its own front."""
    left = list(range(len(losses)))
    for front in fronts(losses):
        assert front == {left[i] for i in non_dominated([losses[i] for i in left])}
        left = [i for i in left if i not in front]
    assert not left


@given(st.lists(st.tuples(small, small, small), min_size=1, max_size=25))
def test_who_dominates_stands_on_an_earlier_front(losses: list[tuple[float, ...]]) -> None:
    ranks = non_dominated_ranks(losses)
    for a, one in enumerate(losses):
        for b, other in enumerate(losses):
            if dominates(one, other):
                assert ranks[a] < ranks[b]
            elif one == other:
                assert ranks[a] == ranks[b]


def test_crowding_is_the_gap_between_the_neighbours_relative_to_the_range() -> None:
    """By hand: (2-0)/10 + (10-4)/10 and (10-1)/10 + (6-0)/10."""
    distances = crowding_distances([(0.0, 10.0), (1.0, 6.0), (2.0, 4.0), (10.0, 0.0)])
    assert distances.tolist() == pytest.approx([inf, 0.2 + 0.6, 0.9 + 0.6, inf])


def test_an_objective_in_which_all_are_equal_adds_nothing() -> None:
    assert crowding_distances([(1.0, 5.0), (2.0, 5.0), (3.0, 5.0)]).tolist() == [inf, 1.0, inf]
    assert crowding_distances([(5.0, 5.0)] * 3).tolist() == [0.0, 0.0, 0.0]


def test_up_to_two_are_alone() -> None:
    assert crowding_distances([]).tolist() == []
    assert crowding_distances([(1.0, 2.0), (1.0, 2.0)]).tolist() == [inf, inf]


@given(st.lists(st.tuples(small, small), min_size=3, max_size=12, unique=True))
def test_crowding_does_not_depend_on_scale(losses: list[tuple[float, float]]) -> None:
    scaled = [(8 * x + 3, 0.5 * y - 1) for x, y in losses]
    assert crowding_distances(scaled).tolist() == pytest.approx(crowding_distances(losses).tolist())


@pytest.mark.parametrize("bad", [float("nan"), inf])
def test_what_is_not_finite_has_no_place(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        non_dominated_ranks([(0.0, bad)])
    with pytest.raises(ValueError, match="finite"):
        crowding_distances([(0.0, bad)])


def test_sorting_needs_no_torch() -> None:
    script = (
        "import sys; from nas.analysis.ranking import non_dominated_ranks as r; r([(0, 1), (1, 0)]);"
        "assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
