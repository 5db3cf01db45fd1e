"""Released mobile networks as genotypes.

ProxylessNAS: the authors' configuration files of the networks for phone, GPU and CPU; accuracies from their logs.
"""

from __future__ import annotations

from nas.core.proposal import Genotype
from nas.core.space import Preset
from nas.operations.inverted_residual import mbconv_name
from nas.spaces.mobile_config import MobileConfig
from nas.spaces.mobile_network import ZERO

_PROXYLESS = (
    # kernel_expansion of each block, Z for a block left out; the fixed first block is not written
    (
        "proxyless_mobile",
        "ProxylessNAS Mobile",
        "5_3 3_3 Z Z, 7_3 3_3 5_3 5_3, 7_6 5_3 5_3 5_3, 5_6 5_3 5_3 5_3, 7_6 7_6 7_3 7_3, 7_6",
        "74.59",
    ),
    (
        "proxyless_gpu",
        "ProxylessNAS GPU",
        "5_3 Z Z Z, 7_3 Z Z 3_3, 7_6 Z Z 5_3, 5_6 Z 3_3 5_3, 7_6 7_6 7_6 5_6, 7_6",
        "75.08",
    ),
    (
        "proxyless_cpu",
        "ProxylessNAS CPU",
        "3_6 3_3 3_3 3_3, 3_6 3_3 3_3 5_3, 3_6 Z Z 3_3, 5_6 3_3 3_3 3_3, 5_6 5_3 5_3 3_3, 5_6",
        "75.29",
    ),
)
_ENDS = ("stem_width", "stem_stride", "stages", "head_width", "mix_width", "activation")


def released(config: MobileConfig) -> list[Preset]:
    """Those that lie in the space of `config`."""
    found = []
    for name, title, text, accuracy in _PROXYLESS:
        if (
            _has_skeleton_of(config, name)
            and config.depth_search == "zero_operation"
            and {3, 6} <= set(config.expansions)
        ):
            stages = [["mbconv_k3_e1"], *([_operation(block) for block in stage.split()] for stage in text.split(","))]
            source = f"Cai, Zhu, Han 2019, arXiv 1812.00332; released network, {accuracy} % on ImageNet"
            found.append(Preset(name, title, _genotype(stages, config), source))
    if _has_skeleton_of(config, "mobilenet_v2") and config.depth_search == "stage_depth" and 6 in config.expansions:
        blocks = [["mbconv_k3_e1"]] + [["mbconv_k3_e6"] * stage.blocks for stage in config.parsed_stages()[1:]]
        found.append(
            Preset("mobilenet_v2", "MobileNetV2", _genotype(blocks, config), "Sandler et al. 2018, arXiv 1801.04381")
        )
    return found


def _has_skeleton_of(config: MobileConfig, name: str) -> bool:
    """The same stem, stages and head, and the kernels, the width and the images of the publication."""
    published = MobileConfig.parse(MobileConfig.presets[name])
    return (
        all(getattr(config, field) == getattr(published, field) for field in _ENDS)
        and {3, 5, 7} == set(config.kernels)
        and 1.0 in config.width_multipliers
        and not config.resolutions
    )


def _genotype(stages: list[list[str]], config: MobileConfig) -> Genotype:
    if config.depth_search == "zero_operation":
        return {"width": 1.0, "stages": [{"blocks": blocks} for blocks in stages]}
    return {"width": 1.0, "stages": [{"depth": len(blocks), "blocks": blocks} for blocks in stages]}


def _operation(text: str) -> str:
    if text == "Z":
        return ZERO
    kernel, _, expansion = text.partition("_")
    return mbconv_name(int(kernel), int(expansion))
