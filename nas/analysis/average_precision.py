"""The area under the precision-recall curve, as average precision: how well scores find what is looked for. Imports nothing of ours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


def average_precision(scores: Floats, is_positive: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The sum over thresholds of (R_n - R_{n-1}) P_n, recall and precision of what lies at the n-th largest score or above.

    Equal scores are one threshold, so their order does not matter. Scores without any information give the share of
    positives.

    Args:
      scores: (…, n), larger is more likely positive.
      is_positive: (n,), at least one.

    Returns: (…), in (0, 1].

    Raises ValueError when a score is not finite or nothing is positive.
    """
    scores = np.asarray(scores, dtype=np.float64)
    positive = np.asarray(is_positive, dtype=bool)
    if not positive.any():
        raise ValueError("nothing is positive, so there is no precision to average")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite")
    num = scores.shape[-1]
    order = np.argsort(-scores, axis=-1, kind="stable")
    descending = np.take_along_axis(scores, order, axis=-1)
    hits = positive[order]
    ends = np.ones(scores.shape, dtype=bool)  # the last of those that share a score
    ends[..., :-1] = descending[..., 1:] != descending[..., :-1]
    end_of = np.where(ends, np.arange(num), num)
    end_of = np.flip(np.minimum.accumulate(np.flip(end_of, axis=-1), axis=-1), axis=-1)
    precision = np.cumsum(hits, axis=-1) / np.arange(1, num + 1)
    at_end = np.take_along_axis(precision, end_of, axis=-1)
    averaged: npt.NDArray[np.float64] = (at_end * hits).sum(axis=-1) / positive.sum()
    return averaged
