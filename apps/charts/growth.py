"""What a search had found after each of its legs: its numbers, its drawing, the lines of its program, under one slider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.choices_map import genotype_name
from apps.charts.figure import Json


@dataclass(frozen=True, slots=True)
class Growth:
    """As of the last step. `data` lets a script show the others; `drawing`: what names the architecture, "" for none."""

    step_title: str
    step: int
    num_steps: int
    drawing: str
    has_drawings: bool
    facts: Sequence[tuple[str, Any]]
    lines: Sequence[Sequence[str]]
    has_lines: bool
    caption: str
    data: Json


def growth(data: Mapping[str, Any]) -> Growth | None:
    """None while there is nothing to show.

    `data`: step_title; step: one number per column of time; genotypes, and genotype: the place of one in them, or None, per step;
    facts: pairs of a label and a value per step; lines: per step pairs of a text and its mark ("new", "changed", "dead",
    "head", ""); caption. All but the first two may be missing.
    """
    steps = data["step"]
    if not steps:
        return None
    names = [genotype_name(genotype) for genotype in data.get("genotypes", ())]
    drawings = ["" if place is None else names[place] for place in data.get("genotype", [None] * len(steps))]
    facts = [(_(label), values) for label, values in data.get("facts", ())]
    lines = data.get("lines", [[] for _step in steps])
    step_title = _(data["step_title"])
    return Growth(
        step_title=step_title,
        step=steps[-1],
        num_steps=len(steps),
        drawing=drawings[-1],
        has_drawings=any(drawings),
        facts=[(label, values[-1]) for label, values in facts],
        lines=lines[-1],
        has_lines=any(lines),
        caption=_(data["caption"]) if data.get("caption") else "",
        data={"steps": steps, "stepTitle": step_title, "drawing": drawings, "facts": facts, "lines": lines},
    )
