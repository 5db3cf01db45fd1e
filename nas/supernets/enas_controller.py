"""The controller of ENAS: draws architectures, learns from the rewards of a batch of them. Pham et al. 2018, arXiv 1802.03268."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.controllers.adam import Adam
from nas.controllers.losses import reinforce_loss
from nas.controllers.policy import Drawn, Policy, Unrolled
from nas.core.space import Decision, Sequential
from nas.supernets.enas_recipe import EnasRecipe

_SPREAD = 0.1
_SWITCH = ("0", "1")
"""Options of a decision about a skip connection."""

Array = npt.NDArray[np.float64]


class Learned(NamedTuple):
    """Of one update: mean reward, the baseline after it, mean entropy of an architecture in nats."""

    reward: float
    baseline: float
    entropy: float


class EnasController:
    """A policy over the decisions of a space, its optimiser and its baseline. Rewards are fractions of right answers."""

    def __init__(self, space: Sequential, config: EnasRecipe, rng: Generator) -> None:
        self._space, self._config = space, config
        self._weights = config.shape.initial(space.decision_groups(), _SPREAD, rng)
        self._adam = Adam(config.controller_rate, self._weights)
        self._baseline: float | None = None

    def draw(self, rng: Generator, num: int, forbidden: frozenset[str] = frozenset()) -> list[Drawn]:
        return Policy(self._config.shape, self._weights).sample(self._space, rng, num, forbidden=forbidden)

    def learn(
        self, drawn: Sequence[Drawn], rewards: Sequence[float], forbidden: frozenset[str] = frozenset()
    ) -> Learned:
        """One step of REINFORCE. The reward that the baseline sees contains the entropy (published code).

        Sequences of other decisions (cells of fewer blocks) are read apart; their gradients add up.
        """
        policy = Policy(self._config.shape, self._weights)
        rows_of: dict[tuple[Decision, ...], list[int]] = {}
        for row, one in enumerate(drawn):
            rows_of.setdefault(one.decisions, []).append(row)
        read = {
            decisions: policy.read(decisions, [drawn[row].actions for row in rows], forbidden)
            for decisions, rows in rows_of.items()
        }
        entropies = np.zeros(len(drawn))
        for decisions, rows in rows_of.items():
            entropies[rows] = read[decisions].entropies
        total = np.asarray(rewards, dtype=np.float64) + self._config.entropy_weight * entropies
        decay = self._config.baseline_decay
        mean = float(total.mean())
        self._baseline = mean if self._baseline is None else decay * self._baseline + (1 - decay) * mean
        gradients: dict[str, Array] = {name: np.zeros_like(value) for name, value in self._weights.items()}
        for decisions, rows in rows_of.items():
            share = len(rows) / len(drawn)
            _, d_log_probs = reinforce_loss(read[decisions].log_probs, total[rows] - self._baseline)
            d_log_probs = share * (d_log_probs + self._skip_gradient(read[decisions]))
            own = policy.gradients(read[decisions], d_log_probs, np.zeros(len(rows)))
            gradients = {name: value + own[name] for name, value in gradients.items()}
        self._weights = self._adam.step(self._weights, gradients)
        return Learned(float(np.mean(rewards)), self._baseline, float(entropies.mean()))

    def _skip_gradient(self, read: Unrolled) -> Array:
        """Of weight · Σ over switches of KL(policy ‖ wanted) / number of layers, as the score function of what was drawn:
        the gradient of E[ln p(a) − ln wanted(a)] is E[(ln p(a) − ln wanted(a)) · ∇ ln p(a)].
        """
        gradient = np.zeros_like(read.log_probs)
        places = [place for place, decision in enumerate(read.decisions) if decision.options == _SWITCH]
        if not places or not self._config.skip_weight:
            return gradient
        num_layers = len(read.decisions) - len(places)
        wanted = np.array([log(1 - self._config.skip_share), log(self._config.skip_share)])
        surprise = read.log_probs[:, places] - wanted[read.actions[:, places]]
        gradient[:, places] = self._config.skip_weight * surprise / (len(gradient) * num_layers)
        return gradient

    def arrays(self) -> dict[str, Array]:
        """All it knows, by name."""
        arrays = {f"weights.{name}": np.asarray(value) for name, value in self._weights.items()}
        arrays |= {f"first.{name}": np.asarray(value) for name, value in self._adam.first.items()}
        arrays |= {f"second.{name}": np.asarray(value) for name, value in self._adam.second.items()}
        baseline = np.nan if self._baseline is None else self._baseline
        return arrays | {"state": np.array([self._adam.num_steps, baseline])}

    def load_arrays(self, arrays: Mapping[str, Array]) -> None:
        """The inverse of `arrays`. Raises KeyError when they belong to another policy."""
        names = list(self._weights)
        self._weights = {name: arrays[f"weights.{name}"] for name in names}
        self._adam.first = {name: arrays[f"first.{name}"] for name in names}
        self._adam.second = {name: arrays[f"second.{name}"] for name in names}
        num_steps, baseline = arrays["state"].tolist()
        self._adam.num_steps = int(num_steps)
        self._baseline = None if np.isnan(baseline) else float(baseline)
