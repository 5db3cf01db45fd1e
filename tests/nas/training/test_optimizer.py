"""Our optimiser against torch's own classes, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn

from nas.core.errors import StateMismatch
from nas.training.optimizer import Optimizer
from nas.training.recipe import Recipe


def network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 2))


COMMON = {"lr": 0.1, "weight_decay": 0.01}
# (settings, torch's optimiser, does a layer rest in the first step, are the bits equal).
# torch's fused SGD raises when a parameter gets its first gradient later than others; its plain one rounds differently.
REFERENCES: list[tuple[dict[str, Any], Any, bool, bool]] = [
    (
        {"optimizer": "sgd"},
        lambda p: torch.optim.SGD(p, momentum=0.9, nesterov=True, fused=True, **COMMON),
        False,
        True,
    ),
    (
        {"optimizer": "sgd"},
        lambda p: torch.optim.SGD(p, momentum=0.9, nesterov=True, foreach=False, **COMMON),
        True,
        False,
    ),
    ({"optimizer": "sgd", "momentum": 0.0}, lambda p: torch.optim.SGD(p, fused=True, **COMMON), True, True),
    ({"optimizer": "adam"}, lambda p: torch.optim.Adam(p, fused=True, **COMMON), True, True),
    ({"optimizer": "adamw"}, lambda p: torch.optim.AdamW(p, fused=True, **COMMON), True, True),
]


def inputs() -> torch.Tensor:
    return torch.rand(6, 5, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("settings", "reference", "rests", "exact"), REFERENCES)
def test_equals_torchs_optimisers(settings: dict[str, Any], reference: Any, rests: bool, exact: bool) -> None:
    ours, theirs = network(), network()
    our_optimizer = Optimizer(ours.parameters(), Recipe(learning_rate=0.1, weight_decay=0.01, **settings))
    their_optimizer = reference(theirs.parameters())
    start = [parameter.detach().clone() for parameter in ours.parameters()]
    for step in range(6):
        our_optimizer.zero_grad()
        their_optimizer.zero_grad()
        for net in (ours, theirs):
            outputs = net[1:](torch.ones(6, 7)) if rests and step == 0 else net(inputs())  # type: ignore[index]
            outputs.square().sum().backward()
        our_optimizer.rate = their_optimizer.param_groups[0]["lr"] = 0.1 / (step + 1)
        our_optimizer.step()
        their_optimizer.step()
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(mine, other) if exact else torch.allclose(mine, other, rtol=1e-4, atol=1e-6)
        if rests and step == 0:
            assert torch.equal(next(ours.parameters()), start[0])
    assert not torch.equal(next(ours.parameters()), start[0])


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_state_round_trip(name: str) -> None:
    def steps(net: nn.Module, optimizer: Optimizer, num: int) -> None:
        for _ in range(num):
            optimizer.zero_grad()
            net(inputs()).square().sum().backward()
            optimizer.step()

    recipe = Recipe(optimizer=name, learning_rate=0.05)
    net = network()
    optimizer = Optimizer(net.parameters(), recipe)
    steps(net, optimizer, 3)
    copy = network()
    copy.load_state_dict(net.state_dict())
    restored = Optimizer(copy.parameters(), recipe)
    restored.load_tensors({key: tensor.clone() for key, tensor in optimizer.tensors().items()})
    steps(net, optimizer, 3)
    steps(copy, restored, 3)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), copy.parameters(), strict=True))
    with pytest.raises(StateMismatch):
        Optimizer(nn.Linear(5, 7).parameters(), recipe).load_tensors(optimizer.tensors())


def test_neither_training_nor_the_check_of_exports_loads_torchs_compiler() -> None:
    script = (
        "import sys, torch\nfrom tests.nas.training.tiny import *\n"
        "from nas.export import clean_check\n"
        "train_tiny(how=recipe(gradient_clip=1.0))\n"
        "assert clean_check.counted(torch, torch.nn.Linear(4, 2), [4]) == (10, 2)\n"
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
