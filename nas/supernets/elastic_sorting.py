"""Channels inside blocks in the order of their importance, so that narrower blocks keep what matters most.

Cai et al. 2020, arXiv 1908.09791, section 3.3: importance is the L1 norm of the weights that read a channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from nas.blueprint.blueprint import Path

_WRITES = ("expand_conv", "expand_bn", "depthwise_conv", "depthwise_bn", "se.conv2")
"""Layers of a block (`nas.operations.inverted_residual`) whose outputs are its inner channels, and what belongs to each."""

_READS = ("se.conv", "project_conv")


def sort_channels(network: nn.Module, trained: Mapping[Path, Sequence[int]]) -> None:
    """Put the inner channels of every block into descending order of importance; the whole network computes what it did.

    `trained`: by block the widths, ascending, the full one last, at which it was trained already. Channels are not moved across
    these, so networks of those widths compute what they did as well. A block that does not widen its input stays as it is.
    """
    for path, widths in trained.items():
        block = network.get_submodule(".".join(path))
        if hasattr(block, "expand_conv"):
            _sort(block, widths)


def _sort(block: nn.Module, widths: Sequence[int]) -> None:
    importance = block.get_submodule("project_conv").get_parameter("weight").detach().abs().sum(dim=(0, 2, 3))
    order = torch.cat(
        [
            low + torch.argsort(importance[low:high], descending=True, stable=True)
            for low, high in pairwise((0, *widths))
        ]
    )
    modules = dict(block.named_modules())
    with torch.no_grad():
        for name in _WRITES:
            if name in modules:
                for tensor in _per_channel(modules[name]):
                    tensor.copy_(tensor[order])
        for name in _READS:
            if name in modules:
                weight = modules[name].get_parameter("weight")
                weight.copy_(weight[:, order])


def _per_channel(module: nn.Module) -> list[Tensor]:
    """Weights, biases, statistics whose first axis is the channel that the module writes; matrices of kernels have none."""
    tensors = [getattr(module, name, None) for name in ("weight", "bias", "running_mean", "running_var")]
    return [tensor for tensor in tensors if tensor is not None]
