"""Dominance and the front: properties against the definition."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.analysis.pareto import Front, FrontChange, dominates, non_dominated

# few distinct values, so that ties and duplicates are common
losses = st.integers(1, 3).flatmap(
    lambda m: st.lists(st.lists(st.integers(0, 6).map(float), min_size=m, max_size=m), min_size=1, max_size=25)
)
triples = st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), min_size=3, max_size=3)


def by_definition(points: list[list[float]]) -> list[int]:
    return [i for i, p in enumerate(points) if not any(dominates(q, p) for q in points)]


@given(triples)
def test_dominance_is_a_strict_partial_order(points: list[list[int]]) -> None:
    a, b, c = points
    assert not dominates(a, a)
    assert not (dominates(a, b) and dominates(b, a))
    if dominates(a, b) and dominates(b, c):
        assert dominates(a, c)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [((1, 2), (1, 3), True), ((1, 3), (1, 2), False), ((1, 2), (1, 2), False), ((0, 5), (5, 0), False)],
)
def test_dominance_needs_no_worse_everywhere_and_better_somewhere(a: tuple[int], b: tuple[int], expected: bool) -> None:
    assert dominates(a, b) is expected


def test_fronts_of_the_nsga_example() -> None:
    points = [(1, 9), (2, 7), (3, 8), (4, 4), (5, 5), (6, 3), (7, 6), (8, 1), (9, 2), (2, 9), (10, 10)]
    assert non_dominated(points) == [0, 1, 3, 5, 7]


@given(losses)
def test_a_front_is_what_the_definition_says_after_every_point(points: list[list[float]]) -> None:
    front: Front[int] = Front(len(points[0]))
    for i, point in enumerate(points):
        before = set(front.keys())
        change = front.add(i, point)
        assert set(front.keys()) == set(by_definition(points[: i + 1]))
        assert set(change.added) == set(front.keys()) - before
        assert set(change.removed) == before - set(front.keys())
    assert non_dominated(points) == by_definition(points)
    assert dict(front.points()) == {i: tuple(points[i]) for i in by_definition(points)}


@given(losses)
def test_the_order_of_arrival_does_not_change_the_front(points: list[list[float]]) -> None:
    forth: Front[int] = Front(len(points[0]))
    back: Front[int] = Front(len(points[0]))
    for i in range(len(points)):
        forth.add(i, points[i])
        back.add(len(points) - 1 - i, points[-1 - i])
    assert sorted(forth.points()) == sorted(back.points())


def test_front_keeps_duplicates_of_a_point() -> None:
    front: Front[int] = Front(2)
    front.add(0, (1, 2))
    assert front.add(1, (1, 2)) == FrontChange(added=(1,), removed=())
    assert front.add(2, (1, 1)) == FrontChange(added=(2,), removed=(0, 1))
    assert front.keys() == [2]


def test_an_infeasible_point_never_enters() -> None:
    front: Front[int] = Front(2)
    assert not front.add(0, (0, 0), is_feasible=False)
    assert front.add(1, (5, 5)).added == (1,)
    assert front.keys() == [1]


@pytest.mark.parametrize("bad", [(1.0,), (1.0, 2.0, 3.0), (float("nan"), 1.0), (float("inf"), 1.0)])
def test_a_point_that_is_no_point_is_refused(bad: tuple[float, ...]) -> None:
    front: Front[int] = Front(2)
    with pytest.raises(ValueError, match=r"expected 2 losses|finite"):
        front.add(0, bad)
    assert len(front) == 0


def test_a_key_that_is_on_the_front_is_refused() -> None:
    front: Front[int] = Front(1)
    front.add(7, (1.0,))
    with pytest.raises(ValueError, match="7 is on the front already"):
        front.add(7, (0.5,))


@given(losses, st.integers(0, 25))
def test_a_restored_front_goes_on_as_if_never_stopped(points: list[list[float]], cut: int) -> None:
    whole: Front[int] = Front(len(points[0]))
    for i, point in enumerate(points[:cut]):
        whole.add(i, point)
    restored: Front[int] = Front.from_state(json.loads(json.dumps(whole.state_dict())))
    for i, point in enumerate(points[cut:], start=cut):
        assert restored.add(i, point) == whole.add(i, point)
    assert restored.points() == whole.points()


@pytest.mark.parametrize(
    "damage", [{"version": 99}, {"keys": [1, 1]}, {"keys": [1]}, {"losses": [[0.0, float("nan")], [1.0, 0.0]]}]
)
def test_a_damaged_state_is_refused(damage: dict[str, object]) -> None:
    front: Front[int] = Front(2)
    front.add(1, (0.0, 1.0))
    front.add(2, (1.0, 0.0))
    with pytest.raises(ValueError, match=r"version|damaged"):
        Front.from_state({**front.state_dict(), **damage})
