"""Average precision: scikit-learn's numbers, ties included; hand-made cases; refusals."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from nas.analysis.average_precision import average_precision


@pytest.mark.parametrize("levels", [2, 5, 1_000_000])
def test_it_equals_scikit_learn_with_and_without_ties(levels: int) -> None:
    rng = np.random.default_rng(levels)
    for _ in range(100):
        num = int(rng.integers(2, 200))
        positive = rng.random(num) < rng.uniform(0.05, 0.95)
        positive[rng.integers(num)] = True
        scores = rng.integers(levels, size=num) / 7
        assert average_precision(scores, positive) == pytest.approx(
            average_precision_score(positive, scores), rel=0, abs=1e-12
        )


def test_rows_are_judged_by_themselves() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(50) < 0.3
    scores = rng.integers(9, size=(3, 4, 50))
    found = average_precision(scores, positive)
    assert found.shape == (3, 4)
    assert found[1, 2] == average_precision(scores[1, 2], positive)


def test_scores_that_say_nothing_reach_the_share_of_positives() -> None:
    positive = np.array([True, False, False, False, True])
    assert average_precision(np.zeros(5), positive) == pytest.approx(0.4)
    assert average_precision(np.arange(5.0), np.arange(5) >= 3) == 1.0


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is positive"):
        average_precision(np.zeros(3), np.zeros(3, dtype=bool))
    with pytest.raises(ValueError, match="finite"):
        average_precision(np.array([0.0, np.nan]), np.array([True, False]))
