"""The search space of NASNet: a normal and a reduction cell of five blocks, each two operations that are added or concatenated.

Zoph et al. 2018, arXiv 1707.07012, section 3 and appendix A; inputs, widths and heads as in the published code
(tensorflow/models, research/slim/nets/nasnet).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from nas.core.config import Config, setting
from nas.core.space import Preset
from nas.spaces.cells.cell_space import CellSpace
from nas.spaces.cells.family import CellFamily, Joins
from nas.spaces.cells.genotypes import COMBINES, CellGenotypes
from nas.spaces.cells.nasnet_stacking import align_newer, align_older, nasnet_stacking
from nas.spaces.cells.settings import StackedConfig, in_order
from nas.spaces.cells.stacking import Stacking

NASNET_FAMILY = CellFamily(
    newer=0, joins=Joins.UNREAD_BLOCKS, align_newer=align_newer, align_older=align_older, allows_concat=True
)

OperationName = Literal[
    "identity",
    "conv_1x3_3x1",
    "conv_1x7_7x1",
    "dil_conv_3x3",
    "avg_pool_3x3",
    "max_pool_3x3",
    "max_pool_5x5",
    "max_pool_7x7",
    "conv_1x1",
    "conv_3x3",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
]
OPERATION_NAMES = OperationName.__args__  # type: ignore[attr-defined]  # the order of the paper

EIGHT_OPERATIONS = (
    "identity",
    "conv_1x7_7x1",
    "dil_conv_3x3",
    "avg_pool_3x3",
    "max_pool_3x3",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
)
"""The operations of PNAS and AmoebaNet, in the order of NASNet's list."""

_NORMAL_A = (
    ("sep_conv_5x5", 0, "sep_conv_3x3", 1),
    ("sep_conv_5x5", 1, "sep_conv_3x3", 1),
    ("avg_pool_3x3", 0, "identity", 1),
    ("avg_pool_3x3", 1, "avg_pool_3x3", 1),
    ("sep_conv_3x3", 0, "identity", 0),
)
_REDUCTION_A = (
    ("sep_conv_5x5", 0, "sep_conv_7x7", 1),
    ("max_pool_3x3", 0, "sep_conv_7x7", 1),
    ("avg_pool_3x3", 0, "sep_conv_5x5", 1),
    ("identity", 3, "avg_pool_3x3", 2),
    ("sep_conv_3x3", 2, "max_pool_3x3", 0),
)


class NasNetConfig(StackedConfig):
    """What can be chosen about the space."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "digits": {"repeats": 1, "filters": 8},
        "eight_operations": {"operations": EIGHT_OPERATIONS, "combines": ("add",)},
        "cifar_search": {"repeats": 2, "filters": 32},
        "cifar": {"repeats": 6, "filters": 32},
        "imagenet_mobile": {"repeats": 4, "filters": 44, "stem": "large"},
        "imagenet_large": {
            "repeats": 6,
            "filters": 168,
            "stem": "large",
            "stem_filters": 96,
            "reads_before_reduction": True,
        },
    }

    operations: tuple[OperationName, ...] = setting(
        OPERATION_NAMES, title="Operations", description="What a block may do with a state.", min_length=1
    )
    combines: tuple[Literal["add", "concat"], ...] = setting(
        COMBINES, title="Combinations", description="How a block may join its two results.", min_length=1
    )
    reads_blocks: bool = setting(
        True,
        title="Blocks read blocks",
        description="A block may read earlier blocks; else every block reads the two inputs of its cell only.",
        advanced=True,
    )
    reads_before_reduction: bool = setting(
        False,
        title="Skip the reduction's input",
        description="After a reduction, the older input is what the reduction took, as in the largest published network.",
        advanced=True,
    )

    @field_validator("operations")
    @classmethod
    def _operations_in_order(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        return in_order(chosen, OPERATION_NAMES)

    @field_validator("combines")
    @classmethod
    def _combines_in_order(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        return in_order(chosen, COMBINES)


class NasNet(CellSpace[NasNetConfig]):
    """Genotype: {"normal": cell, "reduction": cell}; a cell is {"blocks": [{"inputs": [0, 1], "operations": […], "combine":
    "add"}, …]}. State 0 is the output of the cell before, 1 of the one before that, 2 the first block …
    """

    name: ClassVar[str] = "nasnet"
    title: ClassVar[str] = "NASNet"
    summary: ClassVar[str] = (
        "A normal and a reduction cell of five blocks, each two of 13 operations, stacked in three stages."
    )
    source: ClassVar[str] = "Zoph et al. 2018, arXiv 1707.07012"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = NasNetConfig
    family: ClassVar[CellFamily] = NASNET_FAMILY

    @cached_property
    def _genotypes(self) -> CellGenotypes:
        return CellGenotypes(
            cells=("normal", "reduction"),
            num_blocks=self._config.blocks,
            operations=self._config.operations,
            combines=self._config.combines,
            allows_concat=True,
            reads_blocks=self._config.reads_blocks,
        )

    @cached_property
    def _stacking(self) -> Stacking:
        config = self._config
        return nasnet_stacking(
            config.repeats,
            config.filters,
            stem=config.stem,
            stem_filters=config.stem_filters,
            reads_before_reduction=config.reads_before_reduction,
            dropout=config.dropout,
            has_auxiliary_head=config.auxiliary_head,
        )

    @property
    def _published(self) -> tuple[Preset, ...]:
        cells = self._genotypes.written(normal=(_NORMAL_A, range(1, 7)), reduction=(_REDUCTION_A, range(3, 7)))
        return (Preset("nasnet_a", "NASNet-A", cells, "Zoph et al. 2018, arXiv 1707.07012, figure 4; published code"),)
