"""Training and scoring a whole population at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from nas.connections.stacked import Part, StackedNetworks
from nas.core.problem import UNKNOWN, OutputScored
from nas.training.data import Examples, batch_bounds, batches_per_epoch
from nas.training.optimizer import Optimizer
from nas.training.schedule import rate_factor

_SCORED_AT_ONCE = 16_384  # candidates times examples


@dataclass(frozen=True, slots=True)
class PopulationRecipe:
    """SGD with Nesterov momentum, the rate half a cosine down to zero. `gradient_clip`: largest norm of a candidate's gradient."""

    base_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    batch_size: int = 64
    gradient_clip: float | None = 5.0

    @property
    def optimizer(self) -> Literal["sgd"]:
        return "sgd"

    @property
    def nesterov(self) -> bool:
        return True


def train(
    networks: StackedNetworks,
    examples: Examples,
    recipe: PopulationRecipe,
    epochs: int,
    order: torch.Generator,
    *,
    judge: OutputScored | None = None,
) -> None:
    """`epochs` of training, the same batches in the same `order` for all.

    A candidate whose loss becomes infinite goes on as NaN and disturbs no other.
    """
    parts = networks.trained()
    for part in parts:
        part.tensor.requires_grad_(True)
    optimizer = Optimizer([part.tensor for part in parts], recipe)
    num_batches = batches_per_epoch(len(examples), recipe.batch_size)
    for epoch in range(epochs):
        shuffled = torch.randperm(len(examples), generator=order)
        for batch in range(num_batches):
            inputs, targets = examples.batch(shuffled[slice(*batch_bounds(batch, len(examples), recipe.batch_size))])
            outputs = networks(inputs, training=True)
            losses = _losses(outputs, inputs, targets, judge)
            optimizer.zero_grad()
            losses.sum().backward()  # type: ignore[no-untyped-call]  # torch's own annotations end here
            if recipe.gradient_clip is not None:
                _clip(parts, networks.num, recipe.gradient_clip)
            optimizer.rate = recipe.base_rate * rate_factor(
                "cosine", epoch * num_batches + batch, epochs * num_batches, 0
            )
            optimizer.step()
    for part in parts:
        part.tensor.requires_grad_(False)
        part.tensor.grad = None


def scores(
    networks: StackedNetworks, examples: Examples, judge: OutputScored | None = None
) -> list[Mapping[str, float]]:
    """Of each candidate accuracy, error_percent, loss and what the problem measures itself; NaN where outputs are not finite."""
    written: list[Tensor] = []
    size = max(1, _SCORED_AT_ONCE // networks.num)
    with torch.no_grad():
        for indices in torch.split(torch.arange(len(examples)), size):
            inputs, _ = examples.batch(indices)
            written.append(networks(inputs).float().cpu())
    outputs = torch.cat(written, dim=1)  # (P, n, num_outputs)
    inputs, targets = examples.inputs.cpu(), examples.targets.cpu()
    known = targets != UNKNOWN
    losses = _losses(outputs[:, known], inputs[known], targets[known], judge).double()
    right = (outputs.argmax(dim=2) == targets)[:, known].double().mean(dim=1)
    found: list[Mapping[str, float]] = []
    for place, output in enumerate(outputs):
        is_finite = bool(torch.isfinite(output).all())
        accuracy = float(right[place]) if is_finite else math.nan
        loss = float(losses[place]) if is_finite else math.nan
        own = judge.output_metrics(output.numpy(), inputs.numpy(), targets.numpy()) if judge and is_finite else {}
        found.append({"accuracy": accuracy, "error_percent": 100 * (1 - accuracy), "loss": loss, **own})
    return found


def _losses(outputs: Tensor, inputs: Tensor, targets: Tensor, judge: OutputScored | None) -> Tensor:
    """(P,): the mean over the examples, of each candidate by itself."""
    if judge is not None and judge.learns_inputs:
        return (outputs - inputs.flatten(1)).square().mean(dim=(1, 2))
    each = functional.cross_entropy(
        outputs.transpose(1, 2), targets.expand(len(outputs), -1), reduction="none"
    )  # (P, B)
    return each.mean(dim=1)


def _clip(parts: list[Part], num: int, limit: float) -> None:
    """Gradients of each candidate scaled down to a norm of `limit`; never over the whole stack."""
    squares = torch.zeros(num, device=parts[0].tensor.device)
    gradients = [(part.tensor.grad, part.axis) for part in parts]
    for gradient, axis in gradients:
        if gradient is not None:
            others = [other for other in range(gradient.dim()) if other != axis]
            squares += gradient.square().sum(dim=others)
    factor = (limit / (squares.sqrt() + 1e-6)).clamp(max=1.0)
    for gradient, axis in gradients:
        if gradient is not None:
            gradient.mul_(factor.view([num if other == axis else 1 for other in range(gradient.dim())]))
