"""Every operation's closed form against what torch really does, operation by operation."""

from __future__ import annotations

from typing import Any

import pytest

from nas.blueprint.cost import blueprint_cost
from nas.blueprint.piece import drawn_piece, piece
from nas.core.graph import Shape
from nas.hardware.cost_check import counted
from nas.modules.blueprint_network import BlueprintNetwork
from nas.operations import convolutions, heads, pooling, reductions
from nas.operations.catalogue import OPERATIONS
from nas.operations.squeeze_excite import squeeze_excite

SHAPES = [(4, 8, 8), (3, 7, 5), (6, 1, 1), (5, 32, 32)]

CASES: dict[str, tuple[Any, ...]] = {
    **{f"conv{k}_stride{s}": (convolutions.conv_bn, 7, k, s) for k, s in [(1, 1), (3, 1), (3, 2), (5, 2)]},
    "relu_conv": (convolutions.relu_conv_bn, 9, 3, 2),
    "conv_bn_relu": (convolutions.conv_bn_activation, 6, 3, 2),
    "separable": (convolutions.separable_twice, 8, 5, 2),
    "dilated": (convolutions.dilated_separable, 8, 3, 2),
    "conv_1x7_7x1": (convolutions.conv_1xk_kx1, 5, 7, 2),
    "max_pool": (pooling.pool, "max", 3, 2),
    "avg_pool": (pooling.pool, "avg", 5, 1),
    "pool_2x2": (pooling.avg_pool_2x2,),
    "max_pool_2x2": (pooling.max_pool_2x2,),
    **{
        f"same{k}_{s}": (convolutions.same_conv, 5, k, s)
        for k, s in [((3, 1), (2, 1)), ((5, 3), (2, 3)), ((1, 4), (1, 3))]
    },
    "max_pool_2x2_stride1": (pooling.max_pool_2x2, 1),
    "bottleneck": (convolutions.bottleneck_conv, 9, ((1, 7), (7, 1)), 2),
    "projection": (reductions.identity_or_projection, 7, 2),
    "factorized_skip": (reductions.identity_or_factorized, 8, 2),
    "fitted": (reductions.fitted, 8, 2),
    "fitted_width": (reductions.fitted, 9, 1),
    "residual_reduction": (reductions.residual_reduction, 8),
    "factorized_reduction": (reductions.factorized_reduction, 7),
    "squeeze_excite": (squeeze_excite, 2),
    "head": (heads.bn_relu_head, 11),
    "mean_head": (heads.mean_linear_head, 11),
}


def written(name: str, shape: Shape) -> tuple[Any, ...]:
    if name in OPERATIONS:
        return (OPERATIONS[name].write, shape[0], 1)
    return CASES[name]


NAMES = [*OPERATIONS, *CASES]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_cost_equals_the_count(name: str, shape: Shape) -> None:
    operation, *settings = written(name, shape)
    blueprint = drawn_piece(operation, shape, *settings)
    assert counted(lambda: BlueprintNetwork(blueprint), shape).differences(blueprint_cost(blueprint)) == {}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_the_price_is_that_of_the_network_and_the_shape_comes_out(name: str, shape: Shape) -> None:
    import torch

    operation, *settings = written(name, shape)
    blueprint = drawn_piece(operation, shape, *settings)
    price, cost = piece(operation, shape, *settings), blueprint_cost(blueprint)
    assert (price.params, price.macs, price.bias_adds) == (cost.params, cost.macs, cost.bias_adds)
    assert (price.activations, 4 * price.peak) == (cost.activations, cost.peak_memory_bytes)
    assert price.peak <= price.peak_beside
    network = BlueprintNetwork(blueprint).eval()
    with torch.no_grad():
        assert tuple(network(torch.zeros(2, *shape)).shape) == (2, *price.shape)


def module(name: str, channels: int) -> BlueprintNetwork:
    operation = OPERATIONS[name].write
    return BlueprintNetwork(drawn_piece(operation, (channels, 4, 4), channels, 1))


def test_none_answers_zero_even_to_what_is_not_a_number() -> None:
    import torch

    assert module("none", 2)(torch.full((1, 2, 4, 4), float("nan"))).equal(torch.zeros(1, 2, 4, 4))


def test_the_average_leaves_out_the_padding() -> None:
    import torch

    ones = torch.ones(1, 1, 4, 4)
    assert module("avg_pool_3x3", 1)(ones).equal(ones)


def test_an_operation_does_not_change_its_input() -> None:
    import torch

    for name in OPERATIONS:
        x = torch.linspace(-1, 1, 32).reshape(1, 2, 4, 4)
        before = x.clone()
        module(name, 2).train()(x)
        assert x.equal(before), name


def test_a_factorized_reduction_sees_every_other_pixel_and_the_ones_between() -> None:
    import torch

    blueprint = drawn_piece(reductions.factorized_reduction, (1, 5, 4), 2)
    network = BlueprintNetwork(blueprint).eval()
    for parameter in network.parameters():
        if parameter.ndim == 4:
            torch.nn.init.ones_(parameter)
    x = torch.arange(1.0, 21.0).reshape(1, 1, 5, 4)
    with torch.no_grad():
        even, odd = network(x)[0] * (1 + 1e-5) ** 0.5
    assert even.round().tolist() == [[1, 3], [9, 11], [17, 19]]
    assert odd.round().tolist() == [[6, 8], [14, 16], [0, 0]]


def test_the_smallest_max_pool_keeps_the_size_and_looks_right_and_below() -> None:
    import torch

    x = torch.tensor([[[[-1.0, -5.0], [-4.0, -2.0]]]])
    assert module("max_pool_2x2", 1)(x).tolist() == [[[[-1.0, -2.0], [-2.0, -2.0]]]]
