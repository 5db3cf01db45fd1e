"""Scores that are expected of networks which were trained a few times each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.connections.expected import expected_scores


def test_by_hand() -> None:
    """Pooled variance 0.5 over two repeats; means vary by 4.5 − 0.5 · 0.75 between two: 8/33 and 4/33 of a half are luck."""
    found = expected_scores([1.0, 4.0], [1.0, 0.0], [3, 1])
    within, between = 1.0 / 2, 4.5 - 0.5 * (1 / 3 + 1) / 2
    assert found == pytest.approx([2.5 - 1.5 * 3 / (3 + within / between), 2.5 + 1.5 * 1 / (1 + within / between)])


def test_one_lucky_training_does_not_beat_many_good_ones() -> None:
    means = [0.80, 0.82, *np.linspace(0.5, 0.7, 14)]
    found = expected_scores(means, [0.9, *[0.0] * 15], [10, *[1] * 15])
    assert found[0] == max(found)


def test_without_a_repeat_means_stay() -> None:
    assert expected_scores([0.1, 0.7], [0.0, 0.0], [1, 1]).tolist() == [0.1, 0.7]
    assert expected_scores([0.3], [0.2], [4]).tolist() == [0.3]
    assert expected_scores([], [], []).tolist() == []


def test_a_spread_of_the_smallest_number_there_is() -> None:
    """A tenth of it is zero."""
    least = float(np.nextafter(0, 1))
    assert expected_scores([0.0, 0.0], [0.0, least], [1, 2]).tolist() == [0.0, 0.0]
    assert expected_scores([0.0, 1.0], [0.0, least], [1, 2]).tolist() == [0.0, 1.0]


def test_they_are_nearer_to_the_truth() -> None:
    """Wirings that differ by 1, trainings by 2: the mean squared error falls, and the best by it is better in truth."""
    rng = np.random.default_rng(0)
    errors, chosen = [], []
    for _ in range(200):
        truth, num = rng.normal(size=32), rng.integers(1, 8, size=32)
        scores = [rng.normal(mean, 2.0, size=each) for mean, each in zip(truth, num, strict=True)]
        means = np.array([each.mean() for each in scores])
        found = expected_scores(means, [each.var() * len(each) for each in scores], num)
        errors.append((((means - truth) ** 2).mean(), ((found - truth) ** 2).mean()))
        chosen.append((truth[means.argmax()], truth[found.argmax()]))
    before, after = np.mean(errors, axis=0)
    assert after < 0.6 * before
    before, after = np.mean(chosen, axis=0)
    assert after > before + 0.1


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1), st.integers(1, 9)), min_size=2, max_size=20))
def test_they_lie_between_the_mean_and_the_centre_and_keep_the_order_of_equals(rows: list[tuple[float, ...]]) -> None:
    means, spreads, trainings = (np.array(column) for column in zip(*rows, strict=True))
    found = expected_scores(means, np.where(trainings > 1, spreads, 0), trainings)
    centre = means.mean()
    assert np.all(np.abs(found - centre) <= np.abs(means - centre) + 1e-9)
    assert np.all((found - centre) * (means - centre) >= -1e-9)
    for num in set(trainings):
        same = trainings == num
        assert np.all(np.diff(found[same][np.argsort(means[same])]) >= -1e-9)
