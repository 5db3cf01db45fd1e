"""The settings of a training, their refusals, and the course of the learning rate."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from nas.core.errors import InvalidConfig
from nas.training.checkpoint import pack, unpack
from nas.training.recipe import Recipe
from nas.training.schedule import rate_factor


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"epochs": 10**9}, "epochs", "10000"),
        ({"epochs": 0}, "epochs", "1"),
        ({"epochs": 2.5}, "epochs", "whole number"),
        ({"learning_rate": -0.1}, "learning_rate", "more than 0"),
        ({"learning_rate": float("nan")}, "learning_rate", "finite"),
        ({"batch_size": 1}, "batch_size", "at least 2"),
        ({"optimizer": "sdg"}, "optimizer", "'sgd', 'adam' or 'adamw'"),
        ({"warmup_epochs": 4}, "", "the warm-up must be shorter than the training: got 4 of 4 epochs"),
        ({"momentum": 1.0}, "momentum", "less than 1"),
    ],
)
def test_refusals(given: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        Recipe.parse(given)
    (error,) = caught.value.errors
    assert error.field == field
    assert said in error.message


def test_usual_rate_depends_on_the_optimiser() -> None:
    assert [Recipe(optimizer=name).base_rate for name in ("sgd", "adam", "adamw")] == [0.1, 0.003, 0.003]
    assert Recipe(optimizer="adam", learning_rate=0.5).base_rate == 0.5


def test_cosine_falls_from_one_towards_zero() -> None:
    rates = [rate_factor("cosine", step, 100, 0) for step in range(100)]
    assert rates[0] == 1
    assert rates[50] == pytest.approx(0.5)
    assert rates[99] == pytest.approx(0.5 * (1 + math.cos(math.pi * 0.99)))
    assert rates == sorted(rates, reverse=True)


def test_steps_and_constant() -> None:
    assert [rate_factor("step", step, 100, 0) for step in (0, 49, 50, 74, 75, 99)] == [1, 1, 0.1, 0.1, 0.01, 0.01]
    assert {rate_factor("constant", step, 10, 0) for step in range(10)} == {1.0}
    with pytest.raises(ValueError, match="no schedule 'sine'"):
        rate_factor("sine", 0, 1, 0)


def test_warm_up_grows_linearly_and_never_takes_more_than_half() -> None:
    assert [rate_factor("constant", step, 100, 4) for step in range(6)] == [0.2, 0.4, 0.6, 0.8, 1, 1]
    assert [rate_factor("constant", step, 4, 50) for step in range(4)] == [1 / 3, 2 / 3, 1, 1]


def test_checkpoint_bytes_round_trip_shared_and_strided_tensors() -> None:
    tensor = torch.arange(12.0).reshape(3, 4)
    tensors, meta = unpack(pack({"a": tensor, "b": tensor, "c": tensor.t(), "n": torch.tensor(3)}, {"at": [1, "글"]}))
    assert torch.equal(tensors["b"], tensor)
    assert torch.equal(tensors["c"], tensor.t())
    assert tensors["n"].item() == 3
    assert meta == {"at": [1, "글"]}
