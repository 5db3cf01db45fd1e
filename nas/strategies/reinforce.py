"""Reinforcement learning by the plain policy gradient. Zoph and Le 2017, arXiv 1611.01578; Williams 1992.

Deviations: a layer's anchor points are decided one after the other, each knowing those before; defaults are for some
hundred trials, the published settings are the preset "paper".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from nas.controllers.losses import reinforce_loss
from nas.strategies.controller_config import ControllerConfig
from nas.strategies.controller_search import Batch, ControllerSearch, alike


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

    def _improve(self, batches: Sequence[Batch]) -> float:
        """Gradients are those at the weights that drew the batch, also where these are not the shared ones any more."""
        gradients, entropy = [], 0.0
        for batch in batches:
            num_children = len(batch.children) * len(batches)
            for places, read in alike(batch, self._space):
                share = len(places) / num_children
                _, d_log_probs = reinforce_loss(read.log_probs, batch.advantages[places])
                d_entropies = np.full(len(places), -self.config.entropy_weight / num_children)
                gradients.append(batch.pulled.gradients(read, share * d_log_probs, d_entropies))
                entropy += float(read.entropies.sum()) / num_children
        self._step(gradients)
        return entropy
