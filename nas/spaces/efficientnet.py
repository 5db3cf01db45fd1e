"""EfficientNet: one base network made wider, deeper and larger.

Tan and Le 2019, arXiv 1905.11946. B1 to B7 are published as a table of multipliers, not as powers of the coefficients that the
paper found; both ways of scaling are offered.
"""

from __future__ import annotations

import json
from functools import cached_property
from itertools import product
from math import prod
from typing import ClassVar

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.piece import Piece
from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Preset, Size
from nas.operations.price import Price
from nas.spaces.chain import chain_blueprint, chain_cost, chain_graph
from nas.spaces.efficientnet_config import EfficientNetConfig
from nas.spaces.efficientnet_network import Base, Scale, prices, scaled_repeats, scaled_widths, sections
from nas.spaces.genes import Gene, GeneSpace
from nas.spaces.images import require_image

_TABLE = (
    # width, depth, resolution, ImageNet top-1 in percent
    (1.0, 1.0, 224, "76.3"),
    (1.0, 1.1, 240, "78.8"),
    (1.1, 1.2, 260, "79.8"),
    (1.2, 1.4, 300, "81.1"),
    (1.4, 1.8, 380, "82.6"),
    (1.6, 2.2, 456, "83.3"),
    (1.8, 2.6, 528, "84.0"),
    (2.0, 3.1, 600, "84.4"),
)
_PUBLISHED_BASE = Base(stages=7, halvings=5, se_ratio=0.25)


class EfficientNet(GeneSpace):
    """Genotype: {"width": 1.1, "depth": 1.2, "resolution": 260}; with compound scaling {"phi": 1.0}.

    "resolution" is there where resolutions are searched.
    """

    name: ClassVar[str] = "efficientnet"
    title: ClassVar[str] = "EfficientNet"
    summary: ClassVar[str] = (
        "One network, B0, scaled in width, depth and resolution, each for itself or all by one coefficient."
    )
    source: ClassVar[str] = "Tan and Le 2019, arXiv 1905.11946"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = EfficientNetConfig

    def __init__(self, config: EfficientNetConfig) -> None:
        self._config = config
        self._base = Base(config.stages, config.halvings, config.se_ratio)

    @property
    def config(self) -> EfficientNetConfig:
        return self._config

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        config = self._config
        if config.scaling == "compound":
            return (Gene(("phi",), config.phis, "phi"),)
        genes = [Gene(("width",), config.widths, "width"), Gene(("depth",), config.depths, "depth")]
        if config.resolutions:
            genes.append(Gene(("resolution",), config.resolutions, "resolution"))
        return tuple(genes)

    def scale(self, genotype: Genotype) -> Scale:
        """Width and depth multipliers and the resolution."""
        if "phi" in genotype:
            return Scale(*self._config.scaled(genotype["phi"]))
        return Scale(genotype["width"], genotype["depth"], genotype.get("resolution"))

    def canonical(self, genotype: Genotype) -> str:
        """Channels, repeats and resolution: what is left of the multipliers after rounding."""
        return json.dumps(self._rounded(self.scale(genotype)), separators=(",", ":"))

    def size(self) -> Size:
        config = self._config
        if config.scaling == "compound":
            scales = [Scale(*config.scaled(phi)) for phi in config.phis]
        else:
            scales = [Scale(*chosen) for chosen in product(config.widths, config.depths, config.resolutions or (None,))]
        total = prod(len(gene.options) for gene in self.genes)
        return Size(total, total, len({self._rounded(scale) for scale in scales}))

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        """At the resolution of the genotype: resizing itself counts no MACs, as pooling counts none."""
        scale = self.scale(genotype)
        ends, stages = prices(self._base, scale.width, scale.resolution, require_image(input_shape), num_classes)
        chain: list[tuple[Price | Piece, int]] = list(ends)
        for (first, later), repeats in zip(stages, scaled_repeats(self._base, scale.depth), strict=True):
            chain.append((first, 1))
            if repeats > 1:
                chain.append((later, repeats - 1))
        return chain_cost(chain)

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        image, config = require_image(input_shape), self._config
        parts = sections(
            self._base,
            self.scale(genotype),
            image,
            num_classes,
            dropout=config.dropout,
            stochastic_depth=config.stochastic_depth,
        )
        return chain_blueprint(parts, image)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        image = require_image(input_shape)
        parts = list(sections(self._base, self.scale(genotype), image, num_classes))
        return chain_graph(parts, image, num_classes, self.title)

    def presets(self) -> tuple[Preset, ...]:
        """B0 to B7, as far as this configuration has their multipliers."""
        config = self._config
        if config.scaling == "compound" or self._base != _PUBLISHED_BASE:
            return ()
        return tuple(
            Preset(
                f"b{number}",
                f"EfficientNet-B{number}",
                {"width": width, "depth": depth, "resolution": side},
                f"Reference code of EfficientNet, arXiv 1905.11946; {accuracy} % on ImageNet",
            )
            for number, (width, depth, side, accuracy) in enumerate(_TABLE)
            if width in config.widths and depth in config.depths and side in config.resolutions
        )

    def _rounded(self, scale: Scale) -> tuple[tuple[int, ...], tuple[int, ...], int | None]:
        return scaled_widths(self._base, scale.width), scaled_repeats(self._base, scale.depth), scale.resolution
