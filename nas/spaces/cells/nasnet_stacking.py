"""The networks of NASNet, AmoebaNet and PNAS around their cells: stems, places, heads; how cells take in their inputs."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from nas.blueprint.draft import Draft, Value
from nas.operations.convolutions import activation, batch_norm, conv_bn, relu_conv_bn
from nas.operations.heads import mean_linear_head
from nas.operations.primitives.convolution import Conv
from nas.operations.reductions import factorized_reduction
from nas.spaces.cells.family import NORMAL, REDUCTION
from nas.spaces.cells.stacking import Place, Stacking, Stem

StemName = Literal["small", "large"]


def align_newer(draft: Draft, x: Value, filters: int) -> Value:
    """ReLU, 1×1 convolution, BN, always."""
    return relu_conv_bn(draft, x, filters, 1)


def align_older(draft: Draft, x: Value, filters: int, stride: int) -> Value:
    """A map twice as large goes through a factorized reduction, one of another width through ReLU, 1×1, BN; else as it is."""
    if stride > 1:
        return factorized_reduction(draft, x, filters)
    return x if x.channels == filters else relu_conv_bn(draft, x, filters, 1)


def small_stem(draft: Draft, x: Value, filters: int) -> Value:
    """3×3 convolution to three times the filters of the first cells, BN: for images of 32×32 and the like."""
    return conv_bn(draft, x, 3 * filters, 3)


def large_stem(draft: Draft, x: Value, filters: int) -> Value:
    """3×3 convolution with stride 2 and no padding, BN: for images of 224×224 and the like."""
    return batch_norm(draft, draft.apply(Conv(filters, (3, 3), stride=(2, 2)), x))


def relu_head(draft: Draft, x: Value, num_classes: int, dropout: float, bias: bool) -> Value:
    return mean_linear_head(draft, activation(draft, x), num_classes, dropout=dropout, bias=bias)


@lru_cache(maxsize=256)
def nasnet_stacking(
    repeats: int,
    filters: int,
    *,
    stem: StemName = "small",
    stem_filters: int = 32,
    reads_before_reduction: bool = False,
    dropout: float = 0.0,
    has_auxiliary_head: bool = False,
) -> Stacking:
    """Three stages of `repeats` normal cells, a reduction cell of twice the width before the second and the third.

    Zoph et al. 2018, arXiv 1707.07012, published code. AmoebaNet stacks its cells in the same way.

    Args:
      stem: "large" halves the image by a convolution to `stem_filters` and by two reduction cells with a quarter and a
        half of the width.
      reads_before_reduction: a normal cell after a reduction takes as older input what the reduction took (the large
        published network), not what stood before the reduction.
    """
    row = _Row(is_large=stem == "large", filters=filters)
    for number in range(3 * repeats):
        stage, older = number // repeats, row.older
        if stage and number % repeats == 0:
            row.put(REDUCTION, filters << stage, older)
        row.put(NORMAL, filters << stage, older if reads_before_reduction else row.older)
    return row.stacking(filters, stem, stem_filters, dropout=dropout, has_auxiliary_head=has_auxiliary_head)


@lru_cache(maxsize=256)
def pnas_stacking(
    repeats: int,
    filters: int,
    *,
    stem: StemName = "small",
    stem_filters: int = 32,
    dropout: float = 0.0,
    has_auxiliary_head: bool = False,
) -> Stacking:
    """Three stages of `repeats` cells; the first of the second and of the third stage is the one with stride 2.

    Liu et al. 2018, arXiv 1712.00559, published code.
    """
    row = _Row(is_large=stem == "large", filters=filters)
    for number in range(3 * repeats):
        stage = number // repeats
        row.put(REDUCTION if stage and number % repeats == 0 else NORMAL, filters << stage, row.older)
    return row.stacking(filters, stem, stem_filters, dropout=dropout, has_auxiliary_head=has_auxiliary_head)


class _Row:
    """Places in the making. Value 0 is the stem's, cell i makes value i + 1."""

    def __init__(self, *, is_large: bool, filters: int) -> None:
        self.places: list[Place] = []
        if is_large:
            for share in (4, 2):
                self.put(REDUCTION, filters // share, self.older)

    @property
    def older(self) -> int | None:
        """The value before the newest one."""
        return len(self.places) - 1 if self.places else None

    def put(self, kind: int, filters: int, older: int | None) -> None:
        self.places.append(Place(kind, filters, len(self.places), older))

    def stacking(
        self, filters: int, stem: StemName, stem_filters: int, *, dropout: float, has_auxiliary_head: bool
    ) -> Stacking:
        reductions = [number for number, place in enumerate(self.places) if place.kind == REDUCTION]
        return Stacking(
            stems=(Stem(small_stem, (filters,)) if stem == "small" else Stem(large_stem, (stem_filters,)),),
            places=tuple(self.places),
            head=relu_head,
            head_settings=(dropout, True),
            auxiliary_after=reductions[-1] - 1 if has_auxiliary_head else None,
            smallest_side=1 if stem == "small" else 3,
        )
