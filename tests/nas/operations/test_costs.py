"""Each operation: its closed form equals the count on what it builds, for channels, sides and strides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.cost_check import counted
from nas.operations.catalogue import OPERATIONS
from nas.operations.convolutions import conv_bn, conv_bn_cost, relu_conv_bn, relu_conv_bn_cost
from nas.operations.count import Count
from nas.operations.heads import classifier_head, classifier_head_cost
from nas.operations.pooling import avg_pool_2x2, avg_pool_2x2_cost
from nas.operations.reductions import residual_reduction, residual_reduction_cost

SHAPES = [(4, 8, 8), (3, 7, 5), (6, 1, 1), (5, 32, 32)]


def as_cost(count: Count) -> Cost:
    return Cost(
        params=count.params,
        macs=count.macs,
        bias_adds=count.bias_adds,
        activations=count.activations,
        peak_memory_bytes=0,
        weight_bytes=4 * (count.params + count.buffers),
    )


CASES: dict[str, tuple[Callable[[int], Any], Callable[[Shape], tuple[Shape, Count]]]] = {
    **{name: (operation.build, operation.cost) for name, operation in OPERATIONS.items()},
    **{
        f"conv{k}_stride{s}": (
            lambda c, k=k, s=s: conv_bn(c, 7, kernel=k, stride=s),
            lambda shape, k=k, s=s: conv_bn_cost(shape, 7, kernel=k, stride=s),
        )
        for k, s in [(1, 1), (3, 1), (3, 2), (5, 2)]
    },
    "relu_conv": (
        lambda c: relu_conv_bn(c, 9, kernel=3, stride=2),
        lambda shape: relu_conv_bn_cost(shape, 9, kernel=3, stride=2),
    ),
    "pool_2x2": (lambda _: avg_pool_2x2(), avg_pool_2x2_cost),
    "reduction": (lambda c: residual_reduction(c, 2 * c), lambda shape: residual_reduction_cost(shape, 2 * shape[0])),
    "head": (lambda c: classifier_head(c, 11), lambda shape: classifier_head_cost(shape, 11)),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_cost_equals_the_count(name: str, shape: Shape) -> None:
    build, cost = CASES[name]
    _, count = cost(shape)
    found = replace(counted(lambda: build(shape[0]), shape), peak_memory_bytes=None)  # only networks have a peak
    assert found.differences(as_cost(count)) == {}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_the_shape_is_the_one_that_comes_out(name: str, shape: Shape) -> None:
    import torch

    build, cost = CASES[name]
    out, _ = cost(shape)
    module = build(shape[0]).eval()
    with torch.no_grad():
        assert tuple(module(torch.zeros(2, *shape)).shape) == (2, *out)


def test_none_answers_zero_even_to_what_is_not_a_number() -> None:
    import torch

    assert (
        OPERATIONS["none"].build(2)(torch.full((1, 2, 2, 2), float("nan"))).tolist() == torch.zeros(1, 2, 2, 2).tolist()
    )


def test_the_average_leaves_out_the_padding() -> None:
    import torch

    ones = torch.ones(1, 1, 3, 3)
    assert OPERATIONS["avg_pool_3x3"].build(1)(ones).equal(ones)


def test_an_operation_does_not_change_its_input() -> None:
    import torch

    for operation in OPERATIONS.values():
        x = torch.linspace(-1, 1, 32).reshape(1, 2, 4, 4)
        before = x.clone()
        operation.build(2).train()(x)
        assert x.equal(before), operation.name
