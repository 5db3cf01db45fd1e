"""The quick weighted sum gives what the plain one gives: values, gradients, statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from nas.registry import spaces
from nas.supernets.depthwise import depthwise_conv, is_supported
from nas.supernets.network import Mixture, Supernet, WeightedSum
from nas.supernets.quick_sum import QuickSum, programs_of
from nas.supernets.statistics_at_rest import statistics_at_rest

SPACES = [
    ("darts", {"filters": 4, "cells": 3, "blocks": 2}, (1, 9, 8)),
    ("darts", {"filters": 4, "cells": 3, "blocks": 1, "stem": "large"}, (3, 32, 32)),
    ("nasbench201", {"width": 4, "cells_per_stage": 1}, (1, 8, 8)),
]


def network_of(name: str, config: dict[str, Any], shape: tuple[int, ...]) -> tuple[Supernet, Tensor]:
    torch.manual_seed(0)
    kind = spaces.get(name)
    space: Any = kind(kind.Config.parse(config))
    rows = space.rows()
    return Supernet(space.supernet(shape, 10)), torch.randn(len(rows), len(rows[0].options))


def passed(network: Supernet, mixture: Mixture, alphas: Tensor, inputs: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
    logits = network(inputs, mixture)
    loss = functional.cross_entropy(logits, torch.arange(len(inputs)) % 10)
    return logits.detach(), torch.autograd.grad(loss, [alphas, *network.parameters()])


@pytest.mark.parametrize(("name", "config", "shape"), SPACES, ids=["odd sides", "large stem", "nasbench201"])
def test_it_equals_the_plain_sum(name: str, config: dict[str, Any], shape: tuple[int, ...]) -> None:
    plain, logits = network_of(name, config, shape)
    quick, _ = network_of(name, config, shape)
    logits.requires_grad_()
    weights = logits.softmax(dim=1).unbind()
    inputs = torch.randn(6, *shape)
    expected, gradients = passed(plain.train(), WeightedSum(weights), logits, inputs)
    weights = logits.softmax(dim=1).unbind()
    found, quick_gradients = passed(quick.train(), QuickSum(programs_of(quick), weights), logits, inputs)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    for one, other in zip(quick_gradients, gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    statistics = dict(plain.named_buffers())
    for key, buffer in quick.named_buffers():
        torch.testing.assert_close(buffer, statistics[key], rtol=1e-5, atol=1e-5)
    with torch.no_grad():
        seen = [
            network.eval()(inputs, mixture)
            for network, mixture in ((plain, WeightedSum(weights)), (quick, QuickSum(programs_of(quick), weights)))
        ]
    torch.testing.assert_close(seen[1], seen[0], rtol=1e-5, atol=1e-5)


def test_statistics_at_rest_stay_as_they_are() -> None:
    network, logits = network_of(*SPACES[0])
    before = [buffer.clone() for buffer in network.buffers()]
    mixture = QuickSum(programs_of(network.train()), logits.softmax(dim=1).unbind())
    with statistics_at_rest(network):
        network(torch.randn(4, *SPACES[0][2]), mixture)
    assert all(torch.equal(a, b) for a, b in zip(before, network.buffers(), strict=True))


def test_rows_of_none_alone_give_zeros() -> None:
    network, _ = network_of("nasbench201", {"width": 4, "cells_per_stage": 1, "operations": ["none"]}, (1, 8, 8))
    logits = network(torch.randn(2, 1, 8, 8), QuickSum(programs_of(network), [torch.ones(1)] * 6))
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize("shape", [(3, 4, 7, 9), (2, 4, 2, 2), (40, 32, 8, 8)], ids=["odd", "tiny", "in windows"])
def test_depthwise_convolutions_are_differentiated_exactly(side: int, dilation: int, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x = torch.randn(shape, requires_grad=True)
    weight = torch.randn(shape[1], 1, side, side, requires_grad=True)
    padding = dilation * (side // 2)
    assert is_supported(x, weight, stride=1, padding=padding, dilation=dilation, groups=shape[1])
    expected = functional.conv2d(x, weight, padding=padding, dilation=dilation, groups=shape[1])
    outgoing = torch.randn_like(expected)
    found = depthwise_conv(x, weight, dilation)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    gradients = torch.autograd.grad(expected, (x, weight), outgoing)
    for own, theirs in zip(torch.autograd.grad(found, (x, weight), outgoing), gradients, strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-4, atol=1e-4 * float(theirs.abs().max()))


def test_other_convolutions_are_left_to_torch() -> None:
    x, weight = torch.randn(1, 4, 8, 8), torch.randn(4, 1, 3, 3)
    fits = {"stride": 1, "padding": 1, "dilation": 1, "groups": 4}
    assert is_supported(x, weight, **fits)
    for change in ({"stride": 2}, {"padding": 0}, {"groups": 1}, {"dilation": 3, "padding": 3}):
        assert not is_supported(x, weight, **{**fits, **change})
    assert not is_supported(x.double(), weight, **fits)
    assert not is_supported(x, torch.randn(4, 4, 3, 3), **fits)
