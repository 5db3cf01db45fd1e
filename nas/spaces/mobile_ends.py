"""How mobile networks begin and end: image at its resolution, stem; last 1×1 convolution, mean, linear."""

from __future__ import annotations

from dataclasses import dataclass

from nas.blueprint.draft import Draft, Value
from nas.core.graph import Shape
from nas.operations.convolutions import activation
from nas.operations.heads import mean_linear_head
from nas.operations.inverted_residual import Style, conv_norm, resize
from nas.operations.primitives.convolution import Conv
from nas.operations.primitives.dropping import Dropout
from nas.operations.primitives.linear import Linear
from nas.operations.primitives.pooling import GlobalMean
from nas.operations.primitives.shaping import Flatten
from nas.spaces.chain import Link, Section


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a network; a width of 0 leaves its part out.

    Attributes:
      width: of the last 1×1 convolution.
      mix_width: of a further 1×1 convolution behind the mean, without batch norm (MobileNetV3).
    """

    width: int
    mix_width: int
    num_classes: int
    style: Style


def entrance(resolution: int | None, image: Shape, stem_width: int, stem_stride: int, style: Style) -> list[Section]:
    """The sections before the stages. An image of the `resolution` is not touched; None takes every image as it is."""
    sections = []
    if resolution is not None and image[1:] != (resolution, resolution):
        label = f"Resize to {resolution}×{resolution}"
        sections.append(Section("resize", label, (Link("", label, "resize", resize, (resolution,)),)))
    stem = Link("", f"Conv 3×3, {stem_width}", "stem", mobile_stem, (stem_width, stem_stride, style))
    return [*sections, Section("stem", "Stem", (stem,))]


def exit_section(head: Head, dropout: float) -> Section:
    return Section("head", "Head", (Link("", "Head", "head", mobile_head, (head,), (dropout,)),))


def mobile_stem(draft: Draft, x: Value, width: int, stride: int, style: Style) -> Value:
    """3×3 convolution, batch norm, function."""
    return conv_norm(draft, x, width, 3, style, stride=stride, function=style.function)


def mobile_head(draft: Draft, x: Value, head: Head, dropout: float = 0.0) -> Value:
    """[1×1 to `width`, batch norm, function,] mean, [1×1 to `mix_width`, function,] dropout if any, linear."""
    function = head.style.function
    if head.width:
        x = conv_norm(draft, x, head.width, 1, head.style, function=function)
    if not head.mix_width:
        return mean_linear_head(draft, x, head.num_classes, dropout=dropout)
    x = draft.apply(Conv(head.mix_width, (1, 1)), draft.apply(GlobalMean(), x), name="mix")
    x = draft.apply(Flatten(), activation(draft, x, function))
    if dropout:
        x = draft.apply(Dropout(dropout), x)
    return draft.apply(Linear(head.num_classes), x)
