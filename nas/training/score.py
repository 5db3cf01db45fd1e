"""Quality of a network on one part of the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.core.problem import UNKNOWN, OutputScored
from nas.training.data import Examples

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Scores:
    """Quality on one part of the data.

    Attributes:
      accuracy: in [0, 1], over the examples whose class is learnt; NaN where inputs are learnt.
      loss: mean cross-entropy in nats over the same, or mean squared error; NaN where an output is not finite.
      own: what the problem itself measures.
    """

    accuracy: float
    loss: float
    own: Mapping[str, float] = field(default_factory=dict)


def score(network: nn.Module, examples: Examples, judge: OutputScored | None = None) -> Scores:
    """Quality in full precision, with the network in evaluation mode (it is left there)."""
    network.eval()
    learns_inputs = judge is not None and judge.learns_inputs
    correct = torch.zeros((), dtype=torch.int64, device=examples.device)
    num_known = torch.zeros((), dtype=torch.int64, device=examples.device)
    loss = torch.zeros((), dtype=torch.float64, device=examples.device)
    written: list[Tensor] = []
    with torch.inference_mode():
        for indices in torch.split(torch.arange(len(examples)), _BATCH):
            inputs, targets = examples.batch(indices)
            outputs = network(inputs)
            known = targets != UNKNOWN
            num_known += known.sum()
            if learns_inputs:
                errors = (outputs - inputs.flatten(1)).square().mean(dim=1)
                loss += errors[known].sum(dtype=torch.float64)
            else:
                correct += (outputs.argmax(dim=1) == targets).sum()
                loss += functional.cross_entropy(outputs, targets, reduction="sum", ignore_index=UNKNOWN).double()
            if judge is not None:
                written.append(outputs.float().cpu())
    num = int(num_known)
    accuracy = math.nan if learns_inputs else int(correct) / num
    if judge is None:
        return Scores(accuracy, float(loss) / num)
    outputs = torch.cat(written)
    if not bool(torch.isfinite(outputs).all()):
        return Scores(accuracy, math.nan)
    own = judge.output_metrics(outputs.numpy(), examples.inputs.cpu().numpy(), examples.targets.cpu().numpy())
    return Scores(accuracy, float(loss) / num, own)
