"""What lies between the genotype of a mobile network and its chain of blocks: widths, blocks, prices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from nas.blueprint.piece import Piece
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.operations.inverted_residual import (
    Bottleneck,
    Style,
    inverted_residual,
    inverted_residual_price,
    mbconv_label,
    mbconv_name,
    rounded_width,
)
from nas.operations.price import Price
from nas.operations.primitives.activation import Function
from nas.spaces.chain import Link, Section
from nas.spaces.mobile_ends import Head, entrance, exit_section
from nas.spaces.mobile_stage import MOST_EXPANSION, Stage

ZERO = "zero"
"""The operation that leaves its block out."""

BLOCKS = {mbconv_name(k, e): (k, e) for k in (3, 5, 7) for e in range(1, MOST_EXPANSION + 1)}
"""Name of an operation → (kernel, expansion)."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What all networks of a space have in common; widths before the multiplier.

    Attributes:
      operations: what the blocks of each stage may be, ordered by kernel, then expansion.
    """

    stem_width: int
    stem_stride: int
    stages: tuple[Stage, ...]
    operations: tuple[tuple[str, ...], ...]
    head_width: int
    mix_width: int
    function: Function


class Widths(NamedTuple):
    """Widths after the multiplier."""

    stem: int
    stages: tuple[int, ...]
    head: int
    mix: int


@lru_cache(maxsize=1024)
def widths(skeleton: Skeleton, multiplier: float) -> Widths:
    """Each rounded to a multiple of 8. What follows the stages only grows: it never falls below its width at 1."""
    ends = [
        rounded_width(width * max(multiplier, 1)) if width else 0 for width in (skeleton.head_width, skeleton.mix_width)
    ]
    stages = tuple(rounded_width(stage.width * multiplier) for stage in skeleton.stages)
    return Widths(rounded_width(skeleton.stem_width * multiplier), stages, *ends)


def operations_of(stage: Stage, kernels: Sequence[int], expansions: Sequence[int]) -> tuple[str, ...]:
    """What a block of the stage may be."""
    if stage.kernel is not None:
        kernels = (stage.kernel,)
    if stage.expansion is not None:
        expansions = (stage.expansion,)
    return tuple(mbconv_name(k, e) for k in kernels for e in expansions)


def live_operations(stage: Genotype) -> list[str]:
    """The operations of the blocks that are there, in their order."""
    blocks = stage["blocks"]
    if "depth" in stage:
        return list(blocks[: stage["depth"]])
    return [operation for operation in blocks if operation != ZERO]


def sections(
    skeleton: Skeleton, genotype: Genotype, image: Shape, num_classes: int, dropout: float = 0.0
) -> Iterator[Section]:
    def links_of(number: int, channels: tuple[int, int]) -> Iterator[Link]:
        stage = skeleton.stages[number]
        for place, operation in enumerate(live_operations(genotype["stages"][number])):
            yield block_link(block_of(skeleton, stage, operation, channels, place), operation, place)

    scale = (genotype["width"], genotype.get("resolution"))
    return framed(skeleton, scale, links_of, image, num_classes, dropout=dropout)


def framed(
    skeleton: Skeleton,
    scale: tuple[float, int | None],
    links_of: Callable[[int, tuple[int, int]], Iterable[Link]],
    image: Shape,
    num_classes: int,
    *,
    dropout: float,
) -> Iterator[Section]:
    """Entrance, stages, exit.

    Args:
      scale: multiplier of the widths, side of the images (None: as they are).
      links_of: (number of a stage, channels before and in it) → its blocks.
    """
    multiplier, resolution = scale
    wide = widths(skeleton, multiplier)
    style = Style(skeleton.function)
    yield from entrance(resolution, image, wide.stem, skeleton.stem_stride, style)
    c_in = wide.stem
    for number, width in enumerate(wide.stages):
        yield Section(f"stage{number + 1}", f"Stage {number + 1}", tuple(links_of(number, (c_in, width))))
        c_in = width
    yield exit_section(Head(wide.head, wide.mix, num_classes, style), dropout)


def block_of(skeleton: Skeleton, stage: Stage, operation: str, channels: tuple[int, int], place: int) -> Bottleneck:
    """`channels`: before the stage and in it; `place` 0 is the first block of the stage, which has its stride."""
    kernel, expansion = BLOCKS[operation]
    before, width = channels
    c_in = before if place == 0 else width
    expanded = rounded_width(c_in * expansion)
    return Bottleneck(
        c_out=width,
        kernel=kernel,
        stride=stage.stride if place == 0 else 1,
        expanded=expanded,
        squeezed=rounded_width(expanded // 4) if stage.squeezes else 0,
        style=Style(stage.function or skeleton.function, gate="hsigmoid"),
        has_shortcut=stage.has_shortcuts,
    )


def block_link(block: Bottleneck, operation: str, place: int) -> Link:
    label = mbconv_label(*BLOCKS[operation], block.squeezed > 0) + (", stride 2" if block.stride == 2 else "")
    return Link(f"block{place + 1}", label, operation, inverted_residual, (block,))


class StagePrices(NamedTuple):
    """Operation → (its price, once), for the first block of a stage and for those behind it."""

    first: dict[str, tuple[Price, int]]
    later: dict[str, tuple[Price, int]]


class Prices(NamedTuple):
    ends: tuple[tuple[Piece, int], ...]
    stages: tuple[StagePrices, ...]


@lru_cache(maxsize=256)
def prices(
    skeleton: Skeleton,
    multiplier: float,
    resolution: int | None,
    image: Shape,
    num_classes: int,
) -> Prices:
    """What everything costs that a network of this width and resolution may hold."""
    wide = widths(skeleton, multiplier)
    style = Style(skeleton.function)
    ends = []
    shape = image
    for section in entrance(resolution, image, wide.stem, skeleton.stem_stride, style):
        price = section.links[0].price(shape)
        ends.append((price, 1))
        shape = price.shape
    stages = []
    for stage, names, width in zip(skeleton.stages, skeleton.operations, wide.stages, strict=True):
        entry, shape = shape, (width, -(-shape[1] // stage.stride), -(-shape[2] // stage.stride))
        first = {name: block_of(skeleton, stage, name, (entry[0], width), 0) for name in names}
        later = {name: block_of(skeleton, stage, name, (width, width), 1) for name in names}
        stages.append(
            StagePrices(
                {name: (inverted_residual_price(entry, block), 1) for name, block in first.items()},
                {name: (inverted_residual_price(shape, block), 1) for name, block in later.items()},
            )
        )
    head = exit_section(Head(wide.head, wide.mix, num_classes, style), 0.0)
    ends.append((head.links[0].price(shape), 1))
    return Prices(tuple(ends), tuple(stages))


class StageTokens(NamedTuple):
    """Operation → what its block is, in text, for the first block of a stage and for those behind it."""

    first: dict[str, str]
    later: dict[str, str]


@lru_cache(maxsize=256)
def tokens(skeleton: Skeleton, multiplier: float) -> tuple[StageTokens, ...]:
    """Equal texts for equal blocks, whichever stage they belong to."""
    wide = widths(skeleton, multiplier)
    found = []
    c_in = wide.stem
    for stage, names, width in zip(skeleton.stages, skeleton.operations, wide.stages, strict=True):
        kind = f"{stage.function or skeleton.function}{'_se' if stage.squeezes else ''}"
        adds_first = stage.has_shortcuts and stage.stride == 1 and c_in == width
        later = {name: f"{name}:{width}:1:{kind}:{int(stage.has_shortcuts)}" for name in names}
        first = {name: f"{name}:{width}:{stage.stride}:{kind}:{int(adds_first)}" for name in names}
        found.append(StageTokens(first, later))
        c_in = width
    return tuple(found)
