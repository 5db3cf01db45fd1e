"""The network of a blueprint runs the layers as written, and lets tensors go in time."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from torch import Tensor, nn

from nas.blueprint.draft import Draft
from nas.modules.blueprint_network import BlueprintNetwork
from nas.operations.convolutions import conv_bn, relu_conv_bn
from nas.operations.heads import mean_linear_head
from nas.operations.primitives.activation import Activation
from nas.operations.primitives.merging import Add, Concat


def test_it_computes_what_is_written() -> None:
    draft = Draft((2, 3, 3))
    (x,) = draft.inputs
    positive = draft.apply(Activation("relu"), x)
    both = draft.apply(Concat(), draft.apply(Add(), x, positive), positive)
    network = BlueprintNetwork(draft.finish(both))
    given = torch.randn(5, 2, 3, 3, generator=torch.Generator().manual_seed(1))
    assert network(given).equal(torch.cat([given + given.relu(), given.relu()], dim=1))


def test_several_outputs_come_as_a_tuple() -> None:
    draft = Draft((2, 3, 3))
    (x,) = draft.inputs
    network = BlueprintNetwork(draft.finish(x, draft.apply(Activation("tanh"), x)))
    same, squashed = network(torch.ones(1, 2, 3, 3))
    assert same.equal(torch.ones(1, 2, 3, 3)) and squashed.equal(torch.ones(1, 2, 3, 3).tanh())


def test_weights_lie_under_the_path_of_their_layer() -> None:
    draft = Draft((2, 3, 3))
    with draft.group("stage1"), draft.group("cell1"):
        x = conv_bn(draft, draft.inputs[0], 4, 3)
    network = BlueprintNetwork(draft.finish(x))
    assert isinstance(network.get_submodule("stage1.cell1.conv"), nn.Conv2d)
    assert set(network.state_dict()) >= {"stage1.cell1.conv.weight", "stage1.cell1.bn.running_mean"}


class _Watch(nn.Module):
    """Notes which of the tensors it has seen are still alive when it is called."""

    def __init__(self, inner: nn.Module, seen: list[weakref.ref[Tensor]], alive: list[int]) -> None:
        super().__init__()
        self.inner, self.seen, self.alive = inner, seen, alive

    def forward(self, x: Tensor) -> Tensor:
        gc.collect()
        self.alive.append(sum(reference() is not None for reference in self.seen))
        out: Tensor = self.inner(x)
        self.seen.append(weakref.ref(out))
        return out


def test_a_tensor_is_let_go_after_its_last_reader() -> None:
    draft = Draft((2, 4, 4))
    x = draft.inputs[0]
    for _ in range(5):
        x = relu_conv_bn(draft, x, 2, 1)
    network = BlueprintNetwork(draft.finish(x)).eval()
    seen: list[weakref.ref[Tensor]] = []
    alive: list[int] = []
    network._main = [(n, _Watch(module, seen, alive), reads, done) for n, module, reads, done in network._main]
    gc.collect()
    gc.freeze()  # what the process held before need not be looked through again and again
    with torch.no_grad():
        network(torch.zeros(1, 2, 4, 4))
    gc.unfreeze()
    assert len(alive) == 15
    assert max(alive) <= 1


def test_the_auxiliary_head_runs_on_request_only() -> None:
    draft = Draft((1, 8, 8))
    x = conv_bn(draft, draft.inputs[0], 4, 3)
    with draft.auxiliary():
        auxiliary = mean_linear_head(draft, x, 3)
    network = BlueprintNetwork(draft.finish(mean_linear_head(draft, x, 3), auxiliary=auxiliary))
    calls: list[int] = []
    network.get_submodule("auxiliary.linear").register_forward_hook(lambda *_: calls.append(1))
    images = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    network.eval()
    logits = network(images)
    assert not calls
    same, extra = network.forward_with_auxiliary(images)
    assert calls and same.equal(logits) and extra.shape == (2, 3)


def test_a_network_without_an_auxiliary_head_says_so() -> None:
    draft = Draft((1, 8, 8))
    network = BlueprintNetwork(draft.finish(mean_linear_head(draft, draft.inputs[0], 3)))
    assert not network.has_auxiliary_head
    with pytest.raises(ValueError, match="no auxiliary head"):
        network.forward_with_auxiliary(torch.zeros(1, 1, 8, 8))
