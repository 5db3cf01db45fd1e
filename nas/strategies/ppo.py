"""Proximal policy optimisation of a controller. Zoph et al. 2018, arXiv 1707.07012, appendix A; Tan et al. 2019,
arXiv 1807.11626; Schulman et al. 2017, arXiv 1707.06347.

Deviations: clip and epochs, which the papers on architectures leave open, are settings; the advantage is that of the
whole architecture, without a critic; defaults are for some hundred trials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from nas.controllers.losses import ppo_loss
from nas.controllers.policy import Policy
from nas.core.config import setting
from nas.strategies.controller_config import ControllerConfig
from nas.strategies.controller_search import Batch, ControllerSearch, alike


class PpoConfig(ControllerConfig):
    published_learning_rate: ClassVar[float] = 0.00035
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {
            "learning_rate": 0.00035,
            "batch_size": 20,
            "units": 100,
            "layers": 1,
            "initial_spread": 0.1,
            "entropy_weight": 1e-5,
            "attention": False,
        },
    }

    batch_size: int = setting(
        8,
        title="Children per update",
        description="Architectures that one controller draws before it learns from their rewards.",
        unit="architectures",
        ge=1,
        le=1_000,
    )
    entropy_weight: float = setting(
        0.01,
        title="Entropy weight",
        description="Rewards a policy that is undecided; more explores longer. Several steps per batch decide too soon without.",
        ge=0,
        le=10,
    )
    clip: float = setting(
        0.2,
        title="Clip",
        description="How far an update may move the probability of a decision, as a share, before it stops counting.",
        gt=0,
        lt=1,
    )
    epochs: int = setting(
        4, title="Epochs", description="Steps of the optimiser on each batch.", unit="epochs", ge=1, le=100
    )


class Ppo(ControllerSearch):
    """Each batch moves the policy several times, as long as it stays near the one that drew the batch."""

    name = "ppo"
    title = "Proximal policy optimisation"
    summary = "As reinforcement learning, but learns from each batch several times in small, bounded steps."
    source = "Zoph et al. 2018, arXiv 1707.07012; Schulman et al. 2017, arXiv 1707.06347"
    Config = PpoConfig

    config: PpoConfig

    def _improve(self, batches: Sequence[Batch]) -> float:
        drawn = [
            (before, batch.advantages[places], len(batch.children) * len(batches))
            for batch in batches
            for places, before in alike(batch, self._space)
        ]
        for _ in range(self.config.epochs):
            policy = Policy(self.config.shape, self._weights)
            gradients = []
            for before, advantages, num_children in drawn:
                share = len(advantages) / num_children
                now = policy.read(before.decisions, before.actions.tolist(), before.forbidden)
                _, d_log_probs = ppo_loss(now.log_probs, before.log_probs, advantages, self.config.clip)
                d_entropies = np.full(len(advantages), -self.config.entropy_weight / num_children)
                gradients.append(policy.gradients(now, share * d_log_probs, d_entropies))
            self._step(gradients)
        return float(sum(before.entropies.sum() / num_children for before, _, num_children in drawn))
