"""Reinforcement learning by the plain policy gradient. Zoph and Le 2017, arXiv 1611.01578; Williams 1992.

Deviations: a layer's anchor points are decided one after the other, each knowing those before; defaults are for some
hundred trials, the published settings are the preset "paper".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from nas.controllers.losses import reinforce_loss
from nas.controllers.policy import Policy
from nas.strategies.controller_config import ControllerConfig
from nas.strategies.controller_search import Child, ControllerSearch, alike


class ReinforceConfig(ControllerConfig):
    published_learning_rate: ClassVar[float] = 0.0006
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {
            "learning_rate": 0.0006,
            "batch_size": 8,
            "units": 35,
            "layers": 2,
            "initial_spread": 0.08,
            "reward_power": 3.0,
        },
    }


class Reinforce(ControllerSearch):
    """Each batch moves the policy once: towards what was better than the baseline, away from what was worse."""

    name = "reinforce"
    title = "Reinforcement learning"
    summary = "A recurrent controller writes architectures decision by decision and learns to repeat what scored well."
    source = "Zoph and Le 2017, arXiv 1611.01578"
    Config = ReinforceConfig

    config: ReinforceConfig

    def _improve(self, pulled: Policy, batch: Sequence[Child], advantages: npt.NDArray[np.float64]) -> float:
        gradients, entropy = [], 0.0
        for places, read in alike(pulled, batch, self._space):
            share = len(places) / len(batch)
            _, d_log_probs = reinforce_loss(read.log_probs, advantages[places])
            d_entropies = np.full(len(places), -self.config.entropy_weight / len(batch))
            gradients.append(pulled.gradients(read, share * d_log_probs, d_entropies))
            entropy += float(read.entropies.sum()) / len(batch)
        self._step(gradients)
        return entropy
