"""What of an elastic network each dial changes, read from blueprints; and which options each stage of its training opens. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, Protocol

from nas.blueprint.blueprint import Blueprint, Path
from nas.core.graph import Shape
from nas.core.space import Blueprinted, Dial, Elastic
from nas.operations.primitives.convolution import Conv

Setting = tuple[int, ...]
"""Of each dial the number of an option."""

Open = tuple[tuple[int, ...], ...]
"""Of each dial the numbers of the options that may be chosen."""

Aspect = Literal["kernel", "depth", "width", "resolution"]


class ElasticSpace(Elastic, Blueprinted, Protocol):
    """What an elastic network is made from."""


@dataclass(frozen=True)
class Parts:
    """The networks of an elastic space for one kind of images."""

    space: ElasticSpace
    input_shape: Shape
    num_classes: int

    @property
    def dials(self) -> tuple[Dial, ...]:
        return self.space.dials()

    def extreme(self, share: float) -> Setting:
        """0: all dials at their smallest option, 1: the largest, ½: the middle one (the lower of two)."""
        return tuple(int(share * (len(dial.options) - 1)) for dial in self.dials)

    def blueprint(self, setting: Sequence[int]) -> Blueprint:
        return self.space.blueprint(self.space.dialled(setting), self.input_shape, self.num_classes)

    def kernels(self) -> dict[Path, tuple[int, ...]]:
        """Of every layer with more than one kernel, their sides, the largest first."""
        found: dict[Path, set[int]] = {}
        for blueprint in map(self.blueprint, self._alike("kernel")):
            for layer in blueprint.layers:
                if isinstance(layer.primitive, Conv) and layer.primitive.groups > 1:
                    found.setdefault(layer.path, set()).add(layer.primitive.kernel[0])
        return {path: tuple(sorted(sides, reverse=True)) for path, sides in found.items() if len(sides) > 1}

    def inner_widths(self, options: Open) -> dict[Path, tuple[int, ...]]:
        """Of every block, by the path of its group, how wide its depthwise layer is under these options, ascending."""
        found: dict[Path, set[int]] = {}
        for blueprint in map(self.blueprint, self._alike("width", options)):
            for layer in blueprint.layers:
                if isinstance(layer.primitive, Conv) and layer.primitive.groups > 1:
                    found.setdefault(layer.group, set()).add(layer.primitive.c_out)
        return {path: tuple(sorted(widths)) for path, widths in found.items()}

    def _alike(self, aspect: Aspect, options: Open | None = None) -> Iterator[Setting]:
        """The largest network with all blocks' dials of that aspect turned alike, once for each option, for all options of the
        dials that change everything: enough to see each block as it can be."""
        dials, largest = self.dials, self.extreme(1.0)
        chosen = options or tuple(tuple(range(len(dial.options))) for dial in dials)
        turned = [at for at, dial in enumerate(dials) if dial.aspect == aspect]
        common = [at for at in turned if not dials[at].group]
        most = max((len(chosen[at]) for at in turned if dials[at].group), default=1)
        for number in range(most):
            for ends in product(*(chosen[at] for at in common)):
                setting = list(largest)
                for at in turned:
                    setting[at] = chosen[at][min(number, len(chosen[at]) - 1)]
                for at, option in zip(common, ends, strict=True):
                    setting[at] = option
                yield tuple(setting)


def opened(dials: Sequence[Dial], steps: dict[Aspect, int]) -> Open:
    """The options that may be chosen.

    `steps`: per aspect, 0 leaves the largest option only, 1 the larger half (at least two), 2 all; resolutions are always all.
    """
    found = []
    for dial in dials:
        step = 2 if dial.aspect == "resolution" else steps.get(dial.aspect, 0)
        num = len(dial.options)
        kept = (1, max(2, num - num // 2), num)[step]
        found.append(tuple(range(max(0, num - kept), num)))
    return tuple(found)
