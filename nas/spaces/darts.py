"""The search space of DARTS: a normal and a reduction cell whose nodes each sum two operations.

Liu et al. 2019, arXiv 1806.09055, section 2.1 and appendix A; published code quark0/darts, cnn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from nas.blueprint.blueprint import Blueprint
from nas.core.config import Config, setting
from nas.core.count import Count
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Preset, Row
from nas.spaces.cells.cell_space import CellSpace
from nas.spaces.cells.family import CellFamily
from nas.spaces.cells.settings import CellConfig, in_order
from nas.spaces.cells.stacking import Stacking
from nas.spaces.cells.writing import TrainingExtras
from nas.spaces.darts_genotype import DartsGenotypes, genotype_from_literal, genotype_to_literal
from nas.spaces.darts_network import FAMILY, darts_stacking, search_network_count
from nas.spaces.darts_supernet import cells_of_path, derived_cells, edge_rows, path_of_cells, write_supernet
from nas.spaces.images import require_image

OperationName = Literal[
    "max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"
]
OPERATION_NAMES: tuple[OperationName, ...] = OperationName.__args__  # type: ignore[attr-defined]  # the published order

_PUBLISHED = (
    (
        "darts_v1",
        "DARTS, first order",
        "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), ('sep_conv_3x3', 1), "
        "('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)], "
        "normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), "
        "('max_pool_3x3', 0), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('avg_pool_3x3', 0)], "
        "reduce_concat=[2, 3, 4, 5])",
    ),
    (
        "darts_v2",
        "DARTS, second order",
        "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
        "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], "
        "normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), "
        "('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], "
        "reduce_concat=[2, 3, 4, 5])",
    ),
)


class DartsConfig(CellConfig):
    """What can be chosen about the space."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "cifar_search": {"filters": 16, "cells": 8},
        "cifar": {"filters": 36, "cells": 20, "drop_path": 0.2, "auxiliary_head": True},
        "imagenet": {"filters": 48, "cells": 14, "stem": "large", "auxiliary_head": True},
    }

    blocks: int = setting(
        4, title="Nodes", description="Nodes in each cell; each sums two operations.", unit="nodes", ge=1, le=10
    )
    operations: tuple[OperationName, ...] = setting(
        OPERATION_NAMES,
        title="Operations",
        description="What an edge of a cell may be; a search with shared weights adds the operation none.",
        min_length=1,
    )
    filters: int = setting(
        8,
        title="Filters",
        description="Channels of each node in the first cells; each reduction cell doubles them.",
        unit="channels",
        ge=4,
        le=512,
    )
    cells: int = setting(
        5,
        title="Cells",
        description="In a row; those after a third and after two thirds are reduction cells.",
        unit="cells",
        ge=3,
        le=60,
    )
    stem: Literal["small", "large"] = setting(
        "small",
        title="Stem",
        description="For small images one convolution; for large ones three with stride 2.",
    )
    drop_path: float = setting(
        0.0,
        title="Drop path",
        description="How often an operation is left out at the end of the training; the paper has 0.2.",
        advanced=True,
        ge=0,
        lt=1,
    )

    @field_validator("operations")
    @classmethod
    def _operations_in_order(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        return in_order(chosen, OPERATION_NAMES)


class Darts(CellSpace[DartsConfig]):
    """Genotype: {"normal": cell, "reduction": cell}; a cell is {"blocks": [{"inputs": [0, 1], "operations": […]}, …]}.

    A block is a node. State 0 is the output of the cell before the last, 1 of the last, 2 the first node …; a node reads
    two different ones, the lower first.
    """

    name: ClassVar[str] = "darts"
    title: ClassVar[str] = "DARTS"
    summary: ClassVar[str] = "A normal and a reduction cell of four nodes, each the sum of two of seven operations."
    source: ClassVar[str] = "Liu et al. 2019, arXiv 1806.09055"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = DartsConfig
    family: ClassVar[CellFamily] = FAMILY

    def validate(self, genotype: object) -> Genotype:
        """Also reads the text of the published code, plain or as {"genotype": …}."""
        match genotype:
            case str():
                genotype = genotype_from_literal(genotype, self._config.blocks)
            case {"genotype": str() as text, **rest} if not rest:
                genotype = genotype_from_literal(text, self._config.blocks, field="genotype")
        return super().validate(genotype)

    def notation(self, genotype: Genotype) -> str:
        """As the published code prints it: `Genotype(normal=[('sep_conv_3x3', 0), …], normal_concat=[2, 3, 4, 5], …)`."""
        return genotype_to_literal(genotype)

    def search_network_count(self, input_shape: Shape, num_classes: int) -> Count:
        """What a search with shared weights holds and computes: all operations on all edges."""
        config = self._config
        return search_network_count(
            self._stacking, config.operations, config.blocks, require_image(input_shape), num_classes
        )

    def rows(self) -> tuple[Row, ...]:
        """One per edge and kind of cell; all cells of a kind choose alike. The first option is "none"."""
        return edge_rows(self._config.operations, self._config.blocks)

    def path_of(self, genotype: Genotype) -> tuple[int, ...]:
        """Edges that the architecture does not have take "none"."""
        return path_of_cells(genotype, self._config.operations)

    def genotype_of(self, path: Sequence[int]) -> Genotype:
        return cells_of_path(path, self._config.operations, self._config.blocks)

    def derived(self, probabilities: Sequence[Sequence[float]]) -> Genotype:
        """Per node its two strongest edges with their strongest operations, "none" left out (section 2.4 of the paper)."""
        return derived_cells(probabilities, self._config.operations, self._config.blocks)

    def supernet(self, input_shape: Shape, num_classes: int) -> Blueprint:
        """Without drop path and auxiliary head. Raises as `cost` does."""
        config = self._config
        shape = require_image(input_shape)
        return write_supernet(self._stacking, config.operations, config.blocks, shape, num_classes)

    @cached_property
    def _genotypes(self) -> DartsGenotypes:
        return DartsGenotypes(
            cells=("normal", "reduction"), num_blocks=self._config.blocks, operations=self._config.operations
        )

    @cached_property
    def _stacking(self) -> Stacking:
        config = self._config
        return darts_stacking(
            config.filters,
            config.cells,
            config.stem,
            dropout=config.dropout,
            has_auxiliary_head=config.auxiliary_head,
        )

    @property
    def _extras(self) -> TrainingExtras:
        return TrainingExtras(drop_path=self._config.drop_path, grows_with="epochs", grows_with_depth=False)

    @property
    def _published(self) -> tuple[Preset, ...]:
        """For cells of four nodes."""
        if self._config.blocks != DartsConfig().blocks:
            return ()
        return tuple(
            Preset(name, title, genotype_from_literal(text, self._config.blocks), "quark0/darts, cnn/genotypes.py")
            for name, title, text in _PUBLISHED
        )
