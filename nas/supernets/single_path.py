"""Uniform single-path training: each batch trains one architecture, drawn evenly. Guo et al. 2020, arXiv 1904.00420, section 3."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from nas.core.proposal import Genotype
from nas.supernets.network import SinglePath, Supernet
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.training import Forward, SupernetTraining


class SinglePathTraining(SupernetTraining):
    """Every option of every row is as likely as the others; weights off the path neither learn nor decay."""

    name: ClassVar[str] = "single_path"
    Config: ClassVar[type[SupernetRecipe]] = SupernetRecipe
    network: Supernet

    def build(self) -> nn.Module:
        space: Any = self.setup.space  # the strategy requires Shareable
        self._sizes = tuple(len(row.options) for row in space.rows())
        problem = self.setup.problem
        return Supernet(space.supernet(problem.input_shape, problem.num_classes))

    def step(self, inputs: Tensor, targets: Tensor, rate: float) -> Tensor:
        path = SinglePath(self._draw())
        with self.autocast():
            loss = self.loss_of(self.network(inputs, path), targets)
        self.clear_gradients()
        self.backward(loss)
        self.update_weights(rate)
        return loss.detach()

    def forward_of(self, genotype: Genotype) -> Forward:
        space: Any = self.setup.space
        path = SinglePath(space.path_of(genotype))
        return lambda inputs: self.network(inputs, path)

    def _draw(self) -> list[int]:
        generator = self.stream("paths")
        return [int(torch.randint(size, (), generator=generator)) for size in self._sizes]
