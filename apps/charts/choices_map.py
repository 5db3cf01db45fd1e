"""The heat map of a supernet's choices: tables of cells, one for each group of rows, and what the slider needs beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.charts.figure import Json

_MID, _HIGH = 0.57, 0.71
"""Shares from which the number on a cell takes another colour."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One option of one row after the shown epoch. `row`, `option`: its place in the data."""

    row: int
    option: int
    name: str
    share: float
    is_best: bool
    is_chosen: bool
    is_pruned: bool

    @property
    def percent(self) -> str:
        return f"{100 * self.share:.0f}"

    @property
    def ink(self) -> str:
        """Which colour of number can be read on it; the same as in frontend/src/run/choicesMap.ts."""
        return "high" if self.share > _HIGH else "mid" if self.share > _MID else "low"


@dataclass(frozen=True, slots=True)
class MapRow:
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class MapGroup:
    """Rows that belong together. `options`: the names over the columns where all rows have the same, else ()."""

    name: str
    options: tuple[str, ...]
    rows: tuple[MapRow, ...]


@dataclass(frozen=True, slots=True)
class ChoicesMap:
    """As of the last epoch. `data` lets a script show the others; `drawing`: what names the derived architecture, "" for none."""

    groups: tuple[MapGroup, ...]
    epoch: int
    num_epochs: int
    drawing: str
    data: Json


def genotype_name(genotype: object) -> str:
    """Names the drawing of a genotype in an address: the same for as long as it is written the same."""
    return hashlib.sha256(json.dumps(genotype, sort_keys=True).encode()).hexdigest()[:16]


def choices_map(data: Mapping[str, Any]) -> ChoicesMap:
    last = len(data["epoch"]) - 1
    rows = [_row(data, number, last) for number in range(len(data["row"]))]
    groups = []
    for name in dict.fromkeys(data["group"]):
        places = [i for i, group in enumerate(data["group"]) if group == name]
        options = {tuple(data["options"][i]) for i in places}
        shared = options.pop() if len(options) == 1 else ()
        groups.append(MapGroup(name, shared, tuple(rows[i] for i in places)))
    names = [genotype_name(genotype) for genotype in data["genotypes"]]
    drawings = ["" if place is None else names[place] for place in data["genotype"]]
    sent = {name: data[name] for name in ("epoch", "probabilities", "chosen", "pruned")} | {"drawing": drawings}
    return ChoicesMap(tuple(groups), data["epoch"][last], last + 1, drawings[last], sent)


def _row(data: Mapping[str, Any], number: int, epoch: int) -> MapRow:
    shares = data["probabilities"][epoch][number]
    chosen = data["chosen"][epoch]
    pruned = {option for row, option in data["pruned"][epoch] if row == number}
    best = max(range(len(shares)), key=shares.__getitem__)
    cells = (
        Cell(
            row=number,
            option=option,
            name=data["options"][number][option],
            share=share,
            is_best=option == best,
            is_chosen=chosen is not None and chosen[number] == option,
            is_pruned=option in pruned,
        )
        for option, share in enumerate(shares)
    )
    # Under the heading of its group a row needs no more than the rest of its name.
    return MapRow(data["row"][number].removeprefix(f"{data['group'][number]}."), tuple(cells))
