"""The micro search space of ENAS: a normal and a reduction cell of blocks, each the sum of two of five operations.

Pham et al. 2018, arXiv 1802.03268, section 2.4; the networks are those that the published code trains at the end
(melodyguan/enas, micro_child.py, fixed arc).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.draft import Draft, Value
from nas.core.config import Config, setting
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Preset, Row
from nas.operations.convolutions import relu_conv_bn
from nas.operations.reductions import identity_or_factorized
from nas.spaces.cells.cell_space import CellSpace
from nas.spaces.cells.family import NORMAL, REDUCTION, CellFamily, Joins
from nas.spaces.cells.genotypes import CellGenotypes
from nas.spaces.cells.nasnet_stacking import align_older, relu_head, small_stem
from nas.spaces.cells.settings import CellConfig, in_order
from nas.spaces.cells.stacking import Place, Stacking, Stem
from nas.spaces.cells.writing import TrainingExtras
from nas.spaces.enas_micro_arc import ARC_OPERATIONS, arc_of, genotype_of
from nas.spaces.enas_micro_supernet import MicroSupernet, micro_derived, micro_genotype, micro_path, micro_rows
from nas.spaces.images import require_image

OperationName = Literal["sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "identity"]

_RELEASED = "0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1 1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"


class EnasMicroConfig(CellConfig):
    """What can be chosen about the space."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "digits": {"layers": 3, "filters": 8},
        "cifar_search": {"layers": 6, "filters": 20},
        "cifar": {"layers": 15, "filters": 36},
    }

    layers: int = setting(
        3,
        title="Normal cells",
        description="Normal cells of the network; two reduction cells come on top, after each third.",
        unit="cells",
        ge=3,
        le=60,
    )
    filters: int = setting(
        8,
        title="Filters",
        description="Channels of each block in the first cells; reduction cells double them.",
        unit="channels",
        ge=4,
        le=512,
    )
    operations: tuple[OperationName, ...] = setting(
        ARC_OPERATIONS, title="Operations", description="What a block may do with a state.", min_length=1
    )

    @field_validator("operations")
    @classmethod
    def _operations_in_order(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        return in_order(chosen, ARC_OPERATIONS)


def _align_newer(draft: Draft, x: Value, filters: int) -> Value:
    """To the cell's width, and once more in any case, as the final network of the code does."""
    if x.channels != filters:
        x = relu_conv_bn(draft, x, filters, 1)
    return relu_conv_bn(draft, x, filters, 1)


def _identity(draft: Draft, x: Value, filters: int, stride: int) -> Value:
    return identity_or_factorized(draft, x, filters, stride, relu=False)


@lru_cache(maxsize=256)
def _enas_stacking(layers: int, filters: int, *, dropout: float, has_auxiliary_head: bool) -> Stacking:
    """Both inputs of the first cell are the stem's output."""
    reductions = (layers // 3, 2 * (layers // 3) + 1)
    places = []
    for number in range(layers + 2):
        width = filters << sum(number >= reduction for reduction in reductions)
        kind = REDUCTION if number in reductions else NORMAL
        places.append(Place(kind, width, newer=number, older=max(0, number - 1)))
    return Stacking(
        stems=(Stem(small_stem, (filters,)),),
        places=tuple(places),
        head=relu_head,
        head_settings=(dropout, False),
        auxiliary_after=reductions[1] + 1 if has_auxiliary_head else None,
    )


class EnasMicro(CellSpace[EnasMicroConfig]):
    """Genotype: {"normal": cell, "reduction": cell}; a cell is {"blocks": [{"inputs": [0, 1], "operations": […]}, …]}. State 1
    is the output of the cell before, 0 of the one before that, 2 the first block … Also read is the published text.
    """

    name: ClassVar[str] = "enas_micro"
    title: ClassVar[str] = "ENAS micro"
    summary: ClassVar[str] = "A normal and a reduction cell of blocks, each the sum of two of five operations."
    source: ClassVar[str] = "Pham et al. 2018, arXiv 1802.03268"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = EnasMicroConfig
    family: ClassVar[CellFamily] = CellFamily(
        newer=1,
        joins=Joins.UNREAD_STATES,
        align_newer=_align_newer,
        align_older=align_older,
        written=(("identity", _identity),),
    )

    def validate(self, genotype: object) -> Genotype:
        """Also reads the published text, plain or as {"arc": …}."""
        match genotype:
            case str():
                genotype = genotype_of(genotype, self._config.blocks, field="")
            case {"arc": str() as text, **rest} if not rest:
                genotype = genotype_of(text, self._config.blocks, field="arc")
        return super().validate(genotype)

    def notation(self, genotype: Genotype) -> str:
        """Four numbers per block, state, operation, state, operation: the arc of the published scripts."""
        return arc_of(genotype)

    def rows(self) -> tuple[Row, ...]:
        """Also of what follows from others: which states are joined. So not every path is an architecture."""
        return micro_rows(self._config.blocks, self._config.operations)

    def path_of(self, genotype: Genotype) -> tuple[int, ...]:
        return micro_path(genotype, self._config.blocks, self._config.operations)

    def genotype_of(self, path: Sequence[int]) -> Genotype:
        return micro_genotype(path, self._config.blocks, self._config.operations)

    def derived(self, probabilities: Sequence[Sequence[float]]) -> Genotype:
        return micro_derived(probabilities, self._config.blocks, self._config.operations)

    def supernet(self, input_shape: Shape, num_classes: int) -> Blueprint:
        config = self._config
        image = require_image(input_shape)
        return MicroSupernet(self.family, self._stacking, config.blocks, config.operations).written(image, num_classes)

    @cached_property
    def _genotypes(self) -> CellGenotypes:
        return CellGenotypes(
            cells=("normal", "reduction"), num_blocks=self._config.blocks, operations=self._config.operations
        )

    @cached_property
    def _stacking(self) -> Stacking:
        config = self._config
        return _enas_stacking(
            config.layers, config.filters, dropout=config.dropout, has_auxiliary_head=config.auxiliary_head
        )

    @property
    def _extras(self) -> TrainingExtras:
        return TrainingExtras(drop_path=self._config.drop_path, auxiliary_bias=False)

    @property
    def _published(self) -> tuple[Preset, ...]:
        cells = genotype_of(_RELEASED, 5, field="")
        return (Preset("released", "Released cells", cells, "Pham et al. 2018, arXiv 1802.03268; published script"),)
