"""Which paths are trained, what a step leaves alone, and what the counts say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import torch

from nas.core.errors import InvalidGenotype
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.jobs.local import LocalContext
from nas.jobs.train_supernet import TrainSupernet
from nas.supernets.architectures import calibration_batches, recalibrate, shared_score
from nas.supernets.network import Candidates, SinglePath
from nas.supernets.path_sampling import MacsUniform, architecture_path, fair_paths, uniform_path
from nas.supernets.prices import RowPrices
from nas.supernets.single_path import SinglePathTraining
from nas.supernets.single_path_recipe import SinglePathRecipe
from nas.supernets.task import SupernetTask
from nas.supernets.training import Surroundings
from nas.training.data import place
from nas.training.environment import reproducible, stream
from tests.support.supernets import digits_setup

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def setup() -> SearchSetup:
    return digits_setup()


def made(setup: SearchSetup, **settings: Any) -> SinglePathTraining:
    splits = setup.problem.splits()
    at = Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=3)
    with reproducible(CPU, 3):
        return SinglePathTraining(SinglePathRecipe.parse({"batch_size": 64, **settings}), setup, at)


def batch(training: SinglePathTraining) -> tuple[torch.Tensor, torch.Tensor]:
    return training.at.train.batch(torch.arange(64))


def own_of(training: SinglePathTraining, place: Candidates, option: int) -> dict[str, torch.Tensor]:
    """The weights of one candidate and the momentum of each, as they are now."""
    names = {id(weight): number for number, weight in enumerate(training.weights())}
    momenta = training._optimizer.tensors()
    found = {}
    for name, weight in place.options[option].named_parameters():
        found[name] = weight.detach().clone()
        if (momentum := momenta.get(f"{names[id(weight)]}.momentum")) is not None:
            found[f"momentum of {name}"] = momentum.clone()
    return found


def test_a_step_leaves_weights_off_its_path_alone(setup: SearchSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    training = made(setup, weight_decay=0.1)
    training.network.train()
    everywhere = [(0,) * 6, (2,) * 6, (3,) * 6]
    monkeypatch.setattr(training, "_paths", lambda: everywhere)
    training.step(*batch(training), 0.1)  # now all have momentum, which would move them
    path = (2, 3, 2, 3, 2, 3)
    monkeypatch.setattr(training, "_paths", lambda: [path])
    before = {
        (number, option): own_of(training, place, option)
        for number, place in enumerate(training.network.places)
        for option in (2, 3)
    }
    training.step(*batch(training), 0.1)
    for (number, option), tensors in before.items():
        place = training.network.places[number]
        after = own_of(training, place, option)
        same = all(torch.equal(tensor, after[name]) for name, tensor in tensors.items())
        assert same is (path[place.row] != option)
    assert len(before) == 2 * len(training.network.places)


def test_fair_steps_train_every_option_equally_often(setup: SearchSetup) -> None:
    training = made(setup, sampling="fair")
    training.network.train()
    for step in range(1, 4):
        training.step(*batch(training), 0.01)
        assert training.end_epoch().data["counts"] == [[step] * 5] * 6
    assert sum(training.end_epoch().data["macs"]["counts"]) == 3 * 5


def test_one_fair_step_follows_the_sum_of_the_paths_gradients(setup: SearchSetup) -> None:
    training = made(setup, sampling="fair", momentum=0.0, weight_decay=0.0, gradient_clip=None)
    other = made(setup, momentum=0.0, weight_decay=0.0, gradient_clip=None)
    inputs, targets = batch(training)
    paths = fair_paths([5] * 6, stream(3, crc32(b"paths")))
    training.network.train()
    other.network.train()
    training.step(inputs, targets, 0.1)
    for path in paths:
        other.loss_of(other.network(inputs, SinglePath(path)), targets).backward()
    for ours, theirs, start in zip(training.weights(), other.weights(), made(setup).weights(), strict=True):
        moved = torch.zeros_like(start) if theirs.grad is None else 0.1 * theirs.grad
        assert torch.allclose(ours, start - moved, atol=1e-6)


def test_short_rows_are_fair_in_expectation() -> None:
    generator = stream(0, 0)
    counts: Counter[int] = Counter()
    for _ in range(400):
        paths = fair_paths([3, 2], generator)
        assert sorted(path[0] for path in paths) == [0, 1, 2]
        counts.update(path[1] for path in paths)
    assert sum(counts.values()) == 1200
    assert abs(counts[0] - counts[1]) < 120  # six standard deviations


def test_uniform_paths_are_uniform() -> None:
    generator = stream(1, 0)
    drawn = np.array([uniform_path([2, 5], generator) for _ in range(3000)])
    assert np.bincount(drawn[:, 0]) == pytest.approx([1500] * 2, abs=165)
    assert np.bincount(drawn[:, 1]) == pytest.approx([600] * 5, abs=130)


def test_what_is_no_architecture_is_drawn_by_the_space(setup: SearchSetup) -> None:
    class Picky(type(setup.space)):  # type: ignore[misc]
        def genotype_of(self, path: Any) -> Any:
            if path[0] == 0:
                raise InvalidGenotype.at("edges.0", "not this one")
            return super().genotype_of(path)

        def sample(self, rng: Any) -> Any:
            return super().genotype_of([4, *rng.integers(5, size=5)])

    space = Picky(setup.space.config)
    drawn = [architecture_path(space, [5] * 6, generator) for generator in [stream(0, 0)] for _ in range(200)]
    firsts = Counter(path[0] for path in drawn)
    assert firsts[0] == 0
    assert firsts[4] > firsts[1] + 10


def test_ranges_of_macs_are_hit_evenly() -> None:
    prices = RowPrices(
        100.0, tuple((0.0, 10.0 + row / 7) for row in range(12))
    )  # a binomial: the middle is far likelier

    def draw(generator: torch.Generator) -> tuple[int, ...]:
        return uniform_path([2] * 12, generator)

    even = MacsUniform(prices, draw, 3, stream(0, 1))
    generator = stream(0, 2)
    costs = [prices.of_path(even(generator)) for _ in range(900)]
    inside = np.histogram(costs, bins=even.edges)[0]
    assert inside.sum() == 900
    assert inside.min() > 200
    plain = np.histogram([prices.of_path(draw(generator)) for _ in range(900)], bins=even.edges)[0]
    assert plain.min() < 200


def test_a_training_that_is_even_over_macs_draws_from_so_many_ranges(setup: SearchSetup) -> None:
    training = made(setup, sampling="macs_uniform", macs_bins=4)
    costs = [training._prices.of_path(training._paths()[0]) for _ in range(400)]
    assert isinstance(training._draw, MacsUniform)
    counts = np.histogram(costs, bins=training._draw.edges)[0]
    assert len(counts) == 4
    assert counts.sum() > 380
    assert counts.min() > 60


def test_recalibration_touches_statistics_of_batch_norm_only(setup: SearchSetup) -> None:
    training = made(setup)
    training.network.train()
    for _ in range(3):
        training.step(*batch(training), 0.1)
    before = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}
    forward = training.forward_of(setup.space.genotype_of([3, 2, 1, 4, 3, 2]))
    batches = calibration_batches(training.at.train, 32, 3, stream(0, 0))
    first = shared_score(training, forward, batches)
    changed = {
        name.rpartition(".")[2]
        for name, tensor in training.network.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert changed == {"running_mean", "running_var", "num_batches_tracked"}
    assert shared_score(training, forward, batches) == first
    assert shared_score(training, forward, batches[::-1]).loss == pytest.approx(first.loss, rel=1e-4)


def test_one_calibration_batch_is_exact(setup: SearchSetup) -> None:
    training = made(setup)
    network = training.network
    path = SinglePath([3] * 6)
    (inputs,) = calibration_batches(training.at.train, 64, 1, stream(0, 0))
    seen: list[torch.Tensor] = []
    norm = next(module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d))
    hook = norm.register_forward_pre_hook(lambda module, given: seen.append(given[0].detach()))
    recalibrate(network, lambda x: network(x, path), [inputs])
    hook.remove()
    assert torch.allclose(norm.running_mean, seen[0].mean(dim=(0, 2, 3)), atol=1e-5)
    assert torch.allclose(norm.running_var, seen[0].var(dim=(0, 2, 3)), atol=1e-5)
    assert norm.momentum == 0.1


@pytest.mark.parametrize("sampling", ["fair", "macs_uniform"])
def test_two_legs_count_like_one(setup: SearchSetup, tmp_path: Path, sampling: str) -> None:
    task = SupernetTask("single_path", {"epochs": 2, "batch_size": 128, "sampling": sampling}, 0, 2)

    def facts(folder: Path, *ends: tuple[int, int]) -> dict[str, Any]:
        folder.mkdir()
        for number, (start, end) in enumerate(ends):
            payload = {**task.as_json(), "from_epoch": start, "until_epoch": end}
            continues = number - 1 if number else None
            proposal = Proposal(number, kind="train_supernet", continues=continues, began_as=0, payload=payload)
            context = LocalContext("train_supernet", setup, [proposal], folder=folder)
            TrainSupernet().run(context)
        return dict(context.results[0].payload)

    whole, legs = facts(tmp_path / "whole", (0, 2)), facts(tmp_path / "legs", (0, 1), (1, 2))
    assert whole == legs
    per_step = 5 if sampling == "fair" else 1
    num_steps = 2 * 4  # 420 or so training examples in batches of 128
    assert sum(whole["data"]["counts"][0]) in {per_step * 2 * steps for steps in (3, 4)}
    assert sum(whole["data"]["macs"]["counts"]) <= per_step * num_steps
