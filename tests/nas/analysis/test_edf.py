"""The error distribution: true steps, failed trials in the count, what the cursor reads."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.analysis.edf import edf

errors = st.lists(st.floats(0, 100), min_size=1, max_size=40)


@given(errors, st.floats(-1, 101))
def test_it_is_the_share_strictly_below(values: list[float], error: float) -> None:
    curve = edf(values)
    assert curve.below(error) == sum(v < error for v in values) / len(values)
    assert curve.percent_above(error) == pytest.approx(100 * sum(v > error for v in values) / len(values))


@given(errors)
def test_it_rises_in_true_steps_and_ends_at_one(values: list[float]) -> None:
    curve = edf(values)
    assert list(curve.errors) == sorted(values)
    assert list(curve.shares) == [pytest.approx((k + 1) / len(values)) for k in range(len(values))]
    assert curve.shares[-1] == 1


@given(errors, st.floats(0.001, 1))
def test_a_quantile_is_the_smallest_error_that_covers_the_share(values: list[float], share: float) -> None:
    curve = edf(values)
    found = curve.quantile(share)
    assert found is not None
    assert sum(v <= found for v in values) / len(values) >= share - 1e-9
    assert sum(v < found for v in values) / len(values) < share


def test_legend_is_n_minimum_mean() -> None:
    assert edf([6, 7, 8, 10, 11]).legend() == "5 | 6.0 | 8.4"
    assert edf([]).legend() == "0 | – | –"


def test_failed_trials_count_at_chance_level() -> None:
    curve = edf([5.0, None, math.nan, math.inf], num_classes=10)
    assert curve.errors == (5.0, 90.0, 90.0, 90.0)
    assert (curve.num_models, curve.num_failed) == (4, 3)
    assert curve.mean == pytest.approx(68.75)
    assert curve.percent_above(50) == 75


def test_failed_trials_without_chance_level_lie_right_of_the_curve() -> None:
    curve = edf([5.0, 6.0, None])
    assert curve.shares == pytest.approx((1 / 3, 2 / 3))
    assert curve.percent_above(99) == pytest.approx(100 / 3)
    assert curve.quantile(0.5) == 6.0
    assert curve.quantile(0.9) is None


@pytest.mark.parametrize(("n", "half_width"), [(100, 0.136), (500, 0.061)])
def test_the_band_is_that_of_dvoretzky_kiefer_wolfowitz(n: int, half_width: float) -> None:
    assert edf([1.0] * n).band == pytest.approx(half_width, abs=0.0005)


@pytest.mark.parametrize("share", [0, -0.1, 1.1])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        edf([1.0]).quantile(share)


def test_nothing_evaluated_yet_is_a_curve_without_steps() -> None:
    curve = edf([])
    assert (curve.shares, curve.minimum, curve.mean, curve.below(5), curve.percent_above(5)) == ((), None, None, 0, 0)
    assert json.loads(json.dumps(curve.as_json()))["errors"] == []
