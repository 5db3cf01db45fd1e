"""ENAS: shared weights trained on architectures that a controller draws, and the controller on the weights' accuracies.

Pham et al. 2018, arXiv 1802.03268, section 2.2: an epoch of the weights, the policy fixed; then updates of the policy, the
weights fixed. Every evaluation with shared weights normalises by its batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast
from zlib import crc32

import torch
from numpy.random import PCG64, Generator, SeedSequence
from torch import Tensor, nn

from nas.core.errors import InvalidGenotype, TrialFailed
from nas.core.proposal import Genotype
from nas.core.result import ResultStatus
from nas.supernets.enas_controller import EnasController, Learned
from nas.supernets.enas_recipe import EnasRecipe
from nas.supernets.network import SinglePath, Supernet
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.statistics_at_rest import statistics_at_rest
from nas.supernets.training import EpochFacts, Forward, SupernetTraining

_MOST_DRAWS = 20
"""Rounds of draws in which at least one architecture must keep the rules."""

_MOST_ROWS = 100
"""Updates of an epoch that are told; of more of them evenly chosen ones, the last among them."""


class EnasTraining(SupernetTraining):
    """Facts of an epoch: "probabilities", how often the drawn architectures took each option; "controller", rows of updates
    (number, reward, baseline, entropy); "samples", the architectures looked at with their validation accuracies, best first.
    """

    name: ClassVar[str] = "enas"
    Config: ClassVar[type[SupernetRecipe]] = EnasRecipe
    config: EnasRecipe
    network: Supernet
    train_share: ClassVar[float] = 0.8

    def build(self) -> nn.Module:
        self._space = cast(Any, self.setup.space)  # the strategy requires Sequential and Shareable
        self._sizes = tuple(len(row.options) for row in self._space.rows())
        self._controller = EnasController(self._space, self.config, self._rng("controller", 0))
        self._paths: Iterator[tuple[int, ...]] = iter(())
        problem = self.setup.problem
        return Supernet(self._space.supernet(problem.input_shape, problem.num_classes))

    def begin_epoch(self) -> None:
        """All paths of the epoch at once: the policy is fixed meanwhile, and a draw beside others costs little."""
        drawn = self._draw(self._rng("weights", self.epoch), self.steps_per_epoch)
        self._paths = iter(
            [self._space.path_of(genotype) for genotype in drawn][self.steps_done % self.steps_per_epoch :]
        )

    def step(self, inputs: Tensor, targets: Tensor, rate: float) -> Tensor:
        path = SinglePath(next(self._paths))
        with self.autocast():
            loss = self.loss_of(self.network(inputs, path), targets)
        self.clear_gradients()
        self.backward(loss)
        self.update_weights(rate)
        return loss.detach()

    def end_epoch(self) -> EpochFacts:
        self.network.train()
        with statistics_at_rest(self.network):
            learned, counts = self._teach()
            samples = self._looked_at()
        best = samples[0]
        return EpochFacts(
            self.epoch,
            {"shared_accuracy": best[0], "reward": learned[-1].reward, "entropy": learned[-1].entropy},
            {
                "probabilities": [[round(count / sum(row), 5) for count in row] if sum(row) else row for row in counts],
                "controller": self._told(learned),
                "samples": [{"accuracy": accuracy, "genotype": genotype} for accuracy, genotype in samples],
            },
            best[1],
        )

    def forward_of(self, genotype: Genotype) -> Forward:
        path = SinglePath(self._space.path_of(genotype))
        return lambda inputs: self.network(inputs, path)

    def own_tensors(self) -> dict[str, Tensor]:
        return {name: torch.from_numpy(array.copy()) for name, array in self._controller.arrays().items()}

    def load_own_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self._controller.load_arrays({name: tensor.numpy().copy() for name, tensor in tensors.items()})

    def _teach(self) -> tuple[list[Learned], list[list[int]]]:
        """The controller's updates of this epoch, and how often each option of each row was drawn for them."""
        counts = [[0] * size for size in self._sizes]
        learned = []
        for update in range(self.config.controller_updates):
            rng = self._rng("rewards", self.epoch, update)
            drawn = self._controller.draw(rng, self.config.samples_per_update, self.setup.forbidden)
            rewards = []
            for one in drawn:
                genotype = self._decoded(one.actions)
                rewards.append(0.0 if genotype is None else self._reward(genotype))
                for row, option in enumerate(() if genotype is None else self._space.path_of(genotype)):
                    counts[row][option] += 1
            learned.append(self._controller.learn(drawn, rewards, self.setup.forbidden))
        return learned, counts

    def _told(self, learned: Sequence[Learned]) -> list[list[float]]:
        """Rows of the epoch that just ended; updates are numbered from 1 over the whole training."""
        before = (self.epoch - 1) * len(learned)
        every = -(-len(learned) // _MOST_ROWS)
        places = range(len(learned) - 1, -1, -every)[::-1]
        return [[before + place + 1, *(round(value, 6) for value in learned[place])] for place in places]

    def _reward(self, genotype: Genotype) -> float:
        """Accuracy on one batch that the weights do not learn from; 0 where a constraint is broken."""
        if not self.setup.is_feasible(genotype):
            return 0.0
        inputs, targets = self.decision_batch()
        with torch.no_grad():
            logits = self.forward_of(genotype)(inputs)
            return float((logits.argmax(dim=1) == targets).double().mean())

    def _looked_at(self) -> list[tuple[float, Genotype]]:
        """Architectures drawn now with their accuracies on all validation examples, best first; each once."""
        drawn = self._draw(self._rng("derive", self.epoch), self.config.derive_samples)
        distinct = {self._space.canonical(genotype): genotype for genotype in drawn}
        found = [(self.score(self.forward_of(genotype)).accuracy, genotype) for genotype in distinct.values()]
        return sorted(found, key=lambda pair: -pair[0])

    def _draw(self, rng: Generator, num: int) -> list[Genotype]:
        """Architectures of the policy that keep the rules of the run; where few do, they come more than once.

        Raises TrialFailed (infeasible) when none of many draws does.
        """
        kept: list[Genotype] = []
        for _ in range(_MOST_DRAWS):
            drawn = self._controller.draw(rng, num, self.setup.forbidden)
            decoded = (self._decoded(one.actions) for one in drawn)
            kept += [genotype for genotype in decoded if genotype is not None and self.setup.is_feasible(genotype)]
            if len(kept) >= num:
                return kept[:num]
        if not kept:
            limits = " and ".join(str(constraint) for constraint in self.setup.constraints)
            raise TrialFailed(
                ResultStatus.INFEASIBLE,
                f"None of {_MOST_DRAWS * num:,} architectures that the controller drew keeps {limits}; loosen the constraint.",
            )
        return [kept[place % len(kept)] for place in range(num)]

    def _decoded(self, actions: Sequence[int]) -> Genotype | None:
        """None where a rule of the space ties choices together and these break it."""
        try:
            genotype: Genotype = self._space.decode(actions)
        except InvalidGenotype:
            return None
        return genotype

    def _rng(self, purpose: str, *counts: int) -> Generator:
        """Draws of one purpose at one moment: nothing of them has to be stored."""
        return Generator(PCG64(SeedSequence([self.at.seed, crc32(purpose.encode()), *counts])))
