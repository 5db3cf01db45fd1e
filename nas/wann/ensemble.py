"""Answers of one topology with several shared weights, taken as votes. Gaier and Ha 2019, arXiv 1906.04358, section 4.2."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def majority(outputs: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """(n,) the class with the most votes, one per weight; among equals the one with the largest sum of probabilities.

    Args:
      outputs: (W, n, O), before softmax. A network that gives something that is no number does not vote.
    """
    is_number = np.isfinite(outputs).all(axis=2, keepdims=True)
    safe = np.where(is_number, outputs, 0.0)
    shares = np.exp(safe - safe.max(axis=2, keepdims=True))
    shares /= shares.sum(axis=2, keepdims=True)
    votes = safe.argmax(axis=2)[..., None] == np.arange(outputs.shape[2])
    # A sum of probabilities is at most W: divided by W + 1 it never outweighs a vote.
    ranking = ((votes + shares / (len(outputs) + 1)) * is_number).sum(axis=0)
    answers: npt.NDArray[np.int64] = ranking.argmax(axis=1)
    return answers
