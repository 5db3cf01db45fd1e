"""The predictor of progressive search: how it begins, learns, goes on, and scores sums without making them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from nas.analysis.statistics import spearman
from nas.surrogates.accuracy_predictor import AccuracyPredictor, PredictorShape

SHAPE = PredictorShape(num_members=3, width=12, epochs=40)


def data(num: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Four axes; the third says nothing, the fourth never varies."""
    inputs = Generator(PCG64(seed)).random((num, 4))
    inputs[:, 3] = 0.0
    return inputs, 1 / (1 + np.exp(-3 * (inputs[:, 0] - inputs[:, 1])))


def test_untaught_it_says_nearly_the_mean() -> None:
    inputs, targets = data(50)
    begun = AccuracyPredictor.begun(inputs, targets * 0.2 + 0.7, SHAPE, Generator(PCG64(1)))
    assert begun.predict(inputs).mean == pytest.approx(np.full(50, 0.8), abs=0.06)


def test_it_learns_an_order_and_goes_on_from_what_it_knows() -> None:
    inputs, targets = data(100)
    rng = Generator(PCG64(2))
    begun = AccuracyPredictor.begun(inputs, targets, SHAPE, rng)
    before = begun.flat.copy()
    taught = begun.learned(inputs, targets, 0.01, rng)
    np.testing.assert_array_equal(begun.flat, before)  # the untaught one stays
    unseen, expected = data(100, seed=9)
    first = spearman(taught.predict(unseen).mean, expected)
    assert first is not None
    assert first > 0.9
    further = taught.learned(inputs, targets, 0.002, rng)
    errors = [float(np.abs(p.predict(unseen).mean - expected).mean()) for p in (begun, taught, further)]
    assert errors[0] > 2 * errors[1]
    assert errors[2] < 1.5 * errors[1]


def test_an_axis_that_never_varied_says_nothing_until_it_does() -> None:
    inputs, targets = data(60)
    rng = Generator(PCG64(3))
    taught = AccuracyPredictor.begun(inputs, targets, SHAPE, rng).learned(inputs, targets, 0.01, rng)
    moved = inputs.copy()
    moved[:, 3] = 1.0
    np.testing.assert_array_equal(taught.predict(moved).mean, taught.predict(inputs).mean)
    both, all_targets = np.concatenate([inputs, moved]), np.concatenate([targets, targets * 0.3])
    again = taught.learned(both, all_targets, 0.01, rng)
    assert again.predict(moved).mean.mean() < again.predict(inputs).mean.mean() - 0.05


def test_members_see_different_parts_so_they_differ() -> None:
    inputs, targets = data(40)
    rng = Generator(PCG64(4))
    found = AccuracyPredictor.begun(inputs, targets, SHAPE, rng).learned(inputs, targets, 0.01, rng).predict(inputs)
    assert np.all(found.low <= found.mean)
    assert np.all(found.mean <= found.high)
    assert float((found.high - found.low).min()) > 0


@pytest.mark.parametrize(("num_first", "num_second"), [(7, 5), (1, 9), (600, 700)])
def test_sums_are_scored_as_if_they_had_been_made(num_first: int, num_second: int) -> None:
    inputs, targets = data(40)
    rng = Generator(PCG64(5))
    taught = AccuracyPredictor.begun(inputs, targets, SHAPE, rng).learned(inputs, targets, 0.01, rng)
    first, second = rng.random((num_first, 4)), rng.random((num_second, 4))
    scores = taught.predict_sums(first, second)
    assert scores.shape == (num_first, num_second)
    for i, j in ((0, 0), (num_first - 1, num_second - 1), (num_first // 2, num_second // 3)):
        assert scores[i, j] == pytest.approx(taught.predict(first[i : i + 1] + second[j]).mean[0], abs=1e-5)


def test_it_comes_back_from_storage_to_the_last_bit() -> None:
    inputs, targets = data(30)
    rng = Generator(PCG64(6))
    taught = AccuracyPredictor.begun(inputs, targets, SHAPE, rng).learned(inputs, targets, 0.01, rng)
    back = AccuracyPredictor.stored(taught.flat.copy(), 4, SHAPE)
    np.testing.assert_array_equal(back.predict(inputs).mean, taught.predict(inputs).mean)
    with pytest.raises(ValueError, match="weights"):
        AccuracyPredictor.stored(taught.flat[:-1], 4, SHAPE)


def test_one_result_is_enough() -> None:
    rng = Generator(PCG64(7))
    taught = AccuracyPredictor.begun(np.zeros((1, 2)), np.array([0.5]), SHAPE, rng)
    assert np.isfinite(taught.learned(np.zeros((1, 2)), np.array([0.5]), 0.01, rng).flat).all()
