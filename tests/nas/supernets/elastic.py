"""Elastic networks for tests: small ones, and that of the publication."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.spaces.mobile import Mobile
from nas.spaces.mobile_config import MobileConfig
from nas.supernets.elastic_network import ElasticNetwork
from nas.supernets.elastic_parts import Parts

SQUEEZING: dict[str, Any] = {
    "stem_width": 8,
    "stages": ["r1_s1_o8_e1_k3", "r2_s2_o16_hswish_se", "r2_s2_o24"],
    "head_width": 32,
    "mix_width": 24,
    "kernels": [3, 5, 7],
    "expansions": [2, 3, 4],
    "width_multipliers": [0.5, 1.0],
    "resolutions": [8, 12],
}
"""All that can be elastic, with squeeze-and-excitation and a layer behind the mean."""


def parts_of(config: Any, image: tuple[int, int, int] = (3, 12, 12), num_classes: int = 10) -> Parts:
    return Parts(Mobile(MobileConfig.parse(config)), image, num_classes)


def elastic(parts: Parts) -> ElasticNetwork:
    return ElasticNetwork(parts.blueprint(parts.extreme(1.0)), parts.kernels()).eval()


def shaken(network: nn.Module, seed: int = 0) -> None:
    """Give scales, statistics and matrices values that a mistake in them would show."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, _BatchNorm):
                for tensor in (module.weight, module.bias, module.running_mean):
                    assert tensor is not None
                    tensor.copy_(torch.randn(tensor.shape, generator=generator))
                assert module.running_var is not None
                module.running_var.copy_(0.5 + torch.rand(module.running_var.shape, generator=generator))
        for name, parameter in network.named_parameters():
            if name.rpartition(".")[2] in ("7to5", "5to3"):
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
