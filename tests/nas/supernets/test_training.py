"""Legs of shared training: paths equal stand-alone networks, stops change nothing, what is off the path stays."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
import pytest
import torch

from nas.core.errors import Interrupted, ProtocolError, TrialFailed
from nas.core.proposal import Proposal
from nas.core.result import ResultStatus
from nas.core.setup import SearchSetup
from nas.jobs.local import LocalContext
from nas.jobs.score_shared import ScoreShared
from nas.jobs.train_supernet import TrainSupernet
from nas.registry import supernet_trainings
from nas.supernets.network import SinglePath, Supernet
from nas.supernets.single_path import SinglePathTraining
from nas.supernets.single_path_recipe import SinglePathRecipe
from nas.supernets.task import SupernetTask
from nas.supernets.training import EpochFacts, Surroundings
from nas.training.checkpoint import pack, unpack
from nas.training.data import Examples, place
from tests.support.supernets import copy_path, digits_setup

CPU = torch.device("cpu")
TASK = SupernetTask("single_path", {"epochs": 2, "batch_size": 128}, 0, 2)


@pytest.fixture
def setup() -> SearchSetup:
    return digits_setup()


def trained(
    setup: SearchSetup, folder: Path, *legs: SupernetTask, should_stop: Callable[[], bool] = lambda: False
) -> list[LocalContext]:
    contexts = []
    for number, leg in enumerate(legs):
        continues = number - 1 if number else None
        proposal = Proposal(number, kind="train_supernet", continues=continues, began_as=0, payload=leg.as_json())
        context = LocalContext("train_supernet", setup, [proposal], folder=folder, should_stop=should_stop)
        TrainSupernet().run(context)
        contexts.append(context)
    return contexts


def weights(folder: Path, proposal_id: int) -> dict[str, torch.Tensor]:
    return unpack((folder / f"{proposal_id}.checkpoint").read_bytes())[0]


def test_a_path_through_the_supernet_is_the_stand_alone_network(setup: SearchSetup) -> None:
    space = setup.space
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    supernet = Supernet(space.supernet((1, 8, 8), 10)).eval()
    images = torch.rand(4, 1, 8, 8)
    for _ in range(3):
        genotype = space.sample(rng)
        path = space.path_of(genotype)
        assert space.genotype_of(path) == genotype
        network = space.build(genotype, (1, 8, 8), 10).eval()
        copy_path(supernet, path, network)
        assert torch.equal(supernet(images, SinglePath(path)), network(images))


def test_an_interrupted_leg_gives_the_same_weights_and_so_do_two_short_legs(setup: SearchSetup, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("whole", "stopped", "legs")]
    for folder in folders:
        folder.mkdir()
    trained(setup, folders[0], TASK)
    asked = iter(range(1000))
    with pytest.raises(Interrupted):
        trained(setup, folders[1], TASK, should_stop=lambda: next(asked) > 5)
    trained(setup, folders[1], TASK)
    trained(setup, folders[2], replace(TASK, until_epoch=1), replace(TASK, from_epoch=1))
    whole = weights(folders[0], 0)
    for folder, last in ((folders[1], 0), (folders[2], 1)):
        other = weights(folder, last)
        assert whole.keys() == other.keys()
        assert all(torch.equal(tensor, other[name]) for name, tensor in whole.items())


def test_scores_are_trials_and_reproducible(setup: SearchSetup, tmp_path: Path) -> None:
    trained(setup, tmp_path, TASK)
    genotypes = [setup.space.sample(np.random.default_rng(seed)) for seed in range(3)]
    payload = {"task": TASK.as_json(), "genotypes": genotypes, "batches": 2}
    seen = []
    for _ in range(2):
        proposal = Proposal(1, kind="score_shared", inherits=0, payload=payload)
        context = LocalContext("score_shared", setup, [proposal], folder=tmp_path)
        ScoreShared().run(context)
        assert context.results[0].status is ResultStatus.COMPLETED
        assert [found.metrics["shared_accuracy"] for found in context.reported] == context.results[0].payload["scores"]
        seen.append(context.results[0].payload["scores"])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) > 1


def test_answers_that_are_no_numbers_are_wrong_ones(setup: SearchSetup, tmp_path: Path) -> None:
    trained(setup, tmp_path, TASK)
    file = tmp_path / "0.checkpoint"
    tensors, head = unpack(file.read_bytes())
    tensors["network.head.linear.bias"][0] = torch.nan
    file.write_bytes(pack(tensors, head))
    genotypes = [setup.space.sample(np.random.default_rng(seed)) for seed in range(2)]
    payload = {"task": TASK.as_json(), "genotypes": genotypes, "batches": 1}
    proposal = Proposal(1, kind="score_shared", inherits=0, payload=payload)
    context = LocalContext("score_shared", setup, [proposal], folder=tmp_path)
    ScoreShared().run(context)
    assert context.results[0].payload == {"scores": [0.0, 0.0], "losses": [None, None]}
    assert [found.metrics["shared_accuracy"] for found in context.reported] == [0.0, 0.0]
    assert all("shared_loss" not in found.metrics for found in context.reported)


class Poisoned(SinglePathTraining):
    def end_epoch(self) -> EpochFacts:
        return EpochFacts(self.epoch, {"validation_loss": math.nan if self.epoch == 2 else 1.0})


def test_the_epoch_is_named_whose_facts_are_no_numbers(setup: SearchSetup) -> None:
    splits = setup.problem.splits()
    at = Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=0)
    training = Poisoned(SinglePathRecipe(epochs=2, batch_size=512), setup, at)
    with pytest.raises(TrialFailed, match="The validation loss of the supernet became not a number in epoch 2 of 2"):
        training.run(2)


def test_out_of_memory_says_which_batch_fits_with_what_did_not_fit_let_go(
    setup: SearchSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = SinglePathTraining.step
    tried: list[tuple[int, ReferenceType[SinglePathTraining]]] = []

    def limited(self: SinglePathTraining, inputs: torch.Tensor, targets: torch.Tensor, rate: float) -> torch.Tensor:
        assert all(earlier() in (None, self) for _, earlier in tried), "an earlier training still holds its memory"
        tried.append((len(inputs), ref(self)))
        if len(inputs) > 40:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return step(self, inputs, targets, rate)

    monkeypatch.setattr(SinglePathTraining, "step", limited)
    (context,) = trained(setup, tmp_path, TASK)
    assert [size for size, _ in tried] == [128, 64, 32, 32]
    assert context.results[0].status is ResultStatus.OUT_OF_MEMORY
    assert "batch size of 128" in context.results[0].reason
    assert context.results[0].reason.endswith("A batch of 32 would fit.")


@pytest.mark.parametrize("num", [1, 512, 513, 514, 1024])
def test_scores_look_at_every_example_and_never_at_the_last_one_alone(setup: SearchSetup, num: int) -> None:
    generator = torch.Generator().manual_seed(0)
    targets = torch.randint(10, (num,), generator=generator)
    examples = Examples(torch.nn.functional.one_hot(targets, 10).float(), targets, CPU)
    training = SinglePathTraining(SinglePathRecipe(), setup, Surroundings(examples, examples, CPU, seed=0))
    sizes = []

    def answer(inputs: torch.Tensor) -> torch.Tensor:
        sizes.append(len(inputs))
        return 100 * inputs

    assert training.score(answer).accuracy == 1
    assert sum(sizes) == num
    assert min(sizes) > 1 or num == 1


def test_a_rate_that_is_too_high_is_named_and_leaves_the_last_checkpoint(setup: SearchSetup, tmp_path: Path) -> None:
    wild = replace(
        TASK, settings={**TASK.settings, "epochs": 40, "learning_rate": 100.0, "weight_decay": 1.0}, until_epoch=40
    )
    (context,) = trained(setup, tmp_path, wild)
    assert context.results[0].status is ResultStatus.DIVERGED
    assert "learning rate" in context.results[0].reason


@pytest.mark.parametrize("name", supernet_trainings.names())
def test_a_registered_training_leaves_nothing_open(name: str) -> None:
    assert not supernet_trainings.get(name).__abstractmethods__  # type: ignore[attr-defined]


def test_what_an_epoch_came_to_is_told_once(setup: SearchSetup) -> None:
    splits = setup.problem.splits()
    at = Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=1)
    training = SinglePathTraining(SinglePathRecipe(epochs=1, batch_size=512), setup, at)
    training.run(1)
    with pytest.raises(ProtocolError, match="up to epoch 1 already"):
        training.run(1)


def test_scores_from_a_warm_supernet_are_those_of_a_fresh_one(setup: SearchSetup, tmp_path: Path) -> None:
    trained(setup, tmp_path, TASK)
    rng = np.random.default_rng(3)
    genotypes = [setup.space.sample(rng) for _ in range(4)]

    def scores(number: int, cache: dict[str, Any]) -> list[float]:
        payload = {"task": TASK.as_json(), "genotypes": genotypes[number - 1 : number + 2], "batches": 2}
        proposal = Proposal(number, kind="score_shared", inherits=0, payload=payload)
        context = LocalContext("score_shared", setup, [proposal], folder=tmp_path, cache=cache)
        ScoreShared().run(context)
        found: list[float] = context.results[0].payload["scores"]
        return found

    warm: dict[str, Any] = {}
    together = [scores(1, warm), scores(2, warm)]
    assert sum(key.startswith("shared weights") for key in warm) == 1
    assert together == [scores(1, {}), scores(2, {})]


@pytest.mark.parametrize("name", ["darts", "enas", "proxyless"])
def test_what_decides_among_options_is_no_example_of_the_weights(setup: SearchSetup, name: str) -> None:
    """And both together are all examples for training."""
    kind: Any = supernet_trainings.get(name)
    small = {"epochs": 2, "batch_size": 64, "warmup_epochs": 0, "controller_updates": 4, "samples_per_update": 5}
    recipe = kind.Config.parse({key: value for key, value in small.items() if key in kind.Config.model_fields})
    splits = setup.problem.splits()
    training = kind(recipe, setup, Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=0))
    seen: dict[str, set[bytes]] = {"weights": set(), "choices": set()}
    steps, takes = training.step, training.decision_batch

    def step(inputs: torch.Tensor, targets: torch.Tensor, rate: float) -> torch.Tensor:
        seen["weights"] |= {image.numpy().tobytes() for image in inputs}
        loss: torch.Tensor = steps(inputs, targets, rate)
        return loss

    def decision_batch() -> tuple[torch.Tensor, torch.Tensor]:
        inputs, targets = takes()
        seen["choices"] |= {image.numpy().tobytes() for image in inputs}
        return inputs, targets

    training.step, training.decision_batch = step, decision_batch
    training.run(1)
    every = {image.tobytes() for image in splits.train.inputs}
    assert not seen["weights"] & seen["choices"]
    assert seen["weights"] | seen["choices"] == every
    assert len(seen["weights"]) == pytest.approx(kind.train_share * len(every), abs=2)


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_the_rate_falls_from_the_first_to_the_last_over_all_steps(setup: SearchSetup, schedule: str) -> None:
    splits = setup.problem.splits()
    at = Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=0)
    recipe = SinglePathRecipe(epochs=2, batch_size=128, learning_rate=0.2, last_learning_rate=0.05, schedule=schedule)
    training = SinglePathTraining(recipe, setup, at)
    rates: list[float] = []
    update = training.update_weights

    def watched(rate: float) -> None:
        rates.append(rate)
        update(rate)

    training.update_weights = watched  # type: ignore[method-assign]
    training.run(2)
    total = 2 * training.steps_per_epoch
    gone = [step / total for step in range(total)]
    shares = [1 - share if schedule == "linear" else (1 + math.cos(math.pi * share)) / 2 for share in gone]
    assert rates == pytest.approx([0.05 + 0.15 * share for share in shares])


def test_a_step_is_as_long_as_the_clipped_gradient_of_the_smoothed_loss(setup: SearchSetup) -> None:
    splits = setup.problem.splits()
    at = Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=0)
    settings = {"momentum": 0.0, "weight_decay": 0.0, "gradient_clip": 1e-3, "label_smoothing": 0.1}
    training = SinglePathTraining(SinglePathRecipe(batch_size=64, **settings), setup, at)
    training.network.train()
    before = [weight.detach().clone() for weight in training.weights()]
    training.step(*training.at.train.batch(torch.arange(64)), 0.5)
    moved = [(weight.detach() - start).flatten() for weight, start in zip(training.weights(), before, strict=True)]
    assert float(torch.cat(moved).norm()) == pytest.approx(0.5 * 1e-3, rel=0.01)
    logits, label = torch.tensor([[2.0, 0.0, -1.0, 0.5]]), torch.tensor([1])
    logs = logits.log_softmax(dim=1)[0]
    expected = -(0.9 * logs[1] + 0.1 * logs.mean())
    assert float(training.loss_of(logits, label)) == pytest.approx(float(expected))
