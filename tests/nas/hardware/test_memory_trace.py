"""Peak memory counted on networks that run, small enough to do by hand. One tensor has 32 elements, 128 bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.hardware.cost_check import counted

TENSOR = 128


class Network(nn.Module):
    def __init__(self, compute: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        self.compute = compute
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.norm = nn.BatchNorm2d(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.compute(self, x)


@pytest.mark.parametrize(
    ("compute", "tensors"),
    [
        (lambda net, x: x, 1),
        (lambda net, x: functional.relu(x), 1),  # takes over the buffer of the input, which dies
        (lambda net, x: net.conv(x), 2),
        (lambda net, x: net.norm(net.conv(x)), 2),
        (lambda net, x: x + net.conv(x), 2),
        (lambda net, x: x + net.conv(functional.relu(x)), 3),  # x is still needed: relu needs a buffer of its own
        (lambda net, x: net.conv(net.conv(net.conv(x))), 2),
        (lambda net, x: x + torch.zeros_like(x), 1),
        (lambda net, x: x + net.conv(torch.zeros_like(x)), 1),  # a constant, as weights are
        (lambda net, x: (net.conv(net.conv(x)), x)[1], 1),  # nobody reads it
        (lambda net, x: x.flatten(1), 1),
        (lambda net, x: torch.cat([net.conv(x), x], dim=1), 4),
    ],
)
def test_by_hand(compute: Callable[[nn.Module, Tensor], Tensor], tensors: int) -> None:
    assert counted(lambda: Network(compute), (2, 4, 4)).peak_memory_bytes == tensors * TENSOR


def test_nothing_is_claimed_of_a_network_that_ignores_its_input() -> None:
    found = counted(lambda: Network(lambda net, x: torch.zeros_like(x)), (2, 4, 4))
    assert found.peak_memory_bytes is None
