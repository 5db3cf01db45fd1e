"""Mann-Whitney and A12 against published tables, values by hand and scipy; verdicts in words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nas.analysis.significance import a12, mann_whitney, verdict

few = st.lists(st.integers(0, 6), min_size=2, max_size=6)  # few distinct values, so that ties are common


# Critical values of U, two-sided 5 %: Mann and Whitney 1947 as extended by Auble 1953, table of any statistics book.
@pytest.mark.parametrize(
    ("num_a", "num_b", "critical"),
    [(4, 4, 0), (5, 5, 2), (6, 6, 5), (8, 8, 13), (10, 10, 23), (12, 12, 37), (20, 20, 127), (5, 10, 8), (4, 16, 11)],
)
def test_p_crosses_five_percent_at_the_published_critical_value(num_a: int, num_b: int, critical: int) -> None:
    assert mann_whitney(*_with_u(num_a, num_b, critical)) <= 0.05
    assert mann_whitney(*_with_u(num_a, num_b, critical + 1)) > 0.05


def _with_u(num_a: int, num_b: int, u: int) -> tuple[list[float], list[float]]:
    """Two samples without ties in which `u` pairs have the value of `a` on top."""
    beaten = [min(num_b, max(0, u - num_b * place)) for place in range(num_a)]
    return [count - 0.5 + place * 1e-3 for place, count in enumerate(beaten)], list(range(num_b))


def test_p_of_a_win_in_every_pair() -> None:
    # 2 of C(n + m, n) ways to deal the ranks
    assert mann_whitney([1, 2, 3], [4, 5, 6]) == pytest.approx(2 / 20)
    assert mann_whitney([5, 6, 7, 8], [1, 2, 3, 4]) == pytest.approx(2 / 70)
    assert mann_whitney([1], [2]) == 1


def test_ties_make_three_against_three_no_more_significant() -> None:
    assert mann_whitney([1, 1, 1], [2, 2, 2]) == pytest.approx(0.1)  # the normal curve would say 0.047
    assert mann_whitney([1, 1, 1], [1, 1, 1]) == 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=24, unique=True), st.data())
def test_p_without_ties_agrees_with_scipy(values: list[float], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(values) - 1))
    a, b = values[:cut], values[cut:]
    assert mann_whitney(a, b) == pytest.approx(stats.mannwhitneyu(a, b, method="exact").pvalue)


@given(few, few)
def test_p_with_ties_agrees_with_all_permutations(a: list[int], b: list[int]) -> None:
    def rank_sum(x, y, axis):
        return stats.rankdata(np.concatenate([x, y], axis=axis), axis=axis)[..., : len(a)].sum(axis=axis)

    every = stats.permutation_test((a, b), rank_sum, vectorized=True, n_resamples=np.inf)
    assert mann_whitney(a, b) == pytest.approx(min(1.0, every.pvalue))


def test_p_of_large_samples_agrees_with_scipy() -> None:
    rng = np.random.Generator(np.random.PCG64(7))
    for shift in (0, 1, 3):
        a, b = rng.integers(0, 20, 50), rng.integers(shift, 20 + shift, 40)
        assert mann_whitney(a, b) == pytest.approx(stats.mannwhitneyu(a, b, method="asymptotic").pvalue)
    assert mann_whitney([3] * 40, [3] * 40) == 1


@given(few, few)
def test_the_order_of_samples_changes_the_sign_only(a: list[int], b: list[int]) -> None:
    assert mann_whitney(a, b) == mann_whitney(b, a)
    assert a12(a, b) == pytest.approx(1 - a12(b, a))


def test_a12_is_the_chance_to_win() -> None:
    # of 9 pairs: 4 won, 2 tied
    assert a12([3, 5, 7], [1, 5, 7]) == pytest.approx((4 + 2 / 2) / 9)
    assert a12([1, 2], [3, 4]) == 0


def test_nothing_is_told_of_empty_samples_or_nan() -> None:
    with pytest.raises(ValueError, match="at least one"):
        mann_whitney([], [1])
    with pytest.raises(ValueError, match="at least one"):
        a12([1], [])
    with pytest.raises(ValueError, match="NaN"):
        mann_whitney([math.nan], [1])


def test_one_or_two_seeds_are_a_single_run() -> None:
    alone = verdict([0.9], [0.1], is_larger_better=True)
    assert (alone.sureness, alone.p, alone.better, alone.effect) == ("single_run", None, "first", 1)
    assert "one seed cannot tell" in alone.sentence()
    two = verdict([0.9, 0.8, 0.9], [0.1, 0.2], is_larger_better=True)
    assert two.sureness == "single_run"
    assert "2 seeds cannot tell" in two.sentence()


def test_three_against_three_need_more_seeds() -> None:
    found = verdict([7, 8, 9], [1, 2, 3], is_larger_better=True)
    assert (found.sureness, found.p, found.smallest_p) == ("too_few", pytest.approx(0.1), pytest.approx(0.1))
    assert found.seeds_needed == 4
    assert "With 4 per arm" in found.sentence()
    assert not found.is_significant


def test_the_direction_decides_who_is_better() -> None:
    low, high = [1, 2, 3, 4, 5], [6, 7, 8, 9, 10]
    down = verdict(low, high, is_larger_better=False)
    assert (down.better, down.effect, down.sureness) == ("first", 1, "sure")
    assert down.p == pytest.approx(2 / 252)
    up = verdict(low, high, is_larger_better=True)
    assert (up.better, up.effect) == ("second", 0)
    assert up.sentence("the search", "random search").startswith("Random search is almost certainly better")


def test_a_difference_that_may_be_luck_is_called_so() -> None:
    found = verdict([1, 3, 5, 7, 9], [2, 4, 6, 8, 10], is_larger_better=True)
    assert found.sureness == "chance"
    assert found.sentence().startswith("No difference is shown")
    assert found.effect == pytest.approx(10 / 25)
    likely = verdict([1, 2, 3, 4, 6], [5, 7, 8, 9, 10], is_larger_better=True)
    assert likely.sureness == "likely"
    assert likely.p == pytest.approx(4 / 252)  # U = 1


@pytest.mark.parametrize(("wins", "size"), [(50, "none"), (56, "small"), (64, "medium"), (71, "large")])
def test_effect_sizes_begin_at_the_published_bounds(wins: int, size: str) -> None:
    found = verdict([0.5], [*[0.0] * wins, *[1.0] * (100 - wins)], is_larger_better=True)
    assert found.effect == pytest.approx(wins / 100)
    assert found.effect_size == size
    other = verdict([0.5], [*[1.0] * wins, *[0.0] * (100 - wins)], is_larger_better=True)
    assert other.effect_size == size


def test_a_seed_that_found_nothing_is_the_worst() -> None:
    found = verdict([1.0, 2.0, 3.0, 4.0], [math.inf] * 4, is_larger_better=False)
    assert (found.better, found.is_significant) == ("first", True)


def test_without_results_there_is_nothing_to_compare() -> None:
    found = verdict([], [1.0], is_larger_better=True)
    assert (found.p, found.effect, found.effect_size, found.better) == (None, None, None, None)
    assert "nothing to compare" in found.sentence()
