"""What a network will score that was trained a few times: empirical Bayes, after Efron and Morris 1975.

Of many that were trained once the best one was mostly lucky. So each mean is drawn towards that of all, the more the fewer
trainings stand behind it and the more trainings of one wiring differ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LEAST_DIFFERENCE = 0.1
"""Wirings are taken to differ by at least this share of the variance of one wiring: an order is always wanted."""


def expected_scores(means: ArrayLike, spreads: ArrayLike, trainings: ArrayLike) -> NDArray[Any]:
    """(n,): the expected score of each.

    Args:
      means: (n,), the mean score over the trainings of each; finite.
      spreads: (n,), the sum of squared deviations from that mean.
      trainings: (n,), at least one each. Where nobody was trained twice nothing is known of luck, and means stay.
    """
    mean, num = np.asarray(means, dtype=float), np.asarray(trainings, dtype=float)
    repeats = float((num - 1).sum())
    if repeats == 0 or len(mean) < 2:
        return mean
    within = float(np.sum(spreads)) / repeats
    between = float(mean.var(ddof=1)) - within * float((1 / num).mean())
    # Compared before it is divided: a tenth of the smallest number there is would be zero.
    luck = within / between if between > _LEAST_DIFFERENCE * within else 1 / _LEAST_DIFFERENCE
    centre = mean.mean()
    found: NDArray[Any] = centre + (mean - centre) * num / (num + luck)
    return found
