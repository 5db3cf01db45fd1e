"""The weights of an exported network: names, files, and the weights that a check uses."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from safetensors.torch import save
from torch import Tensor, nn

from nas.blueprint.blueprint import Blueprint
from nas.export.structure import attribute_names


def exported_weights(blueprint: Blueprint, network: nn.Module) -> dict[str, Tensor]:
    """The state of the blueprint's network under the names it has in the exported file; without the auxiliary head."""
    names = attribute_names(blueprint)
    return {
        ".".join((*names[layer.path], name)): tensor.detach().cpu()
        for layer in blueprint.main_layers
        for name, tensor in network.get_submodule(".".join(layer.path)).state_dict().items()
    }


def weights_file(weights: Mapping[str, Tensor]) -> bytes:
    """As safetensors: nothing in it can run."""
    return save({name: tensor.contiguous().clone() for name, tensor in weights.items()}, metadata={"format": "pt"})


def disturb(network: nn.Module, seed: int) -> None:
    """Change every number of a network's state a little, each in its own way.

    Fresh layers of one kind hold equal numbers (scale 1, mean 0): two that were mixed up would not be noticed.
    """
    generator = torch.Generator().manual_seed(seed)
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            factor = 0.9 + 0.2 * torch.rand(tensor.shape, generator=generator)
            tensor.mul_(factor).add_(0.02 * torch.rand(tensor.shape, generator=generator))
