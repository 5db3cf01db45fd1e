"""Weights by gradient descent: Adam, its rate falling as half a cosine, gradients of bounded length."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from numpy.random import Generator
from torch import nn
from torch.nn import functional

from nas.core.errors import Interrupted
from nas.training.optimizer import AdamSettings, Optimizer
from nas.wann.network_kernels import LOWEST_LOG
from nas.wann.tuning.climb import ShouldStop, thinned
from nas.wann.tuning.examples_ground import ExamplesGround

EVALUATIONS_PER_STEP = 3
"""A forward pass, and a backward pass that costs as much as two."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """`evaluations`: as in `Climbed`; `curve`: (evaluations so far, log-probability on the batch)."""

    evaluations: int
    curve: tuple[tuple[int, float], ...]


def fit(
    network: nn.Module,
    ground: ExamplesGround,
    rng: Generator,
    *,
    budget: int,
    learning_rate: float = 0.01,
    longest_gradient: float = 1.0,
    should_stop: ShouldStop = lambda: False,
) -> Fitted:
    """Train `network`, on the ground's device, on batches of its training part. Raises Interrupted.

    A step whose gradient is not finite is left out.
    """
    inputs, targets = ground.parts["train"]
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimizer = Optimizer(parameters, AdamSettings(learning_rate))
    num_steps = budget // EVALUATIONS_PER_STEP
    curve = []
    for step in range(num_steps):
        if should_stop():
            raise Interrupted("stopped between two steps")
        optimizer.rate = learning_rate * (1 + math.cos(math.pi * step / num_steps)) / 2
        chosen = torch.from_numpy(ground.turn(rng)).to(ground.device)
        loss = functional.cross_entropy(network(inputs[chosen]), targets[chosen])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if bool(nn.utils.clip_grad_norm_(parameters, longest_gradient).isfinite()):
            optimizer.step()
        if step % 20 == 0 or step == num_steps - 1:
            value = float(loss.detach())
            curve.append((EVALUATIONS_PER_STEP * (step + 1), -value if math.isfinite(value) else LOWEST_LOG))
    return Fitted(EVALUATIONS_PER_STEP * num_steps, thinned(curve))
