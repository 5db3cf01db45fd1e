"""Memory and time of ProxylessNAS' steps, beside a step that computes all paths as searches without gates do. Asserts nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import numpy as np
import pytest
import torch

from nas.core.problem import Dataset
from nas.registry import problems, spaces
from nas.supernets.network import WeightedSum
from nas.supernets.path_memory import path_memory
from nas.supernets.proxyless import ProxylessTraining
from nas.supernets.proxyless_recipe import ProxylessRecipe
from nas.supernets.training import Surroundings
from nas.training.data import Examples, place
from nas.training.environment import reproducible
from tests.support.supernets import digits_setup

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
BATCH, REPEATS = 8, 5


class Noise:
    """The size of the space that the published figures are for: 3×32×32, 10 classes."""

    def load(self, reference: str) -> Dataset:
        rng = np.random.default_rng(0)
        images = rng.integers(256, size=(160, 32, 32, 3), dtype=np.uint8)
        return Dataset(reference, images, np.arange(160) % 10, tuple("0123456789"), "0" * 64)


def make(device: torch.device, kind: str) -> ProxylessTraining:
    space, problem = spaces.get("mobile"), problems.get("image_classification")
    noise = problem(problem.Config.parse({"dataset": "noise"}), Noise())
    mini = space(space.Config.parse(space.Config.presets["proxyless_mini"]))
    setup = replace(digits_setup("mobile"), space=mini, problem=noise)
    examples: Examples = place(noise.splits().train, device)
    config = ProxylessRecipe.parse({"batch_size": BATCH, "architecture_step": kind, "warmup_epochs": 1, "epochs": 2})
    with reproducible(device, 0):
        return ProxylessTraining(config, setup, Surroundings(examples, examples, device, 0))


def all_paths_step(training: ProxylessTraining, inputs: torch.Tensor, targets: torch.Tensor) -> None:
    """Weights and choices get their gradients through the weighted sum of all options."""
    shares = training.choices.by_row(training.choices.probabilities())
    with training.autocast():
        loss = training.loss_of(training.network(inputs, WeightedSum(shares)), targets)
    training.clear_gradients()
    training.backward(loss)
    training.update_weights(0.0)
    training.choices.logits.grad = None


def milliseconds(device: torch.device, step: Callable[[], object]) -> float:
    """Median; processor time on a CPU, so that neighbours matter less, and time on the clock on a GPU."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    taken = []
    for _ in range(REPEATS + 2):
        began = clock()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        taken.append(1000 * (clock() - began))
    return median(taken[2:])


@pytest.mark.parametrize("name", DEVICES)
def test_memory_and_time_of_a_step(name: str) -> None:
    device = torch.device(name)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    two, full = (make(device, kind) for kind in ("two", "full"))
    inputs, targets = two.at.train.batch(torch.arange(BATCH))
    memory = path_memory(two.network, two.choices.sizes, inputs, two.autocast)
    times = {
        "one_path": milliseconds(device, lambda: two.step(inputs, targets, 0.0)),
        "two_paths": milliseconds(device, lambda: two.architecture_step(inputs, targets)),
        "all_gates": milliseconds(device, lambda: full.architecture_step(inputs, targets)),
        "all_paths": milliseconds(device, lambda: all_paths_step(two, inputs, targets)),
    }
    torch.set_num_threads(threads)
    print(f"\nProxylessNAS on {name}, mini space, batch {BATCH}: per step, and beside a step of the weights")
    for step, took in times.items():
        kept = memory[step] / BATCH / 2**20
        print(
            f"  {step:10} {took:8.1f} ms  ×{took / times['one_path']:4.2f}   "
            f"{kept:6.2f} MiB kept per image  ×{memory[step] / memory['one_path']:4.2f}"
        )
