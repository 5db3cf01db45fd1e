"""Early stopping by the sharpness of the validation loss in the alphas. Zela et al. 2020, arXiv 1909.09656, section 4.3.

The rule of the published code (automl/RobustDARTS, src/utils.py, EVLocalAvg): the mean of five eigenvalues in a row stands for
the epoch in their middle; where it is more than 1.3 times the mean of four entries before, the search should have ended there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WINDOW = 5
DELTA = 4
FACTOR = 1.3


class EigenvalueStop:
    """Gets the facts of one epoch after the other; remembers no more of them than the rule looks back."""

    def __init__(self, first_epoch: int) -> None:
        """`first_epoch`: none before it can be the one at which the search should have ended."""
        self._first_epoch = first_epoch
        self._seen: list[Mapping[str, Any]] = []

    def add(self, facts: Mapping[str, Any]) -> None:
        """`EpochFacts.as_json` of an epoch; those without an eigenvalue do not count."""
        if "eigenvalue" in facts["data"]:
            self._seen.append(facts)
            del self._seen[: -(WINDOW + DELTA)]

    def verdict(self) -> Mapping[str, Any] | None:
        """The facts of the epoch at which the search should have ended; None to go on."""
        if len(self._seen) < WINDOW + DELTA:
            return None
        before, now = _mean(self._seen[:WINDOW]), _mean(self._seen[-WINDOW:])
        middle = self._seen[WINDOW // 2]
        if middle["epoch"] < self._first_epoch or before <= 0 or now / before <= FACTOR:
            return None
        return middle

    def as_json(self) -> list[Mapping[str, Any]]:
        return list(self._seen)

    def load(self, value: Sequence[Mapping[str, Any]]) -> None:
        """Go on as the one that wrote `value`."""
        self._seen = list(value)


def _mean(facts: Sequence[Mapping[str, Any]]) -> float:
    return sum(float(each["data"]["eigenvalue"]) for each in facts) / len(facts)
