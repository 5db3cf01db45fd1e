"""Gradients of what weights learned on other examples are worth, with respect to alphas: through the weights' next step.

Liu et al. 2019, arXiv 1806.09055, section 2.3 and equations 7 and 8. With w' = w - ξ·(μ·buf + ∂L_train/∂w + decay·w) the gradient is
∂L_val(w', α)/∂α - ξ·∂²L_train/∂α∂w · ∂L_val(w', α)/∂w'. The first part alone, at w' = w, is the first-order approximation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Loss = Callable[[Sequence[Tensor]], Tensor]
"""Of weights that stand for the network's own, at the present alphas: a scalar with a graph to both."""

RADIUS = 0.01
"""How far both probes of the finite difference lie from the weights, as a norm: what the published code has."""


@dataclass(frozen=True, slots=True)
class Descent:
    """The next step of the weights' optimiser, SGD without clipping. `buffers`: its momentum, None before the first step."""

    rate: float
    momentum: float = 0.0
    weight_decay: float = 0.0
    nesterov: bool = False
    buffers: Sequence[Tensor] | None = None

    def after(self, weights: Sequence[Tensor], gradients: Sequence[Tensor]) -> list[Tensor]:
        """Where the step leads to; differentiable in both."""
        moved = []
        for number, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
            pulled = gradient + self.weight_decay * weight
            step = pulled if self.buffers is None else self.momentum * self.buffers[number] + pulled
            moved.append(weight - self.rate * (pulled + self.momentum * step if self.nesterov else step))
        return moved


def finite_difference(
    train: Loss,
    validation: Loss,
    weights: Sequence[Tensor],
    alphas: Tensor,
    descent: Descent,
    *,
    radius: float = RADIUS,
) -> Tensor:
    """The gradient, from four passes through the network.

    The second derivative is taken between w ± ε·v, v = ∂L_val(w', α)/∂w', ε = `radius` / ‖v‖ (equation 8). No better than
    activations are smooth: with ReLU a smaller radius is worse, not better.
    """
    own = [weight.detach() for weight in weights]
    after = [w.requires_grad_() for w in descent.after(own, _gradients(train, own))]
    loss = validation(after)
    direct, *directions = torch.autograd.grad(loss, [alphas, *after], materialize_grads=True)
    norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(directions))))
    if norm == 0:
        return direct
    step = radius / norm
    ahead = torch.autograd.grad(train(torch._foreach_add(own, directions, alpha=step)), alphas)[0]
    behind = torch.autograd.grad(train(torch._foreach_sub(own, directions, alpha=step)), alphas)[0]
    return direct - descent.rate * (ahead - behind) / (2 * step)


def exact(train: Loss, validation: Loss, weights: Sequence[Tensor], alphas: Tensor, descent: Descent) -> Tensor:
    """The same with the exact derivative of the step; the losses must be differentiable twice."""
    own = [weight.detach().requires_grad_() for weight in weights]
    gradients = torch.autograd.grad(train(own), own, create_graph=True, materialize_grads=True)
    loss = validation(descent.after(own, gradients))
    return torch.autograd.grad(loss, alphas)[0]


def _gradients(loss: Loss, weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    leaves = [weight.requires_grad_() for weight in map(torch.Tensor.detach, weights)]
    return torch.autograd.grad(loss(leaves), leaves, materialize_grads=True)


def largest_eigenvalue(gradient: Tensor, alphas: Tensor, start: Tensor, num_products: int = 12) -> float:
    """The largest eigenvalue of ∂²loss/∂alphas², by the Lanczos process with full reorthogonalisation.

    Args:
      gradient: of the loss with respect to `alphas`, with a graph.
      start: of the shape of `alphas`; any that is not orthogonal to the eigenvector.
      num_products: Hessian-vector products; as many as there are alphas make it exact.
    """
    basis = [(start / start.norm()).flatten().double()]
    diagonal: list[Tensor] = []
    beside: list[Tensor] = []
    for _ in range(min(num_products, alphas.numel())):
        vector = basis[-1].to(gradient.dtype).view_as(alphas)
        (product,) = torch.autograd.grad(gradient, alphas, vector, retain_graph=True, materialize_grads=True)
        rest = product.flatten().double()
        diagonal.append(rest @ basis[-1])
        span = torch.stack(basis)
        for _ in range(2):  # once leaves rounding that grows
            rest = rest - span.T @ (span @ rest)
        length = rest.norm()
        if not length > 1e-10 * max(1.0, float(torch.stack(diagonal).abs().max())):  # the space is exhausted
            break
        beside.append(length)
        basis.append(rest / length)
    size = len(diagonal)
    matrix = torch.diag(torch.stack(diagonal))
    if size > 1:
        links = torch.stack(beside[: size - 1])
        matrix = matrix + torch.diag(links, 1) + torch.diag(links, -1)
    return float(torch.linalg.eigvalsh(matrix)[-1])
