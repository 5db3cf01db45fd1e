"""How mobile networks begin and end: image at its resolution, stem; last 1×1 convolution, mean, linear."""

from __future__ import annotations

from nas.blueprint.draft import Draft, Value
from nas.operations.convolutions import activation
from nas.operations.heads import mean_linear_head
from nas.operations.inverted_residual import Style, conv_norm, resize
from nas.operations.primitives.convolution import Conv
from nas.operations.primitives.dropping import Dropout
from nas.operations.primitives.linear import Linear
from nas.operations.primitives.pooling import GlobalMean
from nas.operations.primitives.shaping import Flatten
from nas.spaces.chain import Link, Section


def entrance(
    resolution: int | None, side: tuple[int, int], stem_width: int, stride: int, style: Style
) -> list[Section]:
    """The sections before the stages. An image that has the `resolution` already is not touched; None takes it as it is."""
    sections = []
    if resolution is not None and side != (resolution, resolution):
        label = f"Resize to {resolution}×{resolution}"
        sections.append(Section("resize", label, (Link("", label, "resize", resize, (resolution,)),)))
    stem = Link("", f"Stem: conv 3×3, {stem_width}", "stem", conv_norm, (stem_width, 3, stride, style, style.function))
    return [*sections, Section("stem", "Stem", (stem,))]


def exit_section(width: int, mix_width: int, style: Style, num_classes: int, dropout: float = 0.0) -> Section:
    settings = (width, mix_width, style, num_classes)
    return Section("head", "Head", (Link("", "Head", "head", mobile_head, settings, (dropout,)),))


def mobile_head(
    draft: Draft, x: Value, width: int, mix_width: int, style: Style, num_classes: int, dropout: float = 0.0
) -> Value:
    """[1×1 to `width`, BN, function,] mean, [1×1 to `mix_width`, function,] dropout, linear; a width of 0 leaves its part out."""
    if width:
        x = conv_norm(draft, x, width, 1, 1, style, style.function)
    if not mix_width:
        return mean_linear_head(draft, x, num_classes, dropout=dropout)
    x = draft.apply(Conv(mix_width, (1, 1)), draft.apply(GlobalMean(), x), name="mix")
    x = draft.apply(Flatten(), activation(draft, x, style.function))
    if dropout:
        x = draft.apply(Dropout(dropout), x)
    return draft.apply(Linear(num_classes), x)
