"""A small real search with shared weights, in seconds on the digits: what the platform is tried with.

Single paths are trained; how probable an option is follows the losses of the paths that it was part of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from numpy.random import Generator
from torch import Tensor, nn

from nas.core.config import setting
from nas.core.proposal import Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.strategies.supernet_search import SCORE_SHARED, SupernetSearch, SupernetSearchConfig
from nas.supernets.network import SinglePath, Supernet
from nas.supernets.prices import counted_prices
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.training import EpochFacts, Forward, SupernetTraining

SHARPNESS = 4.0


class ChoosingConfig(SupernetSearchConfig):
    num_scored: int = setting(4, title="Scored", description="Architectures per generation.", ge=0, le=1000)
    generations: int = setting(1, title="Generations", description="Of scored architectures.", ge=1, le=100)


class ChoosingTraining(SupernetTraining):
    """Own tensors: per row and option how often it was trained, and the mean loss then."""

    name: ClassVar[str] = "choosing"
    Config: ClassVar[type[SupernetRecipe]] = SupernetRecipe
    network: Supernet

    def build(self) -> nn.Module:
        space: Any = self.setup.space
        problem = self.setup.problem
        blueprint = space.supernet(problem.input_shape, problem.num_classes)
        self._sizes = [len(row.options) for row in space.rows()]
        self._prices = counted_prices(blueprint, len(self._sizes), "macs")
        shape = len(self._sizes), max(self._sizes)
        self._counts, self._losses = torch.zeros(shape), torch.zeros(shape)
        return Supernet(blueprint)

    def step(self, inputs: Tensor, targets: Tensor, rate: float) -> Tensor:
        path = self._draw()
        loss = self.loss_of(self.network(inputs, SinglePath(path)), targets)
        self.clear_gradients()
        self.backward(loss)
        self.update_weights(rate)
        places = range(len(path)), path
        self._counts[places] += 1
        self._losses[places] += (float(loss.detach()) - self._losses[places]) / self._counts[places]
        return loss.detach()

    def own_tensors(self) -> dict[str, Tensor]:
        return {"counts": self._counts, "losses": self._losses}

    def load_own_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self._counts, self._losses = tensors["counts"].clone(), tensors["losses"].clone()

    def end_epoch(self) -> EpochFacts:
        space: Any = self.setup.space
        probabilities = [
            [round(p, 5) for p in torch.softmax(-SHARPNESS * self.epoch * row[:size], 0).tolist()]
            for row, size in zip(self._losses, self._sizes, strict=True)
        ]
        genotype = space.derived(probabilities)
        self.network.eval()
        mixture = self.score(lambda inputs: self.network(inputs, SinglePath(self._draw())))
        derived = self.score(self.forward_of(genotype))
        chosen = space.path_of(genotype)
        data = {
            "probabilities": probabilities,
            "counts": [[int(n) for n in row[:size]] for row, size in zip(self._counts, self._sizes, strict=True)],
            "expected": {"macs": self._prices.expected(probabilities)},
            "chosen_cost": {"macs": self._prices.of_path(chosen)},
            "pruned": [[i, k] for i, row in enumerate(probabilities) for k, p in enumerate(row) if p < 0.02],
            "memory": {"one_path": 1_000_000 * len(chosen), "all_paths": 1_000_000 * sum(self._sizes)},
        }
        metrics = {
            "validation_loss": mixture.loss,
            "validation_accuracy": mixture.accuracy,
            "shared_accuracy": derived.accuracy,
        }
        return EpochFacts(self.epoch, metrics, data, genotype)

    def forward_of(self, genotype: Genotype) -> Forward:
        space: Any = self.setup.space
        path = SinglePath(space.path_of(genotype))
        return lambda inputs: self.network(inputs, path)

    def _draw(self) -> list[int]:
        return [int(torch.randint(size, (), generator=self.stream("paths"))) for size in self._sizes]


class ChoosingSearch(SupernetSearch):
    """Trains, scores random architectures, trains the derived one and the best of the others from scratch."""

    name: ClassVar[str] = "choosing"
    title: ClassVar[str] = "Choosing supernet"
    summary: ClassVar[str] = "A small search with shared weights."
    source: ClassVar[str] = "none"
    Config: ClassVar[type[ChoosingConfig]] = ChoosingConfig
    training: ClassVar[str] = "choosing"
    Recipe: ClassVar[type[SupernetRecipe]] = SupernetRecipe

    def __init__(self, config: ChoosingConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._generation = 0
        self._found: list[list[Any]] = []  # [accuracy, genotype]

    def _propose_search(self, proposal_id: int, rng: Generator) -> Proposal | None:
        if self._pending:
            return None
        genotypes = [self.setup.space.sample(rng) for _ in range(self.config.num_scored)]
        return Proposal(
            id=proposal_id,
            kind=SCORE_SHARED,
            operator="scored",
            inherits=self._last_leg,
            payload={"task": self.task(self._epoch).as_json(), "genotypes": genotypes, "batches": 2},
            meta={
                "generation": self._generation,
                "done": 0,
                "total": len(genotypes),
            },
        )

    def _search_is_over(self) -> bool:
        return self._generation == self.config.generations or not self.config.num_scored

    def _learn_search(self, proposal: Proposal, result: Result) -> None:
        self._generation += 1
        if result.status.is_ok:
            pairs = zip(result.payload["scores"], proposal.payload["genotypes"], strict=True)
            self._found += [[score, genotype] for score, genotype in pairs]

    def _finalists(self, rng: Generator) -> list[Genotype]:
        best = sorted(self._found, key=lambda pair: -pair[0])
        derived = [] if self._derived is None else [self._derived]
        return [*derived, *(genotype for _, genotype in best)][: self.config.num_trained]

    def _save(self) -> Mapping[str, Any]:
        return {**super()._save(), "generation": self._generation, "found": [list(pair) for pair in self._found]}

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self._generation, self._found = int(data["generation"]), [list(pair) for pair in data["found"]]
