"""The search space of AmoebaNet: NASNet's two cells with eight operations, all pairs added.

Real et al. 2019, arXiv 1802.01548; the published cells and their two bottleneck convolutions as in the code of the paper
(tensorflow/tpu, models/official/amoeba_net).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from nas.core.config import Config, setting
from nas.core.space import Preset
from nas.spaces.cells.cell_space import CellSpace
from nas.spaces.cells.family import CellFamily, Joins
from nas.spaces.cells.genotypes import CellGenotypes, Row
from nas.spaces.cells.nasnet_stacking import align_newer, align_older, nasnet_stacking
from nas.spaces.cells.settings import StackedConfig, in_order
from nas.spaces.cells.stacking import Stacking

OperationName = Literal[
    "identity",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
    "avg_pool_3x3",
    "max_pool_3x3",
    "dil_conv_3x3",
    "conv_1x7_7x1",
    "conv_1x1",
    "bottleneck_3x3",
    "bottleneck_1x7_7x1",
    "max_pool_2x2",
]
OPERATION_NAMES = OperationName.__args__  # type: ignore[attr-defined]
SEARCHED_OPERATIONS = ("bottleneck_1x7_7x1", *OPERATION_NAMES[:7])
"""The eight of the paper's search; "1x7 then 7x1" is a bottleneck in its code."""

_SOURCE = "Real et al. 2019, arXiv 1802.01548; published code"
_Cell = tuple[tuple[Row, ...], tuple[int, ...]]

_NORMAL: dict[str, _Cell] = {
    "a": (
        (
            ("avg_pool_3x3", 0, "max_pool_3x3", 0),
            ("sep_conv_3x3", 1, "identity", 1),
            ("identity", 0, "avg_pool_3x3", 1),
            ("sep_conv_3x3", 0, "sep_conv_5x5", 2),
            ("avg_pool_3x3", 5, "sep_conv_3x3", 0),
        ),
        (1, 3, 4, 6),
    ),
    "b": (
        (
            ("conv_1x1", 1, "max_pool_3x3", 1),
            ("identity", 1, "sep_conv_3x3", 0),
            ("conv_1x1", 1, "sep_conv_3x3", 0),
            ("conv_1x1", 2, "identity", 2),
            ("avg_pool_3x3", 1, "conv_1x1", 5),
        ),
        (0, 3, 4, 6),
    ),
    "c": (
        (
            ("avg_pool_3x3", 0, "sep_conv_3x3", 0),
            ("identity", 0, "sep_conv_3x3", 0),
            ("avg_pool_3x3", 2, "sep_conv_3x3", 1),
            ("identity", 0, "sep_conv_3x3", 1),
            ("avg_pool_3x3", 3, "sep_conv_3x3", 0),
        ),
        (1, 2, 4, 5, 6),
    ),
    "d": (
        (
            ("conv_1x1", 1, "max_pool_3x3", 1),
            ("identity", 1, "bottleneck_1x7_7x1", 0),
            ("conv_1x1", 0, "bottleneck_1x7_7x1", 0),
            ("max_pool_3x3", 2, "identity", 2),
            ("avg_pool_3x3", 1, "conv_1x1", 5),
        ),
        (0, 3, 4, 6),
    ),
}
_REDUCTION: dict[str, _Cell] = {
    "a": (
        (
            ("sep_conv_3x3", 1, "avg_pool_3x3", 0),
            ("max_pool_3x3", 0, "sep_conv_7x7", 2),
            ("max_pool_3x3", 1, "max_pool_3x3", 0),
            ("sep_conv_3x3", 4, "bottleneck_1x7_7x1", 0),
            ("avg_pool_3x3", 1, "sep_conv_7x7", 0),
        ),
        (2, 3, 4, 5, 6),
    ),
    "b": (
        (
            ("max_pool_2x2", 0, "max_pool_3x3", 0),
            ("identity", 2, "bottleneck_3x3", 1),
            ("sep_conv_5x5", 2, "max_pool_3x3", 2),  # named dilated in the list, built undilated by the code
            ("identity", 3, "sep_conv_3x3", 1),
            ("avg_pool_3x3", 4, "conv_1x1", 3),
        ),
        (5, 6),
    ),
    "c": (
        (
            ("max_pool_3x3", 0, "max_pool_3x3", 0),
            ("sep_conv_7x7", 2, "sep_conv_3x3", 0),
            ("sep_conv_7x7", 0, "max_pool_3x3", 1),
            ("sep_conv_5x5", 4, "sep_conv_5x5", 4),
            ("max_pool_3x3", 1, "sep_conv_3x3", 1),
        ),
        (0, 2, 3, 4, 5, 6),
    ),
    "d": (
        (
            ("max_pool_2x2", 0, "max_pool_3x3", 0),
            ("identity", 2, "bottleneck_3x3", 1),
            ("bottleneck_1x7_7x1", 2, "max_pool_3x3", 2),
            ("identity", 3, "max_pool_2x2", 1),
            ("avg_pool_3x3", 2, "conv_1x1", 3),
        ),
        (4, 5, 6),
    ),
}


class AmoebaNetConfig(StackedConfig):
    """What can be chosen about the space."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "digits": {"repeats": 1, "filters": 8},
        "all_operations": {"operations": OPERATION_NAMES},
        "cifar_search": {"repeats": 3, "filters": 24},
        "cifar": {"repeats": 6, "filters": 36},
        "imagenet_mobile": {"repeats": 4, "filters": 50, "stem": "large"},
        "imagenet_large": {"repeats": 6, "filters": 190, "stem": "large"},
    }

    operations: tuple[OperationName, ...] = setting(
        SEARCHED_OPERATIONS,
        title="Operations",
        description="What a block may do with a state; AmoebaNet-B, C and D need some that were not searched over later.",
        min_length=1,
    )

    @field_validator("operations")
    @classmethod
    def _operations_in_order(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        return in_order(chosen, OPERATION_NAMES)


class AmoebaNet(CellSpace[AmoebaNetConfig]):
    """Genotype: {"normal": cell, "reduction": cell}; a cell is {"blocks": [{"inputs": [0, 1], "operations": […]}, …]}. State 0
    is the output of the cell before, 1 of the one before that, 2 the first block …
    """

    name: ClassVar[str] = "amoebanet"
    title: ClassVar[str] = "AmoebaNet"
    summary: ClassVar[str] = "A normal and a reduction cell of five blocks, each the sum of two of eight operations."
    source: ClassVar[str] = "Real et al. 2019, arXiv 1802.01548"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = AmoebaNetConfig
    family: ClassVar[CellFamily] = CellFamily(
        newer=0, joins=Joins.UNREAD_BLOCKS, align_newer=align_newer, align_older=align_older, allows_concat=True
    )

    @cached_property
    def _genotypes(self) -> CellGenotypes:
        return CellGenotypes(
            cells=("normal", "reduction"),
            num_blocks=self._config.blocks,
            operations=self._config.operations,
            allows_concat=True,
        )

    @cached_property
    def _stacking(self) -> Stacking:
        config = self._config
        return nasnet_stacking(
            config.repeats,
            config.filters,
            stem=config.stem,
            stem_filters=config.stem_filters,
            dropout=config.dropout,
            has_auxiliary_head=config.auxiliary_head,
        )

    @property
    def _published(self) -> tuple[Preset, ...]:
        return tuple(
            Preset(
                f"amoebanet_{letter}",
                f"AmoebaNet-{letter.upper()}",
                self._genotypes.written(normal=_NORMAL[letter], reduction=_REDUCTION[letter]),
                _SOURCE,
            )
            for letter in _NORMAL
        )
