"""Pareto dominance and the front of a run on plain numbers, everything minimised. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

STATE_VERSION = 1

K = TypeVar("K", bound=Hashable)


def dominates(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether `a` is at least as good as `b` in every objective and better in one (Deb et al. 2002). Smaller is better."""
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(x < y for x, y in zip(a, b, strict=True))


def non_dominated(losses: Sequence[Sequence[float]]) -> list[int]:
    """Indices of the points no other point dominates, in input order; duplicates of a front point all stay. O(n · front).

    Args:
      losses: n points of m numbers each, smaller is better.
    """
    if not len(losses):
        return []
    front: Front[int] = Front(len(losses[0]))
    # In lexicographic order nothing that has entered is ever removed again.
    for i in sorted(range(len(losses)), key=lambda i: tuple(losses[i])):
        front.add(i, losses[i])
    return sorted(front.keys())


@dataclass(frozen=True, slots=True)
class FrontChange(Generic[K]):
    """What one `add` did: keys that entered and keys that left."""

    added: tuple[K, ...] = ()
    removed: tuple[K, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


class Front(Generic[K]):
    """The non-dominated feasible points seen so far, in the order in which they entered.

    Keys are the trials' numbers or ids, unique on a front. A point equal to one on the front is kept beside it. `add` is one
    vectorised pass over the front: O(front · objectives).
    """

    def __init__(self, num_objectives: int) -> None:
        if num_objectives < 1:
            raise ValueError(f"a front has at least one objective, got {num_objectives}")
        self.num_objectives = num_objectives
        self._keys: list[K] = []
        self._known: set[K] = set()
        self._losses = np.empty((16, num_objectives))  # grows by doubling; the first `len(self)` rows count

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._known

    def keys(self) -> list[K]:
        return list(self._keys)

    def losses(self) -> npt.NDArray[np.float64]:
        """(num_points, num_objectives), a copy."""
        return self._losses[: len(self)].copy()

    def points(self) -> list[tuple[K, tuple[float, ...]]]:
        """(key, losses) of each."""
        return list(zip(self._keys, map(tuple, self._losses[: len(self)].tolist()), strict=True))

    def add(self, key: K, losses: Sequence[float], *, is_feasible: bool = True) -> FrontChange[K]:
        """Take note of a point; an infeasible one never enters.

        Args:
          losses: one finite number per objective, smaller is better.

        Raises ValueError for a wrong number of losses, a loss that is not finite, a key that is on the front.
        """
        if len(losses) != self.num_objectives:
            raise ValueError(f"expected {self.num_objectives} losses, got {len(losses)}")
        new = np.asarray(losses, dtype=np.float64)
        if not np.isfinite(new).all():
            raise ValueError(f"losses must be finite, got {tuple(losses)}; a diverged trial never enters a front")
        if key in self._known:
            raise ValueError(f"point {key!r} is on the front already")
        if not is_feasible:
            return FrontChange()
        size = len(self)
        no_worse = np.ones(size, dtype=bool)  # column by column: far fewer passes than reductions over rows
        no_better = np.ones(size, dtype=bool)
        for column, value in zip(self._losses[:size].T, new, strict=True):
            no_worse &= column <= value
            no_better &= column >= value
        if (no_worse & ~no_better).any():
            return FrontChange()
        leaves = no_better & ~no_worse
        removed = tuple(self._keys[i] for i in np.flatnonzero(leaves))
        if removed:
            self._known.difference_update(removed)
            self._keys = [key for key in self._keys if key in self._known]
            self._losses[: len(self)] = self._losses[:size][~leaves]
        if len(self) == len(self._losses):
            self._losses = np.concatenate([self._losses, np.empty_like(self._losses)])
        self._losses[len(self)] = new
        self._keys.append(key)
        self._known.add(key)
        return FrontChange(added=(key,), removed=removed)

    def state_dict(self) -> dict[str, Any]:
        """JSON when the keys are; dominated points are forgotten, they can never come back."""
        return {
            "version": STATE_VERSION,
            "num_objectives": self.num_objectives,
            "keys": list(self._keys),
            "losses": self._losses[: len(self)].tolist(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Front[K]:
        """The inverse of `state_dict`. Raises ValueError for another version or damaged columns."""
        if state["version"] != STATE_VERSION:
            raise ValueError(f"the stored front has version {state['version']}, expected {STATE_VERSION}")
        front = cls(state["num_objectives"])
        front._keys = list(state["keys"])
        front._known = set(front._keys)
        losses = np.asarray(state["losses"], dtype=np.float64).reshape(-1, front.num_objectives)
        if not len(front._keys) == len(front._known) == len(losses) or not np.isfinite(losses).all():
            raise ValueError("the stored front is damaged: its keys and losses do not fit together")
        if len(losses):
            front._losses = losses
        return front
