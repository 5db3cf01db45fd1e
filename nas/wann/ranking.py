"""Which topologies survive and which become parents. Gaier and Ha 2019, arXiv 1906.04358, section 3.1 and appendix."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.analysis.ranking import crowding_distances, non_dominated_ranks

Crowding = Literal["range", "published"]
"""How distances inside a front are made comparable: by the range of the front, or as the published code does."""

Floats = npt.NDArray[np.float64]
Order = npt.NDArray[np.int64]


def ranked(means: Floats, seconds: Floats, crowding: Crowding = "range") -> Order:
    """All members, the best first: by non-dominated front of the two objectives, inside one the least crowded first, then the
    first of the list.

    Args:
      means: (P,) mean reward over the shared weights; larger is better.
      seconds: (P,) the other objective, `simplicity` or the peak reward; larger is better.
    """
    losses = -np.stack([means, seconds], axis=1)
    fronts = non_dominated_ranks(losses)
    distances = np.empty(len(losses))
    for front in range(int(fronts.max(initial=-1)) + 1):
        members = np.flatnonzero(fronts == front)
        of_front = losses[members]
        distances[members] = (
            crowding_distances(of_front)
            if crowding == "range"
            else _published_distances(-of_front[:, 0]) + _published_distances(-of_front[:, 1])
        )
    return np.lexsort((-distances, fronts))


def simplicity(num_connections: npt.NDArray[np.int64]) -> Floats:
    """1 / connections; a network without any counts as one with one."""
    return 1.0 / np.maximum(num_connections, 1)


def tournament_parents(num_children: int, num_members: int, size: int, rng: Generator) -> Order:
    """(num_children,) places in an order whose best is 0.

    Two tournaments of `size`, members drawn with replacement, and the better of both winners: as crossover is off, that is one
    tournament of twice the size. Kept so that published sizes keep their meaning.
    """
    winners: Order = rng.integers(num_members, size=(num_children, 2 * size)).min(axis=1)
    return winners


def _published_distances(objective: Floats) -> Floats:
    """The published code scales gaps by |1 / max − min| where 1 / (max − min) was meant; one without a range it leaves as it is."""
    order = np.argsort(objective, kind="stable")
    ascending = objective[order]
    gaps = np.concatenate([[np.inf], np.diff(ascending), [np.inf]])
    crowded = gaps[:-1] + gaps[1:]
    if ascending[-1] > ascending[0]:
        # A largest value of 0 makes the factor infinite there; here all gaps then count alike.
        crowded *= abs(1 / ascending[-1] - ascending[0]) if ascending[-1] != 0 else 1.0
    distances = np.empty(len(objective))
    distances[order] = crowded
    return distances
