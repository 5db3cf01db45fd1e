"""Who survives: fronts, crowding, ties, tournaments."""

from __future__ import annotations

import numpy as np
import pytest

from nas.wann.ranking import ranked, simplicity, tournament_parents


def dominates(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] >= b[0] and a[1] >= b[1] and a != b


def peeled(points: list[tuple[float, float]]) -> list[int]:
    """Fronts by definition: those nobody left dominates, again and again."""
    fronts = [-1] * len(points)
    front = 0
    while -1 in fronts:
        left = [place for place, found in enumerate(fronts) if found < 0]
        for place in left:
            if not any(dominates(points[other], points[place]) for other in left):
                fronts[place] = front
        front += 1
        assert any(found == front - 1 for found in fronts)
    return fronts


@pytest.mark.parametrize("crowding", ["range", "published"])
@pytest.mark.parametrize("seed", range(5))
def test_no_one_ranks_before_one_of_an_earlier_front(seed: int, crowding: str) -> None:
    rng = np.random.default_rng(seed)
    means, seconds = rng.integers(-6, 0, size=(2, 40)).astype(float)
    order = ranked(means, seconds, crowding)  # type: ignore[arg-type]
    fronts = peeled(list(zip(means.tolist(), seconds.tolist(), strict=True)))
    in_order = [fronts[place] for place in order]
    assert sorted(order.tolist()) == list(range(40))
    assert in_order == sorted(in_order)


def test_inside_a_front_the_least_crowded_come_first() -> None:
    means = np.array([1.0, 2.0, 2.1, 4.0])
    seconds = np.array([4.0, 2.2, 2.1, 1.0])
    assert ranked(means, seconds).tolist() == [0, 3, 2, 1]


def test_equals_rank_by_age() -> None:
    assert ranked(np.ones(6), np.ones(6)).tolist()[2:-1] == sorted(ranked(np.ones(6), np.ones(6)).tolist()[2:-1])
    assert ranked(np.ones(2), np.ones(2)).tolist() == [0, 1]


def test_the_published_scale_weighs_the_objectives_otherwise() -> None:
    """Gaps of 1 and 2 are (1.7, 0.001) and (1.4, 0.0099). By range: 0.67 and 1.46. Times |1 / 4 − 1| and |1 / 0.51 − 0.5|:
    1.28 and 1.06."""
    means = np.array([1.0, 2.6, 2.7, 4.0])
    seconds = np.array([0.51, 0.5099, 0.509, 0.50])
    assert ranked(means, seconds, "range").tolist() == [0, 3, 2, 1]
    assert ranked(means, seconds, "published").tolist() == [0, 3, 1, 2]


def test_no_connection_counts_as_one() -> None:
    assert simplicity(np.array([0, 1, 4])).tolist() == [1.0, 1.0, 0.25]


def test_tournaments_are_of_twice_the_size() -> None:
    """The best of n draws among m has place k with chance ((m − k)^n − (m − k − 1)^n) / m^n."""
    parents = tournament_parents(40_000, 10, 2, np.random.default_rng(0))
    expected = [((10 - k) ** 4 - (9 - k) ** 4) / 10**4 for k in range(10)]
    assert np.bincount(parents, minlength=10) / 40_000 == pytest.approx(expected, abs=0.01)
