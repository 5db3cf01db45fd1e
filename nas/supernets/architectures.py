"""Scores of single architectures with shared weights: batch norm statistics of their own, then the validation examples."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.supernets.training import Forward, SupernetTraining
from nas.training.data import Examples
from nas.training.score import Scores


def recalibrate(network: nn.Module, forward: Forward, batches: Sequence[Tensor]) -> None:
    """Give the batch norms that `forward` passes the statistics of these batches, and leave the network in evaluation mode.

    The plain mean over the batches, so their order does not matter and a single one is exact. Nothing but running
    statistics changes (Guo et al. 2020, arXiv 1904.00420, section 3.4).
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    network.train()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's word for the cumulative mean
    try:
        with torch.no_grad():
            for inputs in batches:
                forward(inputs)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
    network.eval()


def calibration_batches(
    examples: Examples, batch_size: int, num_batches: int, generator: torch.Generator
) -> list[Tensor]:
    """`num_batches` of the training inputs, (b, C, H, W) on the device, drawn once."""
    order = torch.randperm(len(examples), generator=generator)
    pieces = [piece for piece in torch.split(order, batch_size) if len(piece) > 1][:num_batches]
    return [examples.batch(piece)[0] for piece in pieces]


def shared_score(training: SupernetTraining, forward: Forward, batches: Sequence[Tensor]) -> Scores:
    """Validation scores of one architecture of the supernet, its batch norms recalibrated on `batches` first.

    Without batches they keep the statistics of the supernet's training.
    """
    if batches:
        recalibrate(training.network, forward, batches)
    else:
        training.network.eval()
    return training.score(forward)
