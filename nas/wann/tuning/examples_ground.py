"""Weights tried on labelled examples: many vectors at once, one product of stacked matrices per level."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from numpy.random import Generator
from torch import Tensor, nn

from nas.core.errors import Interrupted
from nas.core.problem import Split, Splits
from nas.wann.ensemble import majority
from nas.wann.forward import Forward
from nas.wann.network_kernels import LOWEST_LOG
from nas.wann.topology import Topology
from nas.wann.tuning.climb import ShouldStop
from nas.wann.tuning.ground import Floats, Turn
from nas.wann.tuning.part import Part

_FLOATS_AT_ONCE = 16_000_000


class ExamplesGround:
    """Scores are mean log-probabilities of the right label over a batch; quality is the accuracy."""

    def __init__(
        self,
        topology: Topology,
        splits: Splits,
        device: torch.device,
        batch_size: int,
        should_stop: ShouldStop = lambda: False,
    ) -> None:
        """`should_stop` is asked before each piece of work that is too large to be done at once; then Interrupted is raised."""
        self.topology = topology
        self.device = device
        self._should_stop = should_stop
        self.wiring = Forward(topology).to(device)
        self.parts: dict[Part, tuple[Tensor, Tensor]] = {
            "train": _placed(splits.train, device),
            "validation": _placed(splits.validation, device),
            "test": _placed(splits.test, device),
        }
        self.batch_size = min(batch_size, len(self.parts["train"][1]))

    @property
    def num_weights(self) -> int:
        return self.topology.num_connections

    @property
    def tries_of_training_part(self) -> int:
        """Evaluations that a look at all training examples counts as."""
        return -(-len(self.parts["train"][1]) // self.batch_size)

    def turn(self, rng: Generator) -> Turn:
        return rng.choice(len(self.parts["train"][1]), self.batch_size, replace=False)

    def scores(self, weights: Floats, turn: Turn) -> Floats:
        inputs, targets = self.parts["train"]
        chosen = torch.from_numpy(turn).to(self.device)
        inputs, targets = inputs[chosen], targets[chosen]
        with torch.inference_mode():
            pieces = self._pieces(weights, len(inputs))
            found = [log_probability(self.wiring(inputs, vectors), targets) for vectors in pieces]
        return _finite(torch.cat(found), LOWEST_LOG)

    def quality(self, weights: Floats, part: Part) -> Floats:
        inputs, targets = self.parts[part]
        with torch.inference_mode():
            pieces = self._pieces(weights, len(inputs))
            found = [_accuracy(self.wiring(inputs, vectors), targets) for vectors in pieces]
        return _finite(torch.cat(found), 0.0)

    def quality_shared(self, values: Floats, part: Part) -> Floats:
        inputs, targets = self.parts[part]
        with torch.inference_mode():
            pieces = self._pieces(values, len(inputs))
            found = [_accuracy(self.wiring(inputs, shared=shared), targets) for shared in pieces]
        return _finite(torch.cat(found), 0.0)

    def ensemble(self, values: Floats, part: Part) -> float:
        """The accuracy when each value of the shared weight has one vote; the larger sum of probabilities decides a tie."""
        inputs, targets = self.parts[part]
        with torch.inference_mode():
            pieces = [self.wiring(inputs, shared=shared) for shared in self._pieces(values, len(inputs))]
        answers = majority(torch.cat(pieces).double().cpu().numpy())
        return float((answers == targets.cpu().numpy()).mean())

    def accuracy(self, network: nn.Module, part: Part) -> float:
        """Of any network that gives (N, O)."""
        inputs, targets = self.parts[part]
        with torch.inference_mode():
            return float(_accuracy(network(inputs)[None], targets)[0])

    def _pieces(self, weights: Floats, num_examples: int) -> Iterator[Tensor]:
        """Weights on the device, so many at once that their matrices and values fit a bound."""
        per_vector = self.wiring.floats_per_vector + 2 * self.topology.num_rows * num_examples
        at_once = max(1, _FLOATS_AT_ONCE // per_vector)
        for first in range(0, len(weights), at_once):
            if self._should_stop():
                raise Interrupted("stopped between two pieces of a look at many weights")
            yield torch.from_numpy(weights[first : first + at_once]).to(self.device, torch.float32)


def log_probability(outputs: Tensor, targets: Tensor) -> Tensor:
    """(K,) float64 from (K, N, O): the mean over examples of the log-probability of the right label, none below the worst."""
    logs = outputs.log_softmax(dim=2)
    right = logs.gather(2, targets.expand(len(outputs), -1)[:, :, None])[:, :, 0]
    return right.nan_to_num(LOWEST_LOG).clamp_min(LOWEST_LOG).double().mean(dim=1)


def _accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """(K,)"""
    return (_numbers(outputs).argmax(dim=2) == targets).double().mean(dim=1)


def _numbers(outputs: Tensor) -> Tensor:
    """What is no number never is the largest."""
    lowest = torch.finfo(outputs.dtype).min
    return outputs.nan_to_num(nan=lowest, posinf=torch.finfo(outputs.dtype).max, neginf=lowest)


def _finite(values: Tensor, worst: float) -> Floats:
    return values.nan_to_num(nan=worst, posinf=worst, neginf=worst).cpu().numpy()


def _placed(split: Split, device: torch.device) -> tuple[Tensor, Tensor]:
    inputs = torch.from_numpy(split.inputs.reshape(len(split.inputs), -1))
    return inputs.to(device), torch.from_numpy(split.targets).to(device)
