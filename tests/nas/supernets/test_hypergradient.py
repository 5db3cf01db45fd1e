"""Gradients through the weights' next step: problems with known answers, a smooth search network, eigenvalues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.spaces.darts import Darts, DartsConfig
from nas.supernets.hypergradient import Descent, exact, finite_difference, largest_eigenvalue
from nas.supernets.network import Supernet, WeightedSum
from nas.supernets.statistics_at_rest import statistics_at_rest

METHODS = [(exact, 1e-10), (finite_difference, 1e-9)]


def numbers(*values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def quadratic_train(weights: Sequence[Tensor], alphas: Tensor) -> Tensor:
    (w,) = weights
    a = numbers([2, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 3])
    b = numbers([1, 2], [0, -1], [0.5, 0.5])
    return 0.5 * w @ a @ w - w @ b @ alphas + 0.5 * alphas @ alphas


def quadratic_validation(weights: Sequence[Tensor], alphas: Tensor) -> Tensor:
    (w,) = weights
    return 0.5 * ((w - numbers(1, -1, 2)) ** 2).sum() + alphas @ numbers([0.2, -0.1, 0.4], [0, 0.3, -0.2]) @ w


@pytest.mark.parametrize(("method", "tolerance"), METHODS)
@pytest.mark.parametrize(
    ("descent", "expected"),
    [
        (Descent(0.0), (-0.4, 0.8)),
        (Descent(0.1), (-0.479375, 0.255625)),
        (Descent(0.1, 0.9, 3e-4, buffers=[numbers(0.3, -0.2, 0.1)]), (-0.4933145, 0.2551525)),
    ],
    ids=["first order", "plain", "momentum and decay"],
)
def test_a_quadratic_problem(method: object, tolerance: float, descent: Descent, expected: tuple[float, float]) -> None:
    alphas = numbers(0.5, -0.25).requires_grad_()
    weights = [numbers(1, 2, -1)]
    found = method(  # type: ignore[operator]
        lambda w: quadratic_train(w, alphas), lambda w: quadratic_validation(w, alphas), weights, alphas, descent
    )
    torch.testing.assert_close(found, numbers(*expected), rtol=0, atol=tolerance)
    assert torch.equal(weights[0], numbers(1, 2, -1))


def toy_train(weights: Sequence[Tensor], alpha: Tensor) -> Tensor:
    return (weights[0] ** 2 - 2 * alpha * weights[0] + alpha**2).sum()


def toy_validation(weights: Sequence[Tensor], alpha: Tensor) -> Tensor:
    return (alpha * weights[0] - 2 * alpha + 1).sum()


@pytest.mark.parametrize(("method", "tolerance"), METHODS)
@pytest.mark.parametrize(("rate", "expected"), [(0.0, -4.0), (0.1, -2.8), (0.25, -1.0), (0.5, 2.0)])
def test_the_toy_of_the_paper(method: object, tolerance: float, rate: float, expected: float) -> None:
    alpha = numbers(2.0).requires_grad_()
    found = method(  # type: ignore[operator]
        lambda w: toy_train(w, alpha), lambda w: toy_validation(w, alpha), [numbers(-2.0)], alpha, Descent(rate)
    )
    assert found.item() == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(("rate", "end"), [(0.0, 2.0), (0.5, 1.0)])
def test_descent_on_the_toy_ends_where_the_paper_says(rate: float, end: float) -> None:
    """At 2 / (1 + 2ξ): first order misses the true optimum, 1."""
    alpha, weight = numbers(2.0).requires_grad_(), numbers(-2.0).requires_grad_()
    for _ in range(400):
        gradient = finite_difference(
            lambda w: toy_train(w, alpha), lambda w: toy_validation(w, alpha), [weight], alpha, Descent(rate)
        )
        alpha.data -= 0.1 * gradient
        weight.data -= 0.1 * torch.autograd.grad(toy_train([weight], alpha), weight)[0]
    assert (alpha.item(), weight.item()) == pytest.approx((end, end), abs=1e-6)


def test_both_probes_lie_a_hundredth_from_the_weights() -> None:
    """Of L_train = α·w³/3 and L_val = 5w the finite difference is w²·5 + 0.01²·5/3, not w²·5."""
    alpha = numbers(2.0).requires_grad_()

    def train(weights: Sequence[Tensor]) -> Tensor:
        return alpha * weights[0] ** 3 / 3

    def validation(weights: Sequence[Tensor]) -> Tensor:
        return 5 * weights[0] + 0 * alpha

    arguments = (train, validation, [numbers(1.5)], alpha, Descent(0.1))
    assert exact(*arguments).item() == pytest.approx(-0.1 * 5 * 1.5**2, abs=1e-12)
    assert finite_difference(*arguments).item() == pytest.approx(-0.1 * 5 * (1.5**2 + 1e-4 / 3), abs=1e-9)


def test_nesterov_looks_ahead_by_one_step() -> None:
    weight, buffer, gradient = numbers(1.0), numbers(0.5), numbers(2.0)
    plain = Descent(0.1, 0.9, 0.0, buffers=[buffer])
    torch.testing.assert_close(plain.after([weight], [gradient])[0], numbers(1 - 0.1 * 2.45))
    ahead = replace(plain, nesterov=True).after([weight], [gradient])[0]
    torch.testing.assert_close(ahead, numbers(1 - 0.1 * (2 + 0.9 * 2.45)))


def smooth_search_network() -> Supernet:
    """With Softplus for ReLU and means for maxima: a search network in which the finite difference must converge."""
    operations = ["max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "dil_conv_3x3"]
    space = Darts(DartsConfig.parse({"filters": 4, "cells": 3, "blocks": 1, "operations": operations}))
    network = Supernet(space.supernet((3, 8, 8), 10)).double()
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.forward = lambda x: functional.softplus(x, beta=2)
        if isinstance(module, nn.MaxPool2d):
            stride = module.stride
            module.forward = lambda x, s=stride: functional.avg_pool2d(x, 3, s, 1, count_include_pad=False)  # type: ignore[misc]
    return network.train()


def test_on_a_smooth_search_network_the_finite_difference_converges_with_the_square_of_its_radius() -> None:
    torch.manual_seed(0)
    network = smooth_search_network()
    alphas = (1e-3 * torch.randn(4, 6, dtype=torch.float64)).requires_grad_()
    names = [name for name, _ in network.named_parameters()]
    weights = [weight.detach() for weight in network.parameters()]

    def loss_on(inputs: Tensor, targets: Tensor):  # type: ignore[no-untyped-def]
        def loss(own: Sequence[Tensor]) -> Tensor:
            mixture = WeightedSum(alphas.softmax(dim=1).unbind())
            given = dict(zip(names, own, strict=True))
            return functional.cross_entropy(torch.func.functional_call(network, given, (inputs, mixture)), targets)

        return loss

    def batch() -> tuple[Tensor, Tensor]:
        return torch.randn(8, 3, 8, 8, dtype=torch.float64), torch.randint(0, 10, (8,))

    train, validation, descent = loss_on(*batch()), loss_on(*batch()), Descent(0.025, 0.9, 3e-4)
    with statistics_at_rest(network):
        true = exact(train, validation, weights, alphas, descent)
        leaves = [weight.clone().requires_grad_() for weight in weights]
        after = descent.after(weights, torch.autograd.grad(train(leaves), leaves))
        implicit = true - torch.autograd.grad(validation(after), alphas)[0]
        errors = [
            float((finite_difference(train, validation, weights, alphas, descent, radius=radius) - true).norm())
            / float(implicit.norm())
            for radius in (1e-2, 1e-3)
        ]
    assert errors[0] < 5e-3
    assert 50 < errors[0] / errors[1] < 200


@pytest.mark.parametrize("num_products", [30, 14])
def test_the_largest_eigenvalue_is_that_of_the_whole_matrix(num_products: int) -> None:
    generator = torch.Generator().manual_seed(3)
    drawn = torch.randn(30, 30, generator=generator, dtype=torch.float64)
    matrix = drawn + drawn.T - 4 * torch.eye(30, dtype=torch.float64)  # the smallest is farther from 0 than the largest
    values = torch.linalg.eigvalsh(matrix)
    assert values[0].abs() > values[-1] > 0
    alphas = torch.randn(5, 6, generator=generator, dtype=torch.float64).requires_grad_()
    flat = alphas.flatten()
    (gradient,) = torch.autograd.grad(0.5 * flat @ matrix @ flat, alphas, create_graph=True)
    start = torch.randn(5, 6, generator=generator, dtype=torch.float64)
    found = largest_eigenvalue(gradient, alphas, start, num_products)
    assert found == pytest.approx(float(values[-1]), rel=1e-9 if num_products == 30 else 0.02)


def test_the_eigenvalue_of_a_matrix_of_rank_one_needs_few_products() -> None:
    alphas = numbers(1.0, 2.0, 3.0, 4.0).requires_grad_()
    loss = 0.5 * (alphas.sum() ** 2)
    (gradient,) = torch.autograd.grad(loss, alphas, create_graph=True)
    assert largest_eigenvalue(gradient, alphas, numbers(1.0, 0.0, 0.0, 0.0)) == pytest.approx(4.0)
