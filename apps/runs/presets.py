"""Starting points for a new run: whole specifications that a person may change before the start, one for each strategy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.runs.services.demo import DEMO
from nas import registry

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunPreset:
    """`values` are those of a RunSpecification; what is left out has its default."""

    title: str | Promise
    summary: str | Promise
    values: Values


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

_MOBILE = {
    "stem_width": 8,
    "stages": ["r1_s1_o8_e1_k3_noskip", "r2_s2_o16"],
    "head_width": 64,
    "kernels": [3, 5],
    "expansions": [2, 4],
    "width_multipliers": [1.0],
}

_PARTS: Mapping[str, Values] = {
    "automl_zero": {  # one island in three finds linear regression: several that are apart, as the released demo repeats itself
        "problem": {"name": "program_tasks", "config": {}},
        "space": {"name": "automl_zero", "config": {}},
        "strategy": {"name": "automl_zero", "config": {"num_islands": 8, "steps_per_leg": 20}},
        "budget": {"trials": 100},
        "estimator": {"name": "program_fitness", "config": {}},
        "objectives": ["fitness:maximise"],
    },
    "connection_search": {
        "space": {"name": "connections", "config": {}},
        "strategy": {
            "name": "connection_search",
            "config": {"population_size": 16, "num_steps": 12, "steps_per_leg": 3},
        },
        "objectives": ["accuracy:maximise", "params:minimise"],
    },
    "wann": {
        "space": {"name": "wann", "config": {}},
        "strategy": {"name": "wann", "config": {}},
        "estimator": {"name": "shared_weight", "config": {}},
        "objectives": ["accuracy:maximise", "params:minimise"],
    },
    "progressive": {"space": {"name": "pnas", "config": {"blocks": 2, "filters": 4}}},
    "proxyless": {"space": {"name": "mobile", "config": {**_MOBILE, "depth_search": "zero_operation"}}},
    "once_for_all": {"space": {"name": "mobile", "config": {**_MOBILE, "resolutions": [6, 8]}}},
}
"""By strategy what takes the place of the demo's parts: a space that offers what it needs, small enough for the digits."""


def preset_for_space(space: str) -> str:
    """The preset to begin with where the demo's parts can do nothing with a space; "" where they can, or nobody knows."""
    return next(
        (name for name, parts in _PARTS.items() if "estimator" in parts and parts["space"]["name"] == space), ""
    )


def starting_point(name: str) -> Values:
    """What the preset or the registered strategy of that name begins with, ready to be started on data that ship; else the demo."""
    if name in PRESETS:
        return PRESETS[name].values
    if name not in registry.strategies:
        return DEMO
    return {**DEMO, "strategy": {"name": name, "config": {}}, **_PARTS.get(name, {})}
