"""Starting points for a new run: whole specifications that a person may change before the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.runs.services.demo import DEMO


@dataclass(frozen=True, slots=True)
class RunPreset:
    """`values` are those of a RunSpecification; what is left out has its default."""

    title: str | Promise
    summary: str | Promise
    values: Mapping[str, Any]


PRESETS: Mapping[str, RunPreset] = {
    "demo": RunPreset(
        title=_("Quick demo"),
        summary=_("Small networks on the bundled digits; the first trained point within seconds."),
        values=DEMO,
    ),
    "random": RunPreset(
        title=_("Random baseline"),
        summary=_("The same search without learning: what any strategy has to beat."),
        values={**DEMO, "strategy": {"name": "random", "config": {}}},
    ),
}
