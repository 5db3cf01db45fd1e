"""Many settings of an elastic network at once, as arrays: what of them has an effect, what they cost, what a model reads. No torch.

A network's cost is the sum over its blocks and of the rest, which the dials of the whole network alone decide; so each block is
priced once for each kernel and width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.blueprint.blueprint import Blueprint
from nas.core.space import Dial
from nas.hardware.latency_check import Calibration
from nas.hardware.latency_table import LatencyTable
from nas.hardware.network_pieces import pieces_of_blueprint
from nas.supernets.elastic_parts import Open, Parts

Settings = npt.NDArray[np.int64]
"""(num_networks, num_dials): numbers of options."""

Numbers = npt.NDArray[np.float64]

_AS_SUMMED = Calibration()

Priced = Callable[[Blueprint], Iterable[tuple[str, float]]]
"""What the places of a network cost, by dotted path."""


class DialTable:
    """Which dials have an effect, and what a model reads of them."""

    def __init__(self, parts: Parts) -> None:
        dials, largest = parts.dials, parts.extreme(1.0)
        self._depths = [at for at, dial in enumerate(dials) if dial.aspect == "depth"]
        self._live_at: list[npt.NDArray[np.bool_]] = []
        for at in self._depths:
            turned = [(*largest[:at], option, *largest[at + 1 :]) for option in range(len(dials[at].options))]
            self._live_at.append(np.array([parts.space.live_dials(setting) for setting in turned]))
        # A depth is seen in the blocks that it leaves; a dial with one option says nothing.
        self._read = [at for at, dial in enumerate(dials) if dial.aspect != "depth" and len(dial.options) > 1]
        self._sizes = [len(dials[at].options) for at in self._read]

    @property
    def num_axes(self) -> int:
        return sum(self._sizes)

    def live(self, settings: Settings) -> npt.NDArray[np.bool_]:
        """(num_networks, num_dials)."""
        found = np.ones(settings.shape, dtype=bool)
        for at, table in zip(self._depths, self._live_at, strict=True):
            found &= table[settings[:, at]]
        return found

    def features(self, settings: Settings) -> Numbers:
        """(num_networks, num_axes): an axis per option, 1 for the chosen one, all 0 where a block is left out (section 3.4 and
        released code)."""
        live = self.live(settings)
        parts = [
            np.eye(size)[settings[:, at]] * live[:, at, None] for at, size in zip(self._read, self._sizes, strict=True)
        ]
        return np.concatenate([np.zeros((len(settings), 0)), *parts], axis=1)


class PriceTable:
    """What settings cost."""

    def __init__(
        self, parts: Parts, table: DialTable, options: Open, priced: Priced, line: Calibration = _AS_SUMMED
    ) -> None:
        """`options`: those of the dials of the whole network that may be asked about; `line`: from sums to costs."""
        dials, largest = parts.dials, parts.extreme(1.0)
        self._table, self._line = table, line
        self._common = [at for at, dial in enumerate(dials) if not dial.group]
        self._shape = tuple(len(dials[at].options) for at in self._common)
        groups = dict.fromkeys(dial.group for dial in dials if dial.aspect in ("kernel", "width") and dial.group)
        self._places = [_places(dials, group) for group in groups]
        most = [max(len(dials[at].options) for at in ats) for ats in zip(*self._places, strict=True)]
        self._rest = np.full(self._shape, np.nan)
        self._blocks = np.full((*self._shape, len(groups), *most), np.nan)
        for ends in product(*(options[at] for at in self._common)):
            for numbers in product(*map(range, most)):
                setting = list(largest)
                for at, option in zip(self._common, ends, strict=True):
                    setting[at] = option
                for ats in self._places:
                    for at, number in zip(ats, numbers, strict=True):
                        setting[at] = min(number, len(dials[at].options) - 1)
                rest, blocks = _split(priced(parts.blueprint(setting)), list(groups))
                self._rest[ends] = rest
                place: tuple[Any, ...] = (*ends, ..., *numbers)
                self._blocks[place] = blocks

    def __call__(self, settings: Settings) -> Numbers:
        """(num_networks,)"""
        live = self._table.live(settings)
        ends = tuple(settings[:, at] for at in self._common)
        total: Numbers = self._rest[ends].copy()
        for number, ats in enumerate(self._places):
            block = self._blocks[(*ends, number, *(settings[:, at] for at in ats))]
            total += np.where(live[:, ats[0]], block, 0.0)
        costs: Numbers = self._line.intercept_ms + self._line.slope * total
        return costs


def counted(cost: str) -> Priced:
    """In "macs" or "params"."""
    return lambda blueprint: [
        (".".join(layer.path), float(getattr(layer.count, cost))) for layer in blueprint.main_layers
    ]


def timed(table: LatencyTable) -> Priced:
    """In ms, the plain sum of the table's rows and its offset. Raises MissingLatency, naming all that one network lacks."""

    def price(blueprint: Blueprint) -> list[tuple[str, float]]:
        pieces = pieces_of_blueprint(blueprint)
        table.sum_ms(piece.key for piece in pieces)  # names everything that is not there
        return [("", table.offset_ms), *((piece.name, table.ms(piece.key)) for piece in pieces)]

    return price


def _places(dials: Sequence[Dial], group: str) -> tuple[int, int]:
    """The kernel dial and the width dial of a block."""
    kernel, width = (
        next(at for at, dial in enumerate(dials) if (dial.group, dial.aspect) == (group, aspect))
        for aspect in ("kernel", "width")
    )
    return kernel, width


def _split(priced: Iterable[tuple[str, float]], groups: list[str]) -> tuple[float, list[float]]:
    """The rest, and what each of the groups costs."""
    number = {group: place for place, group in enumerate(groups)}
    rest, blocks = 0.0, [0.0] * len(groups)
    for path, price in priced:
        # "stage2.block1.project_conv" lies in "stage2.block1"
        steps = path.split(".")
        inside = next(
            (number[name] for end in range(len(steps), 0, -1) if (name := ".".join(steps[:end])) in number), None
        )
        if inside is None:
            rest += price
        else:
            blocks[inside] += price
    return rest, blocks
