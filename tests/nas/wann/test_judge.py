"""Rewards are means over trials that differ: trial r has the conditions of seed + r, on examples and in episodes."""

from __future__ import annotations

import numpy as np
import pytest

from nas.problems.cartpole_swingup import CartPoleSwingUp, CartPoleSwingUpConfig
from nas.problems.datasets.libraries import BundledLibrary
from nas.wann.judge import ControlJudge, ExamplesJudge, Judge
from tests.support.wann import grown


def examples() -> Judge:
    rng = np.random.default_rng(0)
    return ExamplesJudge(rng.normal(size=(90, 5)).astype(np.float32), np.zeros(90, dtype=np.int64), 20)


def episodes() -> Judge:
    return ControlJudge(CartPoleSwingUp(CartPoleSwingUpConfig(steps=20), BundledLibrary()))


@pytest.mark.parametrize(("judge", "outputs"), [(examples(), 2), (episodes(), 1)])
def test_repeats_are_means_over_trials_that_differ(judge: Judge, outputs: int) -> None:
    genomes = [grown(np.random.default_rng(seed), 10, num_inputs=5, num_outputs=outputs) for seed in range(3)]
    weights = np.array([-1.0, 0.5])
    each = [judge.judged(genomes, weights, repeats=1, seed=7 + trial).rewards for trial in range(3)]
    assert not np.allclose(each[0], each[1], rtol=1e-6)
    assert judge.judged(genomes, weights, repeats=3, seed=7).rewards == pytest.approx(np.mean(each, axis=0), rel=1e-12)
