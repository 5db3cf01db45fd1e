"""Binary gates: one option of each place is computed, and still every option learns what it would have changed.

Cai, Zhu and Han 2019, arXiv 1812.00332, sections 3.1 and 3.2. With gates g, one of them 1 and the others 0, a place gives
m = Σ g_j·o_j(x), so ∂L/∂g_j = ⟨∂L/∂m, o_j(x)⟩. This is taken for the gradient of the probabilities that gates are drawn from,
so the mixtures here read `shares`, probabilities with a graph, for that gradient alone: ∂L/∂α_i = Σ_j ∂L/∂g_j · p_j·(δ_ij − p_i)
(equation 4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nas.supernets.network import Candidates

Precision = Callable[[], AbstractContextManager[Any]]
"""Opens the surroundings that the forward pass computes in (autocast)."""


class TwoPaths:
    """Two options of each row, of which the active one is computed with a graph, the other one without (section 3.2.1).

    Beside what one path keeps for its backward pass there is one tensor per place, the difference of the two outputs.

    Args:
      active, other: an option of each row; equal where only one is left.
      shares: (rows, 2): probabilities of the active and of the other option, of the two alone.
    """

    def __init__(self, active: Sequence[int], other: Sequence[int], shares: Tensor) -> None:
        self._active = tuple(active)
        self._other = tuple(other)
        self._shares = shares

    def __call__(self, place: Candidates, inputs: Sequence[Tensor]) -> Tensor:
        row = place.row
        made = place.apply_option(self._active[row], inputs)
        if self._active[row] == self._other[row]:
            return made
        with torch.no_grad():
            other = place.apply_option(self._other[row], inputs)
        gated: Tensor = _Pair.apply(made, other, self._shares[row])  # type: ignore[no-untyped-call]
        return gated


class _Pair(torch.autograd.Function):
    """(o_a, o_b, shares (2,)) → o_a. The shares come from one softmax, so only the difference of their gradients matters: the
    active one gets ⟨∂L/∂m, o_a − o_b⟩, the other one 0.
    """

    @staticmethod
    def forward(ctx: Any, made: Tensor, other: Tensor, shares: Tensor) -> Tensor:
        ctx.save_for_backward(made - other)
        return made.view_as(made)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, Tensor]:
        (difference,) = ctx.saved_tensors
        gain = _inner(gradient, difference)
        return gradient, None, torch.stack((gain, torch.zeros_like(gain)))


class AllGates:
    """One path forward; going backward every other option is computed as well, one after the other, without a graph.

    Nothing beside one path is kept.

    Args:
      active: an option of each row.
      shares: per row (options,).
      alive: per row the options that have not been dropped.
      precision: what the forward pass computes in.
    """

    def __init__(
        self, active: Sequence[int], shares: Sequence[Tensor], alive: Sequence[Sequence[int]], precision: Precision
    ) -> None:
        self._active = tuple(active)
        self._shares = shares
        self._alive = alive
        self._precision = precision

    def __call__(self, place: Candidates, inputs: Sequence[Tensor]) -> Tensor:
        row = place.row
        made = place.apply_option(self._active[row], inputs)
        if len(self._alive[row]) == 1:
            return made
        gate = _Gate(place, self._active[row], tuple(self._alive[row]), self._precision)
        gated: Tensor = _All.apply(made, self._shares[row], gate, *inputs)  # type: ignore[no-untyped-call]
        return gated


@dataclass(frozen=True, slots=True)
class _Gate:
    place: Candidates
    active: int
    alive: tuple[int, ...]
    precision: Precision


class _All(torch.autograd.Function):
    """(o_a, shares (options,), gate, what the place reads) → o_a."""

    @staticmethod
    def forward(ctx: Any, made: Tensor, shares: Tensor, gate: _Gate, *inputs: Tensor) -> Tensor:
        ctx.save_for_backward(made, *inputs)
        ctx.gate, ctx.num_options = gate, len(shares)
        return made.view_as(made)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        made, *inputs = ctx.saved_tensors
        gate: _Gate = ctx.gate
        gains = gradient.new_zeros(ctx.num_options, dtype=torch.float32 if gradient.dtype.itemsize < 4 else None)
        with torch.no_grad(), gate.precision():
            for option in gate.alive:
                if not gate.place.is_zero[option]:
                    output = made if option == gate.active else gate.place.apply_option(option, inputs)
                    gains[option] = _inner(gradient, output)
        return gradient, gains, None, *[None] * len(inputs)


def _inner(first: Tensor, second: Tensor) -> Tensor:
    """⟨first, second⟩, a scalar of at least single precision."""
    return (first.float() * second.float() if first.dtype.itemsize < 4 else first * second).sum()
