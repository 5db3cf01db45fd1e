"""One-shot training: every place sums all its candidates, some of which are left out at random. Bender et al. 2018 (ICML)."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn

from nas.core.proposal import Genotype
from nas.supernets.network import SinglePath, Supernet, sum_of_all
from nas.supernets.one_shot_recipe import OneShotRecipe
from nas.supernets.path_dropout import PathDropout
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.training import EpochFacts, Forward, SupernetTraining


class OneShotTraining(SupernetTraining):
    """The rate of dropout grows linearly from 0 to `path_dropout` over the whole training.

    Metrics of an epoch: validation_accuracy and validation_loss of the sum of all candidates. Data: "path_dropout", the rate
    that was reached.
    """

    name: ClassVar[str] = "one_shot"
    Config: ClassVar[type[SupernetRecipe]] = OneShotRecipe
    config: OneShotRecipe
    network: Supernet

    def build(self) -> nn.Module:
        space: Any = self.setup.space  # the strategy requires Shareable
        problem = self.setup.problem
        return Supernet(space.supernet(problem.input_shape, problem.num_classes))

    def step(self, inputs: Tensor, targets: Tensor, rate: float) -> Tensor:
        mixture = PathDropout(self._dropout_rate(), self.stream("path dropout"))
        with self.autocast():
            loss = self.loss_of(self.network(inputs, mixture), targets)
        self.clear_gradients()
        self.backward(loss)
        self.update_weights(rate)
        return loss.detach()

    def forward_of(self, genotype: Genotype) -> Forward:
        """Only its own operations are on."""
        space: Any = self.setup.space
        path = SinglePath(space.path_of(genotype))
        return lambda inputs: self.network(inputs, path)

    def end_epoch(self) -> EpochFacts:
        self.network.eval()
        found = self.score(lambda inputs: self.network(inputs, sum_of_all))
        metrics = {"validation_accuracy": found.accuracy, "validation_loss": found.loss}
        return EpochFacts(self.epoch, metrics, {"path_dropout": round(self._dropout_rate(), 5)})

    def _dropout_rate(self) -> float:
        return self.config.path_dropout * self.steps_done / (self.config.epochs * self.steps_per_epoch)
