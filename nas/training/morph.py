"""Weights of a trained network as the start of a larger or smaller relative, so that it begins where the other stopped.

Net2Net (Chen, Goodfellow and Shlens 2016, arXiv 1511.05641): a wider layer repeats channels of the old one, and whoever reads
them shares their weight among the copies; a larger kernel is the old one in its middle. Here channel c repeats channel
c mod (old width), everywhere, so that sums of layers stay sums. A new residual branch begins with a last batch norm of zero,
so that it adds nothing (Goyal et al. 2017, arXiv 1706.02677, section 5.1). The function stays the same along layers that
follow or are added to each other; behind a concatenation, or where a layer became narrower, it is a start, no copy.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nas.blueprint.blueprint import Blueprint
from nas.operations.primitives.merging import Add
from nas.operations.primitives.normalisation import BatchNorm
from nas.training.checkpoint import unpack, with_prefix


def morph(network: nn.Module, blueprint: Blueprint | None, checkpoint: bytes) -> float:
    """Give `network` what the checkpoint's network knows, layer by layer under the same path.

    `blueprint`: that of `network`, to find branches that are new; None where the space writes none. Returns the share of the
    network's weights that came from the other one, repeated ones included, 0 … 1. Raises StateMismatch when the checkpoint
    cannot be read.
    """
    tensors, _ = unpack(checkpoint)
    given = with_prefix("network", tensors)
    weights = {name for name, _ in network.named_parameters()}
    num_given = 0
    with torch.no_grad():
        for name, own in network.state_dict().items():
            other = given.get(name)
            fitted = None if other is None else _fitted(other, own, is_weight=name in weights)
            if fitted is not None:
                own.copy_(fitted)
                num_given += own.numel() if name in weights else 0
        if blueprint is not None and num_given:
            _silence_new_branches(network, blueprint, given)
    num_weights = sum(parameter.numel() for parameter in network.parameters())
    return num_given / num_weights if num_weights else 0.0


def _fitted(other: Tensor, own: Tensor, *, is_weight: bool) -> Tensor | None:
    """`other` brought to the shape of `own`; None where they are of different kinds."""
    if other.dtype != own.dtype or other.dim() != own.dim():
        return None
    if other.shape == own.shape:
        return other
    if own.dim() == 4:
        kernel = _kernel_fitted(other, own.shape[2], own.shape[3])
        if kernel is None or (other.shape[1] == 1) != (own.shape[1] == 1):
            return None  # depthwise became dense, or the other way round
        other = kernel
    fitted = _repeated(other, 0, own.shape[0])
    if own.dim() > 1 and own.shape[1] != other.shape[1]:
        fitted = _repeated(fitted, 1, own.shape[1])
        fitted = fitted / _copies(other.shape[1], own.shape[1]).view(1, -1, *[1] * (own.dim() - 2))
    return fitted if is_weight or own.dim() == 1 else None


def _repeated(tensor: Tensor, axis: int, size: int) -> Tensor:
    """Along an axis: the first `size`, or all of them over and over."""
    return tensor.index_select(axis, torch.arange(size) % tensor.shape[axis])


def _copies(old: int, new: int) -> Tensor:
    """Per new channel, how many new channels repeat the same old one, (new,)."""
    place = torch.arange(new) % old
    return torch.bincount(place, minlength=old)[place].float()


def _kernel_fitted(other: Tensor, high: int, wide: int) -> Tensor | None:
    """Zeros around a smaller kernel, the middle of a larger one; None where one is odd and the other even."""
    lacking = (high - other.shape[2], wide - other.shape[3])
    if any(side % 2 for side in lacking):
        return None
    top, left = (side // 2 for side in lacking)
    return nn.functional.pad(other, (left, left, top, top))


def _silence_new_branches(network: nn.Module, blueprint: Blueprint, given: Mapping[str, Tensor]) -> None:
    """Batch norms that are added to something, in groups of which the other network had nothing."""
    first = len(blueprint.inputs)
    known = {tuple(name.split(".")[: depth + 1]) for name in given for depth in range(name.count("."))}
    for layer in blueprint.layers:
        if not isinstance(layer.primitive, Add) or layer.group in known or not layer.group:
            continue
        for read in layer.reads:
            before = blueprint.layers[read - first] if read >= first else None
            if before is not None and before.group == layer.group and isinstance(before.primitive, BatchNorm):
                norm = network.get_submodule(".".join(before.path))
                for parameter in norm.parameters():
                    parameter.zero_()
