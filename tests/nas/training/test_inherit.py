"""Weights of a trained network as the start of another: what is copied, what is not, and how much of it that was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nas.core.errors import StateMismatch
from nas.training.checkpoint import pack, prefixed
from nas.training.inherit import inherit


def network(*, hidden: int = 4, kernel: int = 3, extra: bool = False) -> nn.Sequential:
    parts: list[tuple[str, nn.Module]] = [
        ("stem", nn.Conv2d(1, 4, kernel, padding=kernel // 2)),
        ("norm", nn.BatchNorm2d(4)),
        ("body", nn.Conv2d(4, hidden, 1, bias=False)),
    ]
    parts += [("more", nn.Conv2d(hidden, hidden, 1))] if extra else []
    made = nn.Sequential()
    for name, part in parts:
        made.add_module(name, part)
    return made


def trained(parent: nn.Module) -> bytes:
    """As if it had been: every tensor another than that of a fresh network."""
    with torch.no_grad():
        for tensor in parent.state_dict().values():
            tensor.copy_(torch.arange(tensor.numel()).reshape(tensor.shape) + 1)
    return pack({**prefixed("network", parent.state_dict()), "random.order": torch.zeros(3)}, {})


def test_tensors_of_the_same_name_and_shape_are_equal_the_others_as_drawn() -> None:
    parent, child = network(), network(hidden=6)
    checkpoint = trained(parent)
    before = {name: tensor.clone() for name, tensor in child.state_dict().items()}
    share = inherit(child, checkpoint)
    after = child.state_dict()
    for name, tensor in parent.state_dict().items():
        expected = before[name] if name == "body.weight" else tensor
        assert torch.equal(after[name], expected), name
    assert not torch.equal(after["norm.running_mean"], before["norm.running_mean"])  # statistics go with the weights
    assert share == pytest.approx((4 * 9 + 4 + 4 + 4) / (4 * 9 + 4 + 4 + 4 + 6 * 4))


@pytest.mark.parametrize(
    ("settings", "num_copied", "num_weights"),
    [
        ({}, 64, 64),
        ({"extra": True}, 64, 84),  # a new layer is drawn
        ({"kernel": 5}, 28, 128),  # another filter size: its bias fits, its weights do not
    ],
)
def test_the_share_counts_weights(settings: dict[str, int], num_copied: int, num_weights: int) -> None:
    assert inherit(network(**settings), trained(network())) == pytest.approx(num_copied / num_weights)


def test_a_smaller_child_takes_what_it_has() -> None:
    child = network()
    assert inherit(child, trained(network(extra=True))) == 1.0


def test_other_types_are_not_converted() -> None:
    child = network().double()
    before = child.stem.weight.clone()  # type: ignore[union-attr]
    inherit(child, trained(network()))
    assert torch.equal(child.stem.weight, before)  # type: ignore[union-attr]


def test_gradients_and_the_parent_stay_untouched() -> None:
    parent, child = network(), network()
    checkpoint = trained(parent)
    inherit(child, checkpoint)
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in child.parameters())
    with torch.no_grad():
        child.stem.weight.zero_()  # type: ignore[union-attr]
    assert parent.stem.weight.any()  # type: ignore[union-attr]


def test_what_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(StateMismatch):
        inherit(network(), b"rubbish")


def test_a_network_without_weights_inherits_nothing() -> None:
    assert inherit(nn.Sequential(nn.ReLU()), trained(network())) == 0.0
