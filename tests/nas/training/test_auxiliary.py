"""The auxiliary head: its loss is added in training, and it works nowhere else."""

from __future__ import annotations

import pytest
import torch

from nas.hardware.cost_check import counted
from nas.training.loop import EpochReport, Hooks
from tests.nas.training.extras import tiny_network_with_extras
from tests.nas.training.tiny import recipe, train_tiny

HEAD = "auxiliary.linear.weight"


def first_loss(weight: float) -> float:
    """Mean loss of one epoch in a single batch, so the weights are still those of the start."""
    reports: list[EpochReport] = []
    how = recipe(auxiliary_weight=weight, batch_size=70, crop_padding=0, horizontal_flip=False, cutout=0, epochs=1)
    train_tiny(
        how=how,
        epochs=1,
        make=lambda: tiny_network_with_extras(probability=0.0),
        hooks=Hooks(on_epoch=(reports.append,)),
    )
    return reports[0].train_loss


def test_the_loss_grows_by_the_weight_times_the_head_s_loss() -> None:
    alone = first_loss(0.0)
    head = first_loss(1.0) - alone
    assert head > 0.5
    assert first_loss(0.4) == pytest.approx(alone + 0.4 * head, rel=1e-6)


def test_the_head_learns_unless_its_weight_is_zero() -> None:
    fresh = {}

    def make() -> torch.nn.Module:
        network = tiny_network_with_extras()
        fresh["head"] = network.state_dict()[HEAD].clone()
        return network

    _, trained = train_tiny(make=make)
    assert not trained[HEAD].equal(fresh["head"])
    _, left = train_tiny(make=make, how=recipe(auxiliary_weight=0))
    assert left[HEAD].equal(fresh["head"])


def test_scoring_never_runs_the_head() -> None:
    calls: list[bool] = []
    network = tiny_network_with_extras()
    network.get_submodule("auxiliary.linear").register_forward_hook(lambda module, *_: calls.append(module.training))
    train_tiny(make=lambda: network)
    assert calls == [True] * 15


def test_the_head_is_not_counted() -> None:
    with_head = counted(tiny_network_with_extras, (1, 8, 8))
    assert with_head == counted(lambda: tiny_network_with_extras(auxiliary=False), (1, 8, 8))
