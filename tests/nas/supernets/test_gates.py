"""Binary gates against the mixture they stand for, written out with all options; what they keep in memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from nas.spaces.mobile import Mobile
from nas.spaces.mobile_config import MobileConfig
from nas.supernets.gates import AllGates, TwoPaths
from nas.supernets.network import Candidates, Mixture, SinglePath, Supernet
from nas.supernets.path_memory import path_memory
from nas.supernets.statistics_at_rest import statistics_at_rest
from tests.support.supernets import digits_setup


class Gated:
    """Σ g_j·o_j(x), all options with a graph: what gates are by definition."""

    def __init__(self, gates: Sequence[Tensor]) -> None:
        self.gates = gates

    def __call__(self, place: Candidates, inputs: Sequence[Tensor]) -> Tensor:
        made = [place.apply_option(k, inputs) for k in range(len(place))]
        return torch.stack([gate * out for gate, out in zip(self.gates[place.row].unbind(), made, strict=True)]).sum(0)


class Toy:
    """A supernet in double precision with a batch, logits for its rows, and one active option each."""

    def __init__(self, space: str) -> None:
        torch.manual_seed(0)
        setup = digits_setup(space)
        shareable = setup.space
        self.sizes = [len(row.options) for row in shareable.rows()]  # type: ignore[attr-defined]
        self.network = Supernet(shareable.supernet((1, 8, 8), 10)).double().train()  # type: ignore[attr-defined]
        self.logits = [torch.randn(size, dtype=torch.float64, requires_grad=True) for size in self.sizes]
        self.active = [int(torch.randint(size, ())) for size in self.sizes]
        self.images, self.labels = torch.rand(6, 1, 8, 8, dtype=torch.float64), torch.arange(6)

    def loss(self, mixture: Mixture) -> Tensor:
        with statistics_at_rest(self.network):
            return functional.cross_entropy(self.network(self.images, mixture), self.labels)

    def gains(self) -> tuple[Tensor, ...]:
        """∂L/∂g of every option, at the gates of the active path."""
        gates = [
            functional.one_hot(torch.tensor(at), size).double().requires_grad_()
            for at, size in zip(self.active, self.sizes, strict=True)
        ]
        return torch.autograd.grad(self.loss(Gated(gates)), gates)


@pytest.mark.parametrize("space", ["mobile", "nasbench201"])
def test_all_gates_give_the_gradient_of_the_gated_mixture(space: str) -> None:
    toy = Toy(space)
    if space == "mobile":
        toy.active[1] = toy.sizes[1] - 1  # a block that is left out
    else:
        toy.active[3] = 0  # an edge that is none
    expected = []
    for logits, gain in zip(toy.logits, toy.gains(), strict=True):
        p = logits.detach().softmax(0)
        expected.append(p * (gain - (p * gain).sum()))
    shares = [logits.softmax(0) for logits in toy.logits]
    mixture = AllGates(toy.active, shares, [range(size) for size in toy.sizes], nullcontext)
    with statistics_at_rest(toy.network):
        loss = toy.loss(mixture)
        found = torch.autograd.grad(loss, toy.logits)
    assert torch.allclose(loss, toy.loss(SinglePath(toy.active)), rtol=1e-12)
    assert any(float(gradient.abs().max()) > 1e-4 for gradient in expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("space", ["mobile", "nasbench201"])
def test_two_paths_give_the_gradient_of_the_gates_of_the_pair(space: str) -> None:
    toy = Toy(space)
    other = [(at + 1) % size for at, size in zip(toy.active, toy.sizes, strict=True)]
    pairs = [torch.tensor(pair) for pair in zip(toy.active, other, strict=True)]
    expected = []
    for logits, gain, pair in zip(toy.logits, toy.gains(), pairs, strict=True):
        p, of_pair = logits.detach()[pair].softmax(0), gain[pair]
        expected.append(p * (of_pair - (p * of_pair).sum()))
    shares = torch.stack([logits[pair].softmax(0) for logits, pair in zip(toy.logits, pairs, strict=True)])
    loss = toy.loss(TwoPaths(toy.active, other, shares))
    found = torch.autograd.grad(loss, toy.logits)
    for ours, theirs, pair in zip(found, expected, pairs, strict=True):
        assert torch.allclose(ours[pair], theirs, rtol=1e-5, atol=1e-9)
        assert ours.count_nonzero() <= 2


def test_memory_is_that_of_one_path() -> None:
    space = Mobile(MobileConfig.parse(MobileConfig.presets["proxyless_mini"]))
    torch.manual_seed(0)
    network = Supernet(space.supernet((3, 32, 32), 10))
    images, random_state = torch.rand(2, 3, 32, 32), torch.get_rng_state()
    buffers = {name: value.clone() for name, value in network.named_buffers()}
    found = path_memory(network, [len(row.options) for row in space.rows()], images, nullcontext)
    assert found["all_paths"] / found["one_path"] >= 6
    assert found["two_paths"] / found["one_path"] <= 1.3
    assert found["all_gates"] / found["one_path"] <= 1.1
    assert torch.equal(torch.get_rng_state(), random_state)
    assert all(torch.equal(value, buffers[name]) for name, value in network.named_buffers())
