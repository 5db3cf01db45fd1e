"""Weights of a trained network as the start of another. Real et al. 2017, arXiv 1703.01041, section 3.4."""

from __future__ import annotations

import torch
from torch import nn

from nas.training.checkpoint import unpack, with_prefix


def inherit(network: nn.Module, checkpoint: bytes) -> float:
    """Copy into `network` every tensor of the checkpoint's network that has the same name, shape and type.

    Names are paths of layers, so a layer inherits where it stands at the same place and was not changed in size. Running
    statistics of normalisation go with the weights. Returns the share of the network's weights that were copied, 0 … 1.
    Raises StateMismatch when the checkpoint cannot be read.
    """
    tensors, _ = unpack(checkpoint)
    given = with_prefix("network", tensors)
    weights = {name for name, _ in network.named_parameters()}
    num_copied = 0
    with torch.no_grad():
        for name, own in network.state_dict().items():
            other = given.get(name)
            if other is None or (other.shape, other.dtype) != (own.shape, own.dtype):
                continue
            own.copy_(other)
            num_copied += own.numel() if name in weights else 0
    num_weights = sum(parameter.numel() for parameter in network.parameters())
    return num_copied / num_weights if num_weights else 0.0
