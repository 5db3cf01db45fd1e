"""Progressive shrinking: phases, their rates and teachers; stops between and inside phases change nothing."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from nas.core.errors import InvalidConfig, StateMismatch
from nas.core.setup import SearchSetup
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import problems
from nas.supernets.once_for_all import OnceForAllTraining
from nas.supernets.once_for_all_recipe import OnceForAllRecipe
from nas.supernets.training import EpochFacts, Surroundings
from nas.training.checkpoint import unpack
from nas.training.data import place
from nas.training.environment import reproducible
from tests.support.supernets import digits_setup

CPU = torch.device("cpu")

BRIEF: dict[str, Any] = {
    "epochs": 1,
    "kernel_epochs": 1,
    "depth_epochs": [0, 1],
    "width_epochs": [1, 1],
    "batch_size": 64,
    "calibration_batches": 1,
    "width_subnets": 2,
}


@pytest.fixture(scope="module")
def setup() -> SearchSetup:
    kind = problems.get("image_classification")
    problem = kind(kind.Config.parse({"dataset": "digits", "max_examples": 200}), BundledLibrary())
    return replace(digits_setup("mobile:elastic"), problem=problem)


def begun(setup: SearchSetup, **changed: Any) -> OnceForAllTraining:
    splits = setup.problem.splits()
    at = Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=3)
    with reproducible(CPU, 3):
        return OnceForAllTraining(OnceForAllRecipe.parse({**BRIEF, **changed}), setup, at)


def carried_on(setup: SearchSetup, checkpoint: bytes, until: int) -> tuple[EpochFacts, bytes]:
    training = begun(setup)
    training.restore(checkpoint)
    return training.run(until), training.checkpoint()


def test_a_training_of_many_legs_is_the_training_of_one(setup: SearchSetup) -> None:
    whole = begun(setup)
    facts = whole.run(5)
    assert facts.epoch == whole.config.total_epochs == 5
    part = begun(setup)
    part.run(1)  # the next leg begins with another phase
    checkpoint = part.checkpoint()
    for until in (2, 4, 5):  # across phases as well
        told, checkpoint = carried_on(setup, checkpoint, until)
    assert told == facts
    ours, theirs = unpack(whole.checkpoint())[0], unpack(checkpoint)[0]
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


def test_what_is_told_of_each_phase(setup: SearchSetup) -> None:
    training = begun(setup)
    facts = [training.run(epoch) for epoch in range(1, 6)]
    assert [told.data["phase"] for told in facts] == ["full", "kernel", "depth 2", "width 1", "width 2"]
    for told in facts:
        assert {"smallest_accuracy", "middle_accuracy", "largest_accuracy"} < told.metrics.keys()
    dials = training.setup.space.dials()  # type: ignore[attr-defined]
    names = [dial.name for dial in dials]
    full, kernel, depth, width, _ = (dict(zip(names, told.data["counts"], strict=True)) for told in facts)
    steps = training.steps_per_epoch
    assert full["stage2.block1.kernel"] == [0, steps]
    assert sum(full["resolution"]) == steps
    assert min(full["resolution"]) > 0
    assert kernel["stage2.block1.kernel"][0] > 0
    assert kernel["stage2.depth"] == [0, 2 * steps]
    assert depth["stage2.depth"][0] > 0
    assert sum(depth["stage2.block2.kernel"]) == depth["stage2.depth"][1]  # where the block is there
    assert depth["stage2.block1.width"][0] == 0 < width["stage2.block1.width"][0]
    assert all(len(told.data["sampled"]) == count for told, count in zip(facts, (1, 1, 2, 2, 2), strict=True))


def test_the_teacher_is_the_full_network_of_the_first_phase(setup: SearchSetup) -> None:
    training = begun(setup)
    training.run(1)
    weights = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}
    training.run(5)
    kept = {
        name.removeprefix("teacher."): t for name, t in training.own_tensors().items() if name.startswith("teacher.")
    }
    assert kept.keys() == weights.keys()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in kept.items())
    assert any(not torch.equal(tensor, weights[name]) for name, tensor in training.network.state_dict().items())


def test_distillation_changes_what_is_learned(setup: SearchSetup) -> None:
    first, second = begun(setup), begun(setup, distillation=0.0)
    assert first.run(1) == second.run(1)
    assert first.run(2).metrics["train_loss"] > second.run(2).metrics["train_loss"] + 0.5  # two losses, not one


def test_a_step_follows_the_sum_over_its_networks_of_both_losses(setup: SearchSetup) -> None:
    """Against the classes, and against what the full network of the first phase says of the same images at the same size."""
    plain = {"momentum": 0.0, "nesterov": False, "weight_decay": 0.0, "gradient_clip": None}
    training = begun(setup, kernel_epochs=0, depth_epochs=[0, 0], width_epochs=[1, 0], distillation=0.7, **plain)
    training.run(1)
    training.begin_epoch()
    training.network.train()
    before = [weight.detach().clone() for weight in training.weights()]
    state = training.own_tensors()
    teacher = deepcopy(training.network)
    teacher.load_state_dict({n.removeprefix("teacher."): t for n, t in state.items() if n.startswith("teacher.")})
    teacher.eval()
    parts, taught = training._parts, {}
    for first in (0, 32):
        inputs, targets = training.at.train.batch(torch.arange(first, first + 32))
        training.step(inputs, targets, 0.1)
        after = [weight.detach().clone() for weight in training.weights()]
        with torch.no_grad():
            for weight, tensor in zip(training.weights(), before, strict=True):
                weight.copy_(tensor)
        training.clear_gradients()
        assert len(training._sampled) == 2
        for setting in training._sampled:
            full = tuple(
                at if dial.aspect == "resolution" else most
                for at, most, dial in zip(setting, parts.extreme(1.0), parts.dials, strict=True)
            )
            if full not in taught:
                taught[full] = teacher.part(parts.blueprint(full))
            with torch.no_grad():
                answers = teacher(inputs, taught[full]).softmax(dim=1)
            logits = training.network(inputs, training._part(setting))
            (cross_entropy(logits, targets) + 0.7 * cross_entropy(logits, answers)).backward()
        for weight, start, end in zip(training.weights(), before, after, strict=True):
            expected = start if weight.grad is None else start - 0.1 * weight.grad
            torch.testing.assert_close(end, expected, rtol=1e-4, atol=1e-5)
    assert len(taught) == 2, "both sizes were drawn"


def test_what_matters_stands_first_when_widths_become_elastic(setup: SearchSetup) -> None:
    training = begun(setup, kernel_epochs=1, depth_epochs=[0, 0], width_epochs=[1, 0])

    def is_sorted() -> bool:
        weight = training.network.get_submodule("stage2.block1.project_conv").get_parameter("weight")
        importance = weight.detach().abs().sum(dim=(0, 2, 3))
        return torch.equal(importance, importance.sort(descending=True).values)

    found = []
    for epoch in (1, 2):
        training.run(epoch)
        found.append(is_sorted())
    assert found == [False, True]  # before the kernel phase, before that of the widths


def test_no_phase_begins_with_the_momentum_of_the_one_before(setup: SearchSetup) -> None:
    training = begun(setup, epochs=2)
    training.run(1)
    assert training._optimizer.tensors()
    training.run(2)
    assert not training._optimizer.tensors()


def test_each_phase_begins_with_its_own_rate_and_falls(setup: SearchSetup) -> None:
    rates: list[float] = []
    training = begun(setup, learning_rate=0.2, kernel_rate=0.1, width_rates=[0.05, 0.04], warmup_epochs=0)
    step = training.step

    def watched(inputs: torch.Tensor, targets: torch.Tensor, rate: float) -> torch.Tensor:
        rates.append(rate)
        return step(inputs, targets, rate)

    training.step = watched  # type: ignore[method-assign]
    training.run(5)
    steps = training.steps_per_epoch
    assert [rates[epoch * steps] for epoch in range(5)] == pytest.approx([0.2, 0.1, 0.03, 0.05, 0.04])
    assert all(rates[epoch * steps + steps - 1] < rates[epoch * steps] for epoch in range(5))


def test_biases_and_scales_do_not_decay(setup: SearchSetup) -> None:
    training = begun(setup, weight_decay=1.0, learning_rate=0.1)
    training.run(1)
    spared = training.undecayed_weights()
    names = {name for name, parameter in training.network.named_parameters() if any(parameter is p for p in spared)}
    assert {name.rpartition(".")[2] for name in names} == {"weight", "bias"}
    scales = training.network.get_submodule("stage2.block1.expand_bn").get_parameter("weight")
    weight = training.network.get_submodule("stage2.block1.expand_conv").get_parameter("weight")
    assert scales.abs().mean() > 0.5  # (1 - rate)^steps would leave far less
    assert (
        weight.norm() < begun(setup).network.get_submodule("stage2.block1.expand_conv").get_parameter("weight").norm()
    )


def test_another_schedule_is_another_training(setup: SearchSetup) -> None:
    training = begun(setup)
    checkpoint = training.checkpoint()
    with pytest.raises(StateMismatch):
        begun(setup, kernel_epochs=3).restore(checkpoint)
    begun(setup).restore(checkpoint)


def test_a_phase_without_epochs_opens_with_the_next_one() -> None:
    recipe = OnceForAllRecipe.parse({**BRIEF, "kernel_epochs": 0, "depth_epochs": [0, 0]})
    assert [phase.name for phase in recipe.phases] == ["full", "width 1", "width 2"]
    assert recipe.phases[1].steps == {"kernel": 2, "depth": 2, "width": 1}
    assert recipe.total_epochs == 3


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"epochs": 0}, "epochs"),
        ({"depth_epochs": [1]}, "depth_epochs"),
        ({"width_rates": [0.1, -1]}, "width_rates.1"),
        ({"last_learning_rate": 0.05}, "kernel"),
    ],
)
def test_wrong_settings_are_named(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidConfig, match=named):
        OnceForAllRecipe.parse({**BRIEF, **changed})


def test_scoring_with_stored_weights_needs_no_training(setup: SearchSetup) -> None:
    training = begun(setup)
    training.run(2)
    other = begun(setup)
    other.load_weights(training.checkpoint())
    images = torch.rand(4, 1, 8, 8)
    genotype = setup.space.dialled((0,) * len(setup.space.dials()))  # type: ignore[attr-defined]
    with torch.no_grad():
        training.network.eval()
        other.network.eval()
        assert torch.equal(training.forward_of(genotype)(images), other.forward_of(genotype)(images))
