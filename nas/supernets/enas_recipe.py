"""The settings of ENAS: how the shared weights are trained, and how the controller learns from them. No torch: forms read it."""

from __future__ import annotations

from nas.controllers.policy import PolicyShape
from nas.core.config import setting
from nas.supernets.recipe import SupernetRecipe


class EnasRecipe(SupernetRecipe):
    controller_updates: int = setting(
        30,
        title="Controller updates",
        description="Steps of the controller after each epoch of the shared weights.",
        unit="updates",
        ge=1,
        le=10_000,
    )
    samples_per_update: int = setting(
        10,
        title="Architectures per update",
        description="Drawn for one update; each is rewarded by its accuracy on one batch of held-out training examples.",
        unit="architectures",
        ge=1,
        le=1000,
    )
    controller_rate: float = setting(
        0.005,
        title="Controller's learning rate",
        description="Of Adam. Published: 0.00035 (paper), 0.0035 (code, micro), 0.001 (code, macro), for 150 epochs and more.",
        gt=0,
        le=1,
    )
    units: int = setting(
        64, title="Controller units", description="Of the LSTM.", unit="units", ge=4, le=1024, advanced=True
    )
    layers: int = setting(
        1, title="Controller layers", description="LSTMs on top of each other.", ge=1, le=4, advanced=True
    )
    tanh_constant: float = setting(
        1.1,
        title="Tanh constant",
        description="Scores z become c·tanh(z / T), which keeps the policy from deciding too soon; 0 leaves them.",
        ge=0,
        le=100,
        advanced=True,
    )
    temperature: float = setting(
        1.0, title="Temperature", description="T, by which scores are divided first.", gt=0, le=100, advanced=True
    )
    baseline_decay: float = setting(
        0.95,
        title="Baseline decay",
        description="Of the moving average of rewards that a reward must exceed to count as good.",
        ge=0,
        lt=1,
        advanced=True,
    )
    entropy_weight: float = setting(
        1e-4,
        title="Entropy weight",
        description="What a nat of undecidedness adds to the reward; more explores longer.",
        ge=0,
        le=10,
        advanced=True,
    )
    skip_share: float = setting(
        0.4,
        title="Wanted skip connections",
        description="Share of switches that should be on, where a space has switches (ENAS macro).",
        gt=0,
        lt=1,
        advanced=True,
    )
    skip_weight: float = setting(
        0.8,
        title="Weight of that wish",
        description="Of the divergence from the wanted share of skip connections in the controller's loss.",
        ge=0,
        le=100,
        advanced=True,
    )
    derive_samples: int = setting(
        20,
        title="Architectures looked at",
        description="Drawn after each epoch and scored on all validation examples; the best ones are trained from scratch.",
        unit="architectures",
        ge=1,
        le=1000,
    )

    @property
    def shape(self) -> PolicyShape:
        return PolicyShape(self.units, self.layers, self.tanh_constant, self.temperature)
