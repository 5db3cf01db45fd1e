"""Hypervolume: published check values, closed forms, invariances, the incremental form against the whole."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.analysis.hypervolume import Hypervolume2D, contributions, hypervolume

points2 = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12)
points3 = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)), max_size=7)


def by_inclusion_and_exclusion(points: list[tuple[int, ...]], reference: tuple[int, ...]) -> float:
    """Boxes between each point and the reference; exact, exponential."""
    inside = [p for p in points if all(x < r for x, r in zip(p, reference, strict=True))]
    total = 0.0
    for k in range(1, len(inside) + 1):
        for some in combinations(inside, k):
            volume = 1.0
            for axis, r in enumerate(reference):
                volume *= r - max(p[axis] for p in some)
            total += volume if k % 2 else -volume
    return total


@pytest.mark.parametrize(
    ("points", "reference", "expected"),
    [
        ([(1, 4), (2, 2), (4, 1)], (5, 5), 11),
        ([(1, 2, 3), (2, 3, 1), (3, 1, 2)], (4, 4, 4), 13),
        ([(3,), (2,), (7,)], (5,), 3),
        ([(7,)], (5,), 0),
        ([], (5, 5), 0),
        ([(5, 1), (1, 5), (6, 6)], (5, 5), 0),  # on the border counts as outside
        ([(1, 1), (1, 1), (3, 3)], (5, 5), 16),
        ([(0, 0, 0, 0)], (1, 2, 3, 4), 24),
    ],
)
def test_check_values(points: list[tuple[int, ...]], reference: tuple[int, ...], expected: float) -> None:
    assert hypervolume(points, reference) == expected


@given(points2)
def test_two_objectives_equal_inclusion_and_exclusion(points: list[tuple[int, int]]) -> None:
    assert hypervolume(points, (8, 7)) == by_inclusion_and_exclusion(points, (8, 7))


@given(points3)
def test_three_objectives_equal_inclusion_and_exclusion(points: list[tuple[int, int, int]]) -> None:
    assert hypervolume(points, (5, 4, 5)) == pytest.approx(by_inclusion_and_exclusion(points, (5, 4, 5)))


@given(st.one_of(points2, points3), st.randoms(use_true_random=False))
def test_it_does_not_fall_when_a_point_is_added_nor_change_with_the_order(
    points: list[tuple[int, ...]], random
) -> None:
    reference = (7,) * len(points[0]) if points else (7, 7)
    values = [hypervolume(points[:k], reference) for k in range(len(points) + 1)]
    assert values == sorted(values)
    shuffled = list(points)
    random.shuffle(shuffled)
    assert hypervolume(shuffled, reference) == pytest.approx(values[-1])


@given(points2)
def test_the_growing_form_equals_the_whole_after_every_point(points: list[tuple[int, int]]) -> None:
    growing = Hypervolume2D((8, 7))
    for k, point in enumerate(points, start=1):
        before = growing.value
        gain = growing.add(point)
        assert growing.value == before + gain == by_inclusion_and_exclusion(points[:k], (8, 7))


def test_contributions_are_what_each_point_alone_adds() -> None:
    assert contributions([(1, 4), (2, 2), (4, 1), (4, 4)], (5, 5)) == [1, 4, 1, 0]
    assert contributions([(2, 2), (2, 2)], (5, 5)) == [0, 0]


@pytest.mark.parametrize("reference", [(5,), (5, 5, 5), (float("inf"), 5), (float("nan"), 5), ()])
def test_a_reference_that_does_not_fit_is_refused(reference: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="reference"):
        hypervolume([(1, 4)], reference)
