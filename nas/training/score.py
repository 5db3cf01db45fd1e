"""Quality of a network on one part of the data."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from nas.training.data import Examples

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Scores:
    """Quality on one part of the data: `accuracy` in [0, 1], `loss` the mean cross-entropy in nats."""

    accuracy: float
    loss: float


def score(network: nn.Module, examples: Examples) -> Scores:
    """Accuracy and mean loss in full precision, with the network in evaluation mode (it is left there)."""
    network.eval()
    correct = torch.zeros((), dtype=torch.int64, device=examples.device)
    loss = torch.zeros((), dtype=torch.float64, device=examples.device)
    with torch.inference_mode():
        for indices in torch.split(torch.arange(len(examples)), _BATCH):
            inputs, targets = examples.batch(indices)
            logits = network(inputs)
            correct += (logits.argmax(dim=1) == targets).sum()
            loss += functional.cross_entropy(logits, targets, reduction="sum").double()
    return Scores(accuracy=int(correct) / len(examples), loss=float(loss) / len(examples))
