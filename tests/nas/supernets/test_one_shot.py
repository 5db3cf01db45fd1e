"""The sum of all candidates with path dropout: what is left out how often, and that the rate grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from nas.core.errors import Interrupted
from nas.core.setup import SearchSetup
from nas.supernets.network import SinglePath, sum_of_all
from nas.supernets.one_shot import OneShotTraining
from nas.supernets.one_shot_recipe import OneShotRecipe
from nas.supernets.path_dropout import PathDropout
from nas.supernets.training import Surroundings
from nas.training.checkpoint import unpack
from nas.training.data import place
from nas.training.environment import reproducible, stream
from tests.support.supernets import digits_setup

CPU = torch.device("cpu")


class Powers:
    """A place whose candidates give 1, 2, 4 …, so that a sum says which were there."""

    def __init__(self, num_options: int, zeros: Sequence[int] = ()) -> None:
        self.is_zero = tuple(option in zeros for option in range(num_options))

    def __len__(self) -> int:
        return len(self.is_zero)

    def apply_option(self, option: int, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.zeros(1) if self.is_zero[option] else torch.tensor([2.0**option])


def sums(rate: float, place: Any, times: int) -> list[int]:
    mixture = PathDropout(rate, stream(0, 5))
    return [int(mixture(place, [])) for _ in range(times)]


def test_without_a_rate_all_are_summed() -> None:
    assert set(sums(0.0, Powers(4), 50)) == {0b1111}
    assert set(sums(0.0, Powers(4, zeros=[1]), 50)) == {0b1101}
    assert set(sums(0.5, Powers(2, zeros=[0, 1]), 5)) == {0}


def test_each_is_left_out_with_the_root_of_the_rate_and_never_all() -> None:
    rate, times = 0.2, 6000
    drawn = sums(rate, Powers(3), times)
    assert 0 not in drawn
    chance = rate ** (1 / 3)
    for option in range(3):
        left_out = sum(not value >> option & 1 for value in drawn) / times
        expected = (chance - chance**3) / (1 - chance**3)  # given that not all were left out
        assert left_out == pytest.approx(expected, abs=0.03)


@pytest.fixture(scope="module")
def training() -> OneShotTraining:
    setup: SearchSetup = digits_setup()
    splits = setup.problem.splits()
    at = Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=3)
    with reproducible(CPU, 3):
        return OneShotTraining(OneShotRecipe.parse({"batch_size": 32, "epochs": 4, "path_dropout": 0.4}), setup, at)


def test_the_rate_grows_from_nothing_to_what_was_set(training: OneShotTraining) -> None:
    reached = []
    for epoch in range(1, 5):
        facts = training.run(epoch)
        reached.append(facts.data["path_dropout"])
        assert {"validation_accuracy", "validation_loss", "train_loss"} <= set(facts.metrics)
    assert facts.metrics["validation_loss"] < 2.5, "the whole sum is scored with statistics of its own"
    assert reached == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_an_architecture_is_its_own_operations_alone(training: OneShotTraining) -> None:
    space: Any = training.setup.space
    inputs, _ = training.at.validation.batch(torch.arange(8))
    training.network.eval()
    path = (3, 2, 1, 4, 3, 2)
    alone = training.forward_of(space.genotype_of(path))(inputs)
    assert torch.equal(alone, training.network(inputs, SinglePath(path)))
    assert not torch.allclose(alone, training.network(inputs, sum_of_all))


def test_a_training_that_was_stopped_in_an_epoch_ends_with_the_same_bits(training: OneShotTraining) -> None:
    """What is left out is drawn anew in every step."""

    def begun() -> OneShotTraining:
        with reproducible(CPU, 3):
            return OneShotTraining(training.config, training.setup, training.at)

    whole, stopped, later = begun(), begun(), begun()
    before = whole.stream("path dropout").get_state()
    whole.run(1)
    assert not torch.equal(whole.stream("path dropout").get_state(), before)
    asked = iter(range(1000))
    saved: list[bytes] = []
    stopped.at = replace(stopped.at, should_stop=lambda: next(asked) >= 3, save=saved.append)
    with pytest.raises(Interrupted):
        stopped.run(1)
    later.restore(saved[-1])
    assert later.steps_done == 3
    later.run(1)
    expected, found = unpack(whole.checkpoint())[0], unpack(later.checkpoint())[0]
    assert expected.keys() == found.keys()
    assert all(torch.equal(tensor, found[name]) for name, tensor in expected.items())
