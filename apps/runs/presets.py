"""Starting points for a new run: whole specifications that a person may change before the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class RunPreset:
    """`values` are those of a RunSpecification; what is left out has its default."""

    title: str | Promise
    summary: str | Promise
    values: Mapping[str, Any]


DEMO = "demo"

PRESETS: Mapping[str, RunPreset] = {
    DEMO: RunPreset(
        title=_("Quick demo"),
        summary=_("Small networks on the bundled digits; the first trained point within seconds."),
        values={
            "problem": {"name": "image_classification", "config": {"dataset": "digits"}},
            "space": {"name": "nasbench201", "config": {"width": 8, "cells_per_stage": 1}},
            "strategy": {"name": "aging_evolution", "config": {}},
            "estimator": {"name": "train", "config": {}},
            "objectives": [
                {"metric": "accuracy", "direction": "maximise"},
                {"metric": "macs", "direction": "minimise"},
            ],
            "constraints": [],
            "budget": {"trials": 60, "wall_seconds": None},
        },
    ),
    "random": RunPreset(
        title=_("Random baseline"),
        summary=_("The same search without learning: what any strategy has to beat."),
        values={
            "problem": {"name": "image_classification", "config": {"dataset": "digits"}},
            "space": {"name": "nasbench201", "config": {"width": 8, "cells_per_stage": 1}},
            "strategy": {"name": "random", "config": {}},
            "estimator": {"name": "train", "config": {}},
            "objectives": [
                {"metric": "accuracy", "direction": "maximise"},
                {"metric": "macs", "direction": "minimise"},
            ],
            "constraints": [],
            "budget": {"trials": 60, "wall_seconds": None},
        },
    ),
}
