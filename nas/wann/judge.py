"""How well topologies do with each of some shared weights: on labelled examples, or by acting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nas.core.problem import Problem, supervised
from nas.islands.island import Warm
from nas.wann.control import Control, rollout
from nas.wann.genome import Genome
from nas.wann.packed import Examples, scores_of
from nas.wann.topology import Topology

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """`rewards`: (P, W) finite, larger is better; `accuracies`: (P, W), None where there are no labels."""

    rewards: Floats
    accuracies: Floats | None


class Judge(Protocol):
    def judged(self, genomes: Sequence[Genome], weights: Floats, *, repeats: int, seed: int) -> Judged:
        """Means over `repeats` trials under the same conditions for all: trial r is drawn from seed + r."""
        ...


class ExamplesJudge:
    """Mean log-probability of the right label on random batches of the training part; the whole part where it is smaller."""

    def __init__(self, inputs: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], batch_size: int) -> None:
        self._inputs = inputs
        self._labels = labels
        self._batch_size = min(batch_size, len(labels))

    def judged(self, genomes: Sequence[Genome], weights: Floats, *, repeats: int, seed: int) -> Judged:
        rewards, accuracies = np.zeros((2, len(genomes), len(weights)))
        for repeat in range(repeats):
            rng = np.random.default_rng(seed + repeat)
            chosen = rng.choice(len(self._labels), self._batch_size, replace=False)
            scores = scores_of(genomes, Examples.of(self._inputs[chosen], self._labels[chosen]), weights)
            rewards += scores.rewards / repeats
            accuracies += scores.accuracies / repeats
        return Judged(rewards, accuracies)


class ControlJudge:
    """Mean return over episodes."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def judged(self, genomes: Sequence[Genome], weights: Floats, *, repeats: int, seed: int) -> Judged:
        topologies = [Topology.of_genome(genome) for genome in genomes]
        return Judged(rollout(self._control, topologies, weights, episodes=repeats, seed=seed).mean(axis=2), None)


def judge_of(problem: Problem, batch_size: int, cached: Warm) -> Judge:
    """The judge for a problem. Raises InvalidConfig at "problem" where it has neither examples nor episodes."""
    if isinstance(problem, Control):
        return ControlJudge(problem)
    splits = cached(f"splits:{problem.fingerprint()}", supervised(problem).splits)
    return ExamplesJudge(splits.train.inputs, splits.train.targets, batch_size)
