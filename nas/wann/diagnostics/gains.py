"""Where gradients vanish: the slope of each node on a batch, and what of the loss arrives at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nas.wann.activations import ACTIVATIONS
from nas.wann.forward import FUNCTIONS, Forward
from nas.wann.topology import Topology

SATURATED = 0.01
"""A slope below this passes next to nothing on."""

SATURATING = frozenset({2, 4, 5, 6})
"""Activations that are flat far from zero: step, Gaussian, tanh, sigmoid."""

SMALL_GAIN = 0.25


@dataclass(frozen=True, slots=True)
class NodeGain:
    """One hidden node on a batch.

    Attributes:
      number: of the hidden node, counted from 0 in order of creation.
      gain: mean |f'(z)|.
      saturated: share of examples with |f'(z)| < 0.01.
      signal: mean |∂loss/∂z|, the loss being that of the single example.
    """

    number: int
    activation: int
    level: int
    gain: float
    saturated: float
    signal: float


@dataclass(frozen=True, slots=True)
class ActivationGain:
    """Nodes of one activation: medians of their gains and signals, the mean of their saturated shares."""

    activation: int
    name: str
    count: int
    gain: float
    saturated: float
    signal: float


@dataclass(frozen=True, slots=True)
class Gains:
    """`signal_ratio`: mean signal of the first level over that of the last; None without two levels or a signal."""

    nodes: tuple[NodeGain, ...]
    activations: tuple[ActivationGain, ...]
    signal_ratio: float | None

    def vanishing(self) -> tuple[int, ...]:
        """Ids of the activations whose median gain is small here."""
        return tuple(one.activation for one in self.activations if one.gain < SMALL_GAIN)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def saturating_share(topology: Topology) -> float:
    """Of the hidden nodes that are computed, how many have an activation that is flat far from zero; 0 without any."""
    return fmean(int(kind) in SATURATING for kind in topology.activations) if topology.num_hidden else 0.0


def gains(wiring: Forward, weights: Tensor, inputs: Tensor, targets: Tensor) -> Gains:
    """Slopes and signals by autograd.

    Args:
      weights: (E,)
      inputs: (N, I); targets: (N,) labels, the loss being the cross-entropy.
    """
    sums: list[Tensor] = []
    slopes: list[Tensor] = []

    def observe(kind: int, _first: int, z: Tensor) -> Tensor:
        z = z if z.requires_grad else z.detach().requires_grad_()
        z.retain_grad()
        sums.append(z)
        slopes.append(slope(kind, z))
        return z

    with torch.enable_grad():
        outputs = wiring(inputs, weights.detach().clone().requires_grad_()[None], observe=observe)[0]
        functional.cross_entropy(outputs, targets, reduction="sum").backward()  # type: ignore[no-untyped-call]
    topology = wiring.topology
    nodes: list[NodeGain] = []
    for z, slope_of_z in zip(sums, slopes, strict=True):
        arrived = torch.zeros_like(z) if z.grad is None else z.grad
        for values, signals in zip(slope_of_z[0].abs(), arrived[0].abs(), strict=True):
            row = len(nodes)
            nodes.append(
                NodeGain(
                    number=int(topology.hidden[row]),
                    activation=int(topology.activations[row]),
                    level=int(topology.levels[row]),
                    gain=_finite(values.mean()),
                    saturated=_finite((values < SATURATED).double().mean()),
                    signal=_finite(signals.mean()),
                )
            )
    return Gains(tuple(nodes), _by_activation(nodes), _signal_ratio(nodes))


def slope(kind: int, z: Tensor) -> Tensor:
    """f'(z), by autograd; 0 for a step."""
    with torch.enable_grad():
        at = z.detach().requires_grad_()
        value = FUNCTIONS[kind](at)
        if not value.requires_grad:
            return torch.zeros_like(z)
        (found,) = torch.autograd.grad(value.sum(), at)
    return found


def _by_activation(nodes: Sequence[NodeGain]) -> tuple[ActivationGain, ...]:
    return tuple(
        ActivationGain(
            activation=kind,
            name=ACTIVATIONS[kind].name,
            count=len(same),
            gain=median(node.gain for node in same),
            saturated=fmean(node.saturated for node in same),
            signal=median(node.signal for node in same),
        )
        for kind in sorted({node.activation for node in nodes})
        if (same := [node for node in nodes if node.activation == kind])
    )


def _signal_ratio(nodes: Sequence[NodeGain]) -> float | None:
    if not nodes or nodes[-1].level == 1:
        return None
    first = fmean(node.signal for node in nodes if node.level == 1)
    last = fmean(node.signal for node in nodes if node.level == nodes[-1].level)
    return first / last if last else None


def _finite(value: Tensor) -> float:
    """What overflowed is the largest number there is."""
    return float(value.double().nan_to_num(nan=0.0))
