"""Ranks, correlations and percentiles against values by hand and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nas.analysis.statistics import kendall_tau_b, percentiles, ranks, spearman

# few distinct values, so that ties are common
pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=40)


def test_equal_values_share_the_mean_of_their_places() -> None:
    assert ranks([10, 20, 20, 5]).tolist() == [2, 3.5, 3.5, 1]
    assert ranks([]).tolist() == []


def test_correlations_with_ties_by_hand() -> None:
    a, b = [1, 2, 2, 3], [1, 3, 2, 3]
    # pairs: 4 concordant, 0 discordant, one tie in each; tau-b = 4 / sqrt(5 · 5)
    assert kendall_tau_b(a, b) == pytest.approx(0.8)
    # ranks (1, 2.5, 2.5, 4) and (1, 3.5, 2, 3.5): covariance 3.75 of variances 4.5
    assert spearman(a, b) == pytest.approx(3.75 / 4.5)


@given(pairs)
def test_correlations_agree_with_scipy(values: list[tuple[int, int]]) -> None:
    a, b = ([pair[i] for pair in values] for i in (0, 1))
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert spearman(a, b) is None
        assert kendall_tau_b(a, b) is None
        return
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    assert kendall_tau_b(a, b) == pytest.approx(stats.kendalltau(a, b).statistic)
    assert ranks(a).tolist() == stats.rankdata(a).tolist()


@pytest.mark.parametrize("correlation", [spearman, kendall_tau_b])
def test_order_and_reverse_are_the_extremes(correlation) -> None:
    assert correlation([1, 2, 3], [10, 20, 30]) == pytest.approx(1)
    assert correlation([1, 2, 3], [30, 20, 10]) == pytest.approx(-1)
    assert correlation([1], [1]) is None
    with pytest.raises(ValueError, match="pairs"):
        correlation([1, 2], [1])


def test_percentiles_are_linear_between_neighbours() -> None:
    assert percentiles([4, 1, 3, 2], [0, 0.5, 0.8, 1]) == pytest.approx([1, 2.5, 3.4, 4])
    with pytest.raises(ValueError, match="at least one"):
        percentiles([], [0.5])


def test_nan_is_refused_not_ranked() -> None:
    with pytest.raises(ValueError, match="NaN"):
        ranks([1.0, np.nan])
