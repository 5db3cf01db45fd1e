"""The search space of progressive NAS: one cell of blocks, each the sum of two of eight operations; all blocks are joined.

Liu et al. 2018, arXiv 1712.00559; a copy of the cell with stride 2 takes the place of NASNet's reduction cell. Inputs, widths
and heads as in the published code (tensorflow/models, research/slim/nets/nasnet/pnasnet.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import field_validator

from nas.core.config import Config, setting
from nas.core.proposal import Genotype
from nas.core.space import Preset
from nas.spaces.cells.cell_space import CellSpace
from nas.spaces.cells.family import CellFamily, Joins
from nas.spaces.cells.genotypes import CellGenotypes
from nas.spaces.cells.growth import BlockGrowth
from nas.spaces.cells.nasnet_stacking import align_newer, align_older, pnas_stacking
from nas.spaces.cells.settings import StackedConfig, in_order
from nas.spaces.cells.stacking import Stacking

OperationName = Literal[
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
    "conv_1x7_7x1",
    "identity",
    "avg_pool_3x3",
    "max_pool_3x3",
    "dil_conv_3x3",
]
OPERATION_NAMES = OperationName.__args__  # type: ignore[attr-defined]

_PNASNET_5 = (
    ("sep_conv_5x5", 1, "max_pool_3x3", 1),
    ("sep_conv_7x7", 0, "max_pool_3x3", 0),
    ("sep_conv_5x5", 0, "sep_conv_3x3", 0),
    ("sep_conv_3x3", 4, "max_pool_3x3", 0),
    ("sep_conv_3x3", 1, "identity", 0),
)


class PnasConfig(StackedConfig):
    """What can be chosen about the space."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "digits": {"repeats": 1, "filters": 8},
        "cifar_search": {"repeats": 2, "filters": 24},
        "cifar": {"repeats": 3, "filters": 48},
        "imagenet_mobile": {"repeats": 3, "filters": 54, "stem": "large"},
        "imagenet_large": {"repeats": 4, "filters": 216, "stem": "large", "stem_filters": 96},
    }

    operations: tuple[OperationName, ...] = setting(
        OPERATION_NAMES, title="Operations", description="What a block may do with a state.", min_length=1
    )

    @field_validator("operations")
    @classmethod
    def _operations_in_order(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        return in_order(chosen, OPERATION_NAMES)


class Pnas(CellSpace[PnasConfig]):
    """Genotype: {"cell": {"blocks": [{"inputs": [0, 1], "operations": […]}, …]}}. State 0 is the output of the cell before, 1 of
    the one before that, 2 the first block … A cell may have fewer blocks than the settings say, as on the way of a progressive
    search; those that are drawn have all.
    """

    name: ClassVar[str] = "pnas"
    title: ClassVar[str] = "PNAS"
    summary: ClassVar[str] = "One cell of blocks, each the sum of two of eight operations, stacked in three stages."
    source: ClassVar[str] = "Liu et al. 2018, arXiv 1712.00559"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = PnasConfig
    family: ClassVar[CellFamily] = CellFamily(
        newer=0, joins=Joins.ALL_BLOCKS, align_newer=align_newer, align_older=align_older
    )

    @cached_property
    def _genotypes(self) -> CellGenotypes:
        return CellGenotypes(
            cells=("cell",), num_blocks=self._config.blocks, operations=self._config.operations, fewest_blocks=1
        )

    @cached_property
    def _growth(self) -> BlockGrowth:
        return BlockGrowth(self._config.operations, self._config.blocks)

    def num_ways(self) -> tuple[int, ...]:
        """136, 300, 528, 820, 1,176 with eight operations."""
        return self._growth.num_ways()

    def grown(self, ways: Sequence[int]) -> Genotype:
        return {"cell": {"blocks": self._growth.blocks(ways)}}

    def ways_of(self, genotype: Genotype) -> tuple[int, ...]:
        return self._growth.ways_of(genotype["cell"]["blocks"])

    def way_features(self, step: int) -> npt.NDArray[np.float64]:
        return self._growth.way_features(step)

    @cached_property
    def _stacking(self) -> Stacking:
        config = self._config
        return pnas_stacking(
            config.repeats,
            config.filters,
            stem=config.stem,
            stem_filters=config.stem_filters,
            dropout=config.dropout,
            has_auxiliary_head=config.auxiliary_head,
        )

    @property
    def _published(self) -> tuple[Preset, ...]:
        cell = self._genotypes.written(cell=(_PNASNET_5, ()))
        return (Preset("pnasnet_5", "PNASNet-5", cell, "Liu et al. 2018, arXiv 1712.00559, figure 1; published code"),)
