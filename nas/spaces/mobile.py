"""Mobile networks: stages of inverted bottlenecks with searched kernels, expansions, depth, width and resolution.

ProxylessNAS (Cai, Zhu, Han 2019, arXiv 1812.00332), where a block may be left out, and Once-for-All (Cai et al. 2020, arXiv
1908.09791), where a stage keeps its first blocks, are settings of one space.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import prod
from typing import Any, ClassVar

import numpy as np

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.piece import Piece
from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Preset, Row, Size
from nas.operations.price import Price
from nas.spaces.chain import chain_blueprint, chain_cost, chain_graph
from nas.spaces.genes import Gene, value_at
from nas.spaces.images import require_image
from nas.spaces.mobile_config import MobileConfig
from nas.spaces.mobile_dials import MobileDials
from nas.spaces.mobile_network import (
    ZERO,
    Skeleton,
    live_operations,
    operations_of,
    prices,
    sections,
    tokens,
    widths,
)
from nas.spaces.mobile_released import released
from nas.spaces.mobile_stage import Stage
from nas.spaces.mobile_supernet import open_network, row_of, searched_blocks


class Mobile(MobileDials):
    """Genotype: {"resolution": 32, "width": 1.0, "stages": [{"depth": 2, "blocks": ["mbconv_k5_e6", …]}, …]}.

    "resolution" is there where resolutions are searched, "depth" where a stage keeps its first blocks; where blocks are
    left out instead, "zero" is one of their operations.
    """

    name: ClassVar[str] = "mobile"
    title: ClassVar[str] = "Mobile networks"
    summary: ClassVar[str] = (
        "Stages of inverted bottlenecks: kernel, expansion, depth, width and resolution, as in ProxylessNAS and Once-for-All."
    )
    source: ClassVar[str] = "Cai, Zhu, Han 2019, arXiv 1812.00332; Cai et al. 2020, arXiv 1908.09791"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = MobileConfig

    def __init__(self, config: MobileConfig) -> None:
        self._config = config
        stages = config.parsed_stages()
        self._skeleton = Skeleton(
            stem_width=config.stem_width,
            stem_stride=config.stem_stride,
            stages=stages,
            operations=tuple(operations_of(stage, config.kernels, config.expansions) for stage in stages),
            head_width=config.head_width,
            mix_width=config.mix_width,
            function=config.activation,
        )

    @property
    def config(self) -> MobileConfig:
        return self._config

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        genes = [Gene(("width",), self._config.width_multipliers, "width")]
        if self._config.resolutions:
            genes.insert(0, Gene(("resolution",), self._config.resolutions, "resolution"))
        for number, (stage, operations) in enumerate(
            zip(self._skeleton.stages, self._skeleton.operations, strict=True)
        ):
            if self._config.depth_search == "stage_depth":
                genes.append(Gene(("stages", number, "depth"), self._depths(stage), "depth"))
            for place in range(stage.blocks):
                left_out = (ZERO,) if place and self._config.depth_search == "zero_operation" else ()
                genes.append(Gene(("stages", number, "blocks", place), operations + left_out, "operation"))
        return tuple(genes)

    def has_effect(self, gene: Gene, genotype: Genotype) -> bool:
        """Blocks beyond the depth of their stage have none."""
        if gene.kind != "operation":
            return True
        stage, place = genotype["stages"][gene.path[1]], gene.path[3]
        return "depth" not in stage or int(place) < stage["depth"]

    def canonical(self, genotype: Genotype) -> str:
        """The chain of blocks that are there, with the widths they have after rounding."""
        multiplier = genotype["width"]
        wide = widths(self._skeleton, multiplier)
        chain = [f"{genotype.get('resolution', '')};{wide.stem};{wide.head};{wide.mix}"]
        for genes, (first, later) in zip(genotype["stages"], tokens(self._skeleton, multiplier), strict=True):
            live = live_operations(genes)
            chain.append(first[live[0]])
            chain += [later[operation] for operation in live[1:]]
        return ";".join(chain)

    def size(self) -> Size:
        """Distinct networks are counted unless one stage can go on where another ended, which the formula does not see."""
        total = prod(len(gene.options) for gene in self.genes)
        num_resolutions = max(1, len(self._config.resolutions))
        scaled = {widths(self._skeleton, multiplier) for multiplier in self._config.width_multipliers}
        if any(self._stages_run_together(wide.stages) for wide in scaled):
            return Size(total, total)
        per_width = prod(
            self._num_stages(stage, len(operations))
            for stage, operations in zip(self._skeleton.stages, self._skeleton.operations, strict=True)
        )
        return Size(total, total, num_resolutions * len(scaled) * per_width)

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        """At the resolution of the genotype: resizing itself counts no MACs, as pooling counts none."""
        ends, stages = prices(
            self._skeleton,
            genotype["width"],
            genotype.get("resolution"),
            require_image(input_shape),
            num_classes,
        )
        chain: list[tuple[Price | Piece, int]] = list(ends)
        for genes, (first, later) in zip(genotype["stages"], stages, strict=True):
            live = live_operations(genes)
            chain.append(first[live[0]])
            chain += [later[operation] for operation in live[1:]]
        return chain_cost(chain)

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        image = require_image(input_shape)
        return chain_blueprint(sections(self._skeleton, genotype, image, num_classes, self._config.dropout), image)

    def rows(self) -> tuple[Row, ...]:
        """One per block with a choice. Raises InvalidConfig at "space" unless blocks are all that is searched."""
        return tuple(map(row_of, self._searched_blocks))

    def path_of(self, genotype: Genotype) -> tuple[int, ...]:
        return tuple(gene.options.index(value_at(genotype, gene.path)) for gene in self._searched_blocks)

    def genotype_of(self, path: Sequence[int]) -> Genotype:
        chosen = {gene.path: gene.options[option] for gene, option in zip(self._searched_blocks, path, strict=True)}
        return self._assemble(chosen.get(gene.path, gene.options[0]) for gene in self.genes)

    def derived(self, probabilities: Sequence[Sequence[float]]) -> Genotype:
        """The likeliest operation of each block; where that is "zero", the block goes (arXiv 1812.00332, section 3.2)."""
        return self.genotype_of([int(np.argmax(row)) for row in probabilities])

    def supernet(self, input_shape: Shape, num_classes: int) -> Blueprint:
        return open_network(self._skeleton, self._config, self.genes, require_image(input_shape), num_classes)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        image = require_image(input_shape)
        return chain_graph(list(sections(self._skeleton, genotype, image, num_classes)), image, num_classes, self.title)

    def presets(self) -> tuple[Preset, ...]:
        """The smallest and the largest network of this configuration, and the released ones that lie in it."""
        ends = [
            Preset("smallest", "Smallest", self._extreme(0), "First of all choices, as few blocks as there can be"),
            Preset("largest", "Largest", self._extreme(-1), "Last of all choices, all blocks"),
        ]
        return (*ends, *released(self._config))

    @cached_property
    def _searched_blocks(self) -> tuple[Gene, ...]:
        return searched_blocks(self._config, self.genes)

    def _extreme(self, end: int) -> Genotype:
        def chosen(gene: Gene) -> Any:
            if gene.kind == "operation" and gene.options[-1] == ZERO:
                return ZERO if end == 0 else gene.options[-2]
            return gene.options[end]

        return self._assemble(chosen(gene) for gene in self.genes)

    def _depths(self, stage: Stage) -> tuple[int, ...]:
        return tuple(range(min(self._config.min_depth, stage.blocks), stage.blocks + 1))

    def _num_stages(self, stage: Stage, num_operations: int) -> int:
        """How many different stages there are: by what is there, not by where a block was left out."""
        match self._config.depth_search:
            case "fixed":
                depths: tuple[int, ...] = (stage.blocks,)
            case "zero_operation":
                depths = tuple(range(1, stage.blocks + 1))
            case _:
                depths = self._depths(stage)
        return sum(num_operations**depth for depth in depths)

    def _stages_run_together(self, stage_widths: tuple[int, ...]) -> bool:
        """Whether a stage begins with a block like those before it: same width, no stride."""
        stages = self._skeleton.stages
        return any(stages[i].stride == 1 and stage_widths[i] == stage_widths[i - 1] for i in range(1, len(stages)))
