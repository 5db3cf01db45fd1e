"""A view of a strategy's inside, or of what a study found, ready for templates/components/view.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.charts.choices_map import ChoicesMap, choices_map
from apps.charts.figure import Json
from apps.charts.growth import Growth, growth
from apps.charts.view_figure import ViewTable, view_figure

NAME_IN_ADDRESS = "NAME"
"""What scripts replace, in an address of drawings, by the name of one."""


@dataclass(frozen=True)
class DrawnView:
    """One of `choices`, `growth` and `figure`, or none of them; and the numbers as a table.

    Attributes:
      name: unlike every other on its page.
      note: stands small beside the title.
      rows: those of the table, each with the trial that it is about, None for none.
      replica: of those trials.
      drawings: where the drawings are that it names, with NAME_IN_ADDRESS.
    """

    name: str
    title: str
    note: str = ""
    choices: ChoicesMap | None = None
    growth: Growth | None = None
    figure: Json | None = None
    table: ViewTable | None = None
    rows: Sequence[tuple[Sequence[Any], int | None]] = ()
    replica: int = 0
    has_trials: bool = False
    drawings: str = ""

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Name of each column of the table, and whether it holds words: those stand at the left."""
        return [] if self.table is None else list(zip(self.table.columns, self._are_words, strict=True))

    @property
    def lines(self) -> list[tuple[int | None, list[tuple[Any, bool]]]]:
        """The rows: the trial of each, and its values with whether they stand in a column of words."""
        are_words = self._are_words
        return [(number, list(zip(row, are_words, strict=False))) for row, number in self.rows]

    @property
    def _are_words(self) -> list[bool]:
        if self.table is None:
            return []
        rows = self.table.rows
        places = range(len(self.table.columns))
        return [any(isinstance(row[place], str) for row in rows if place < len(row)) for place in places]

    @property
    def drawing_url(self) -> str:
        """Of the drawing that is shown first."""
        shown = self.choices or self.growth
        return self.drawings.replace(NAME_IN_ADDRESS, shown.drawing) if shown is not None and shown.drawing else ""


def drawn_view(
    name: str,
    title: str,
    kind: str,
    data: Mapping[str, Any],
    *,
    prefix: str = "",
    note: str = "",
    drawings: str = "",
    replica: int = 0,
    trials: Mapping[tuple[int, int], int] | None = None,
) -> DrawnView:
    """The view of that kind with its data.

    Args:
      prefix: tells it from views of the same name on the page.
      trials: (proposal, serial) → number of a trial of `replica`. A column "id" names proposals, "serial" which of its trials;
        the rows and the points lead to them.
    """
    here = DrawnView(f"{prefix}{name}", title, note=note, drawings=drawings, replica=replica)
    if kind == "choices":
        return replace(here, choices=choices_map(data))
    if kind == "growth" and (grown := growth(data)) is not None:
        return replace(here, growth=grown)
    figure = view_figure(name, title, kind, data)
    ids = data.get("id", []) if trials is not None else []
    serials = data.get("serial") or [0] * len(ids)
    known = trials or {}
    numbers = [known.get(each) for each in zip(ids, serials, strict=True)] or [None] * len(figure.table.rows)
    drawn = figure.figure
    if drawn is not None and drawn["settings"].get("points_are_rows"):
        _lead_to_trials(drawn, replica, numbers)
    rows = list(zip(figure.table.rows, numbers, strict=False))
    return replace(here, figure=drawn, table=figure.table, rows=rows, has_trials=bool(known))


def _lead_to_trials(figure: Json, replica: int, numbers: Sequence[int | None]) -> None:
    """In place of the rows that its points stand for, their trials, as scripts name them."""
    for trace in figure["traces"].values():
        trace["customdata"] = [[replica, numbers[row]] for row in trace.get("customdata", ())]
