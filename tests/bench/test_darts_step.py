"""A first-order step of DARTS beside a plain implementation of the paper, and beside what matrix products alone would take.

Both are timed in processor time on one thread, one step of each in turn, on the same network, weights and batches. The goal is
seven tenths of the plain step's time. The limit: the products of one forward and backward pass for the weights and one for the
alphas, which needs no gradients of weights, at the rate of a large matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from time import process_time
from typing import Any

import numpy as np
import pytest
import torch

from nas.core.problem import Dataset
from nas.registry import problems, spaces
from nas.supernets.darts import DartsTraining
from nas.supernets.darts_recipe import DartsRecipe
from nas.supernets.training import Surroundings
from nas.training.data import place
from nas.training.environment import reproducible
from tests.bench.darts_textbook import Textbook
from tests.support.supernets import digits_setup

pytestmark = pytest.mark.timeout(3600)

GOAL = 0.7
CPU = torch.device("cpu")
NETWORKS = {"digits": (1, 8, 8, 5, 64, 8), "CIFAR-10": (3, 32, 16, 8, 64, 1)}
"""Channels and side of the images, filters, cells, batch, how often both are timed."""


@dataclass
class Noise:
    """Images of this size."""

    channels: int
    side: int

    def load(self, reference: str) -> Dataset:
        rng = np.random.default_rng(0)
        images = rng.integers(256, size=(320, self.side, self.side, self.channels), dtype=np.uint8)
        return Dataset(reference, images, np.arange(320) % 10, tuple("0123456789"), "0" * 64)


def searched(shape: tuple[int, ...], filters: int, cells: int, batch: int) -> DartsTraining:
    space, problem = spaces.get("darts"), problems.get("image_classification")
    noise = problem(problem.Config.parse({"dataset": "noise"}), Noise(shape[0], shape[1]))
    setup = replace(
        digits_setup("darts"), space=space(space.Config.parse({"filters": filters, "cells": cells})), problem=noise
    )
    splits = noise.splits()
    at = Surroundings(place(splits.train, CPU), place(splits.validation, CPU), CPU, seed=0)
    return DartsTraining(DartsRecipe.parse({"batch_size": batch}), setup, at)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of processor time, and what the work gives."""
    began = process_time()
    found = work()
    return process_time() - began, found


def product_rate() -> float:
    """Multiplications with addition per second, of a large matrix product in single precision."""
    size = 1024
    a, b = torch.randn(size, size), torch.randn(size, size)
    return size**3 / min(timed(lambda: a @ b)[0] for _ in range(8))


@pytest.mark.bench
@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_takes_seven_tenths_of_a_plain_one(name: str, say: Callable[[str], None]) -> None:
    channels, side, filters, cells, batch, repeats = NETWORKS[name]
    shape = (channels, side, side)
    with reproducible(CPU, 0):
        plain = Textbook(channels, filters, cells, 10)
        ours = searched(shape, filters, cells, batch)
        own = list(ours.network.parameters())
        for mine, theirs in zip(own, plain.network.parameters(), strict=True):
            mine.data.copy_(theirs.data)
        ours.alphas.values.data.copy_(torch.cat(plain.network.alphas))
        train, validation = ((torch.randn(batch, *shape), torch.randint(0, 10, (batch,))) for _ in range(2))

        def our_step() -> float:
            ours.architecture_step(train, validation, 0.025)
            return float(ours.weight_step(*train, 0.025))

        ours.network.train()
        # The first round warms up.
        steps = [(timed(lambda: plain.step(train, validation)), timed(our_step)) for _ in range(repeats + 1)]
        macs = batch * supernet_macs(shape, filters, cells)
        limit = 5 * macs / product_rate()
    (_, plain_loss), (_, our_loss) = steps[0]
    assert plain_loss == pytest.approx(our_loss, rel=1e-3)  # the same network
    pairs = [(theirs, mine) for (theirs, _), (mine, _) in steps[1:]]
    theirs_s, ours_s = (median(column) for column in zip(*pairs, strict=True))
    ratio = median(mine / theirs for theirs, mine in pairs)
    say(
        f"DARTS step, {name} (C {filters}, L {cells}, {side}², batch {batch}): plain {theirs_s:.2f} s, ours {ours_s:.2f} s, "
        f"ratio {ratio:.2f} (goal {GOAL}); products alone {limit:.2f} s, {ours_s / limit:.1f} times that"
    )
    assert ratio <= GOAL


def supernet_macs(shape: tuple[int, ...], filters: int, cells: int) -> int:
    kind = spaces.get("darts")
    space: Any = kind(kind.Config.parse({"filters": filters, "cells": cells}))
    return int(space.search_network_count(shape, 10).macs)
