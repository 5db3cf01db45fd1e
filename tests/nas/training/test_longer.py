"""A training that goes on from the end of a shorter one: the same bits as in one go, and only the increment is charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest
import torch

from nas.core.errors import Interrupted
from nas.training.environment import reproducible
from nas.training.loop import EpochReport, Hooks, Outcome, Trainer
from nas.training.recipe import Recipe
from tests.nas.training.tiny import CPU, examples, place, recipe, same_bits, tiny_network, tiny_split

SEED = 5


@dataclass
class Rungs:
    """Trains rung by rung, each from what the one before it stored at its end."""

    how: Recipe
    schedule_epochs: int | None
    hooks: Hooks = field(default_factory=Hooks)
    rates: list[float] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    weights: dict[str, torch.Tensor] = field(default_factory=dict)
    checkpoint: bytes | None = None

    def climb(self, lengths: Sequence[int]) -> Rungs:
        for epochs in lengths:
            with reproducible(CPU, SEED):
                network = tiny_network()
                validation = place(tiny_split(40, seed=1), CPU)
                hooks = Hooks(
                    on_epoch=(self._note,), should_stop=self.hooks.should_stop, save=self._keep, clock=self.hooks.clock
                )
                trainer = Trainer(
                    network, examples(), validation, self.how, epochs, SEED, CPU, hooks, self.schedule_epochs
                )
                if self.checkpoint is not None:
                    trainer.restore(self.checkpoint)
                self.outcomes.append(trainer.run())
                self.checkpoint = trainer.checkpoint()
                self.weights = network.state_dict()
        return self

    def _note(self, report: EpochReport) -> None:
        self.rates.append(report.learning_rate)

    def _keep(self, checkpoint: bytes) -> None:
        self.checkpoint = checkpoint


@pytest.mark.parametrize("schedule", ["cosine", "step", "constant"])
def test_rung_by_rung_gives_the_bits_of_one_go(schedule: str) -> None:
    how = recipe(schedule=schedule, warmup_epochs=1.0)
    whole = Rungs(how, None).climb([6])
    rungs = Rungs(how, 6).climb([1, 3, 6])
    assert rungs.rates == whole.rates
    assert same_bits(rungs.weights, whole.weights)
    assert rungs.outcomes[-1].validation == whole.outcomes[-1].validation


def test_a_rung_is_the_beginning_of_the_whole_training_and_not_a_short_one() -> None:
    beginning = Rungs(recipe(), 6).climb([2])
    straight = Rungs(recipe(), 6).climb([1, 2])
    short = Rungs(recipe(), None).climb([2])
    assert same_bits(beginning.weights, straight.weights)
    assert not same_bits(beginning.weights, short.weights)
    assert beginning.rates[-1] > 5 * short.rates[-1]  # the short one has almost come to rest


def test_a_promotion_is_charged_its_own_part_only() -> None:
    """Also when it was interrupted and taken up again: then the checkpoint is its own, not the shorter training's."""
    ticks = count()
    stops = iter([False] * 5 + [False] * 7 + [True])  # five batches an epoch; in the second epoch of the promotion
    hooks = Hooks(should_stop=lambda: next(stops, False), clock=lambda: float(next(ticks)))
    rungs = Rungs(recipe(), 4, hooks).climb([1])
    first = rungs.outcomes[0]
    assert first.own_seconds == first.seconds > 0
    with pytest.raises(Interrupted):
        rungs.climb([4])
    last = rungs.climb([4]).outcomes[-1]
    assert last.epochs == 4
    assert 0 < last.own_seconds < last.seconds
    inherited = last.seconds - last.own_seconds
    assert first.seconds <= inherited <= first.seconds + 2  # the clock ticks once more when the end is stored
    assert same_bits(rungs.weights, Rungs(recipe(), 4).climb([4]).weights)
