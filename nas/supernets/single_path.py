"""Single-path training: each batch trains one architecture, or a few that are fair to all options.

Guo et al. 2020, arXiv 1904.00420, section 3; strict fairness: Chu, Zhang and Xu 2021, arXiv 1907.01845, section 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from nas.core.proposal import Genotype
from nas.supernets.network import SinglePath, Supernet
from nas.supernets.path_sampling import Draw, MacsUniform, Path, architecture_path, fair_paths
from nas.supernets.prices import counted_prices
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.single_path_recipe import SinglePathRecipe
from nas.supernets.training import EpochFacts, Forward, SupernetTraining

_COST_BINS = 20  # of the histogram of what was trained


class SinglePathTraining(SupernetTraining):
    """Weights off the path neither learn nor decay, and their momentum rests.

    Facts of an epoch: "counts", how often each option of each row was trained so far, and "macs", how many of the trained
    paths cost how much: {"low", "high", "counts"} in bins of equal width.
    """

    name: ClassVar[str] = "single_path"
    Config: ClassVar[type[SupernetRecipe]] = SinglePathRecipe
    config: SinglePathRecipe
    network: Supernet

    def build(self) -> nn.Module:
        space: Any = self.setup.space  # the strategy requires Shareable
        self._sizes = tuple(len(row.options) for row in space.rows())
        problem = self.setup.problem
        blueprint = space.supernet(problem.input_shape, problem.num_classes)
        self._prices = counted_prices(blueprint, len(self._sizes), "macs")
        self._ends = (self._cost_of(min), self._cost_of(max))
        self._counts = torch.zeros(len(self._sizes), max(self._sizes), dtype=torch.int64)
        self._cost_counts = torch.zeros(_COST_BINS, dtype=torch.int64)
        self._draw: Draw = partial(architecture_path, space, self._sizes)
        if self.config.sampling == "macs_uniform":
            self._draw = MacsUniform(self._prices, self._draw, self.config.macs_bins, self.stream("ranges"))
        return Supernet(blueprint)

    def step(self, inputs: Tensor, targets: Tensor, rate: float) -> Tensor:
        paths = self._paths()
        total = torch.zeros((), device=self.device)
        self.clear_gradients()
        for path in paths:
            with self.autocast():
                loss = self.loss_of(self.network(inputs, SinglePath(path)), targets)
            self.backward(loss)
            total += loss.detach()
            self._note(path)
        self.update_weights(rate)
        return total / len(paths)

    def forward_of(self, genotype: Genotype) -> Forward:
        space: Any = self.setup.space
        path = SinglePath(space.path_of(genotype))
        return lambda inputs: self.network(inputs, path)

    def end_epoch(self) -> EpochFacts:
        counts = [row[:size] for row, size in zip(self._counts.tolist(), self._sizes, strict=True)]
        low, high = self._ends
        macs = {"low": low, "high": high, "counts": self._cost_counts.tolist()}
        return EpochFacts(self.epoch, {}, {"counts": counts, "macs": macs})

    def own_tensors(self) -> dict[str, Tensor]:
        return {"counts": self._counts, "cost_counts": self._cost_counts}

    def load_own_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self._counts, self._cost_counts = tensors["counts"].clone(), tensors["cost_counts"].clone()

    def _paths(self) -> list[Path]:
        generator = self.stream("paths")
        return fair_paths(self._sizes, generator) if self.config.sampling == "fair" else [self._draw(generator)]

    def _note(self, path: Path) -> None:
        self._counts[range(len(path)), path] += 1
        low, high = self._ends
        share = (self._prices.of_path(path) - low) / (high - low) if high > low else 0.0
        self._cost_counts[min(_COST_BINS - 1, int(share * _COST_BINS))] += 1

    def _cost_of(self, choose: Callable[[Iterable[float]], float]) -> float:
        """Of the path that takes the cheapest (`min`) or dearest (`max`) option everywhere."""
        return self._prices.fixed + sum(choose(row) for row in self._prices.rows)
