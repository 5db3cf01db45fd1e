"""One-shot training: every place sums all its candidates, some of which are left out at random. Bender et al. 2018 (ICML)."""

from __future__ import annotations

from typing import Any, ClassVar
from zlib import crc32

from torch import Tensor, nn

from nas.core.proposal import Genotype
from nas.supernets.architectures import calibration_batches, shared_score
from nas.supernets.network import SinglePath, Supernet, sum_of_all
from nas.supernets.one_shot_recipe import OneShotRecipe
from nas.supernets.path_dropout import PathDropout
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.training import EpochFacts, Forward, SupernetTraining
from nas.training.environment import stream

_BATCHES = 5  # of training examples, for the batch norms of the whole


class OneShotTraining(SupernetTraining):
    """The rate of dropout grows linearly from 0 to `path_dropout` over the whole training.

    Metrics of an epoch: validation_accuracy and validation_loss of the sum of all candidates, with statistics of batch norm of
    its own. Data: "path_dropout", the rate
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
        def whole(inputs: Tensor) -> Tensor:
            logits: Tensor = self.network(inputs, sum_of_all)
            return logits

        # The running statistics are those of sums with parts left out, which are smaller.
        drawn = stream(self.at.seed, crc32(b"statistics of the whole"))
        found = shared_score(self, whole, calibration_batches(self.at.train, self.config.batch_size, _BATCHES, drawn))
        metrics = {"validation_accuracy": found.accuracy, "validation_loss": found.loss}
        return EpochFacts(self.epoch, metrics, {"path_dropout": round(self._dropout_rate(), 5)})

    def _dropout_rate(self) -> float:
        return self.config.path_dropout * self.steps_done / (self.config.epochs * self.steps_per_epoch)
