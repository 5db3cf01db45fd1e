"""Published networks that are points of AnyNet, with the surroundings in which they are what they are."""

from __future__ import annotations

from typing import Any, NamedTuple

from nas.spaces.anynet_config import AnyNetConfig

_CODE = "reference code of Radosavovic et al. 2020, arXiv 2003.13678"
_RESNET = f"He et al. 2016, arXiv 1512.03385; {_CODE}"
_RESNEXT = f"Xie et al. 2017, arXiv 1611.05431; {_CODE}"


class Published(NamedTuple):
    name: str
    title: str
    depths: tuple[int, ...]
    widths: tuple[int, ...]
    source: str
    bottleneck: int = 1
    groups: int = 1


_CIFAR: dict[str, Any] = {"stem": "conv3x3", "stem_width": 16, "first_stage_stride": 1, "num_stages": 3}
_IMAGENET: dict[str, Any] = {
    "block": "bottleneck",
    "squeeze_excite": False,
    "stem": "conv7x7_stride2_pool",
    "stem_width": 64,
    "first_stage_stride": 1,
    "num_stages": 4,
    "groups_are": "counts",
}
_WIDTHS = (256, 512, 1024, 2048)

_FAMILIES: tuple[tuple[dict[str, Any], tuple[Published, ...]], ...] = (
    (
        {**_CIFAR, "block": "basic"},
        (
            Published("resnet_20", "ResNet-20", (3, 3, 3), (16, 32, 64), _RESNET),
            Published("resnet_56", "ResNet-56", (9, 9, 9), (16, 32, 64), _RESNET),
            Published("resnet_110", "ResNet-110", (18, 18, 18), (16, 32, 64), _RESNET),
        ),
    ),
    (
        {**_CIFAR, "block": "vanilla"},
        (Published("vanilla_56", "Vanilla-56", (9, 9, 9), (16, 32, 64), f"{_CODE}"),),
    ),
    (
        _IMAGENET,
        (
            Published("resnet_50", "ResNet-50", (3, 4, 6, 3), _WIDTHS, _RESNET, 4, 1),
            Published("resnet_101", "ResNet-101", (3, 4, 23, 3), _WIDTHS, _RESNET, 4, 1),
            Published("resnet_152", "ResNet-152", (3, 8, 36, 3), _WIDTHS, _RESNET, 4, 1),
            Published("resnext_50_32x4d", "ResNeXt-50 32×4d", (3, 4, 6, 3), _WIDTHS, _RESNEXT, 2, 32),
            Published("resnext_101_32x4d", "ResNeXt-101 32×4d", (3, 4, 23, 3), _WIDTHS, _RESNEXT, 2, 32),
            Published("resnext_152_32x4d", "ResNeXt-152 32×4d", (3, 8, 36, 3), _WIDTHS, _RESNEXT, 2, 32),
        ),
    ),
)


def published(config: AnyNetConfig) -> tuple[Published, ...]:
    """Those whose surroundings are the configuration's; their depths and widths may still lie outside it."""
    return tuple(
        network
        for surroundings, networks in _FAMILIES
        if all(getattr(config, field) == value for field, value in surroundings.items())
        for network in networks
    )
