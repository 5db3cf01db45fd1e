"""`catalogue`: everything there is to search with, with its settings as JSON schema and its presets."""

from __future__ import annotations

import argparse
import json
import textwrap
from typing import Any

from nas.cli.settings import check_at_least, settings_help, shape_from_text
from nas.cli.text import columns, number
from nas.core.config import Config
from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.graph import Shape
from nas.core.metric import METRICS
from nas.core.quantity import exact_digits, size_in_words
from nas.core.registry import Registry
from nas.core.space import Preset, Space
from nas.registry import estimators, job_kinds, problems, spaces, strategies, studies

SHOWN_COSTS = ("params", "macs")
"""The costs that the text names beside a preset."""


def add_to(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "catalogue", help="list every space, problem, strategy, estimator and study with its settings and presets"
    )
    parser.add_argument("--input", metavar="C,H,W", default="3,32,32", help="shape at which presets cost (3,32,32)")
    parser.add_argument("--classes", metavar="N", type=int, default=10, help="number of classes (10)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    check_at_least("classes", given.classes, 1)
    listed = catalogue(shape_from_text(given.input), given.classes)
    if given.json:
        print(json.dumps(listed, indent=2, ensure_ascii=False))
        return 0
    for noun, registry in (
        ("space", spaces),
        ("problem", problems),
        ("strategy", strategies),
        ("estimator", estimators),
        ("study", studies),
    ):
        for name in registry:
            _print_entry(noun, next(e for e in listed[_plural(noun)] if e["name"] == name), registry.get(name).Config)
    for metric in listed["metrics"]:
        unit = f" in {metric['unit']}" if metric["unit"] else ""
        print(f"metric {metric['name']}: {metric['title']}{unit}, {metric['direction']} ({metric['source']})")
    return 0


def _print_entry(noun: str, entry: dict[str, Any], config: type[Config]) -> None:
    print(f"{noun} {entry['name']}: {entry['title']}")
    print(f"  {entry['summary']}\n  Source: {entry['source']}")
    if "size" in entry:
        print(f"  Size: {entry['size']['text']}")
    print("\n".join(settings_help(noun, config)))
    for name, settings in entry["config_presets"].items():
        print(f"  preset {name}: {json.dumps(settings)}")
    if presets := entry.get("presets"):
        rows = [
            [preset["name"], *(_cost_text(preset["cost"], name) for name in SHOWN_COSTS), preset["title"]]
            for preset in presets
        ]
        print(textwrap.indent(columns(["preset", *SHOWN_COSTS, "title"], rows), "  "))
    print()


def _plural(noun: str) -> str:
    return {"strategy": "strategies", "study": "studies"}.get(noun, f"{noun}s")


def _cost_text(cost: dict[str, int] | None, name: str) -> str:
    return "-" if cost is None else number(cost[name])


def catalogue(input_shape: Shape = (3, 32, 32), num_classes: int = 10) -> dict[str, Any]:
    """Everything as JSON values.

    `config_schema` is JSON Schema. A space has its `size` at its defaults, and `presets`: architectures with their cost for
    inputs of that shape, None where one takes no such input.
    """
    return {
        "spaces": [_space_entry(spaces.get(name), input_shape, num_classes) for name in spaces],
        "problems": _entries(problems),
        "strategies": _entries(strategies),
        "estimators": _entries(estimators),
        "studies": _entries(studies),
        "job_kinds": [{"name": name, "title": job_kinds.get(name).title} for name in job_kinds],
        "metrics": [
            {
                "name": metric.name,
                "title": metric.title,
                "direction": metric.direction.value,
                "source": metric.source.value,
                "unit": metric.unit,
            }
            for metric in METRICS.values()
        ],
    }


def _entries(registry: Registry[Any]) -> list[dict[str, Any]]:
    return [_entry(registry.get(name)) for name in registry]


def _entry(kind: Any) -> dict[str, Any]:
    entry = {
        "name": kind.name,
        "title": kind.title,
        "summary": kind.summary,
        "source": kind.source,
        "version": kind.version,
        "config_schema": kind.Config.model_json_schema(),
        "config_presets": {name: dict(settings) for name, settings in kind.Config.presets.items()},
    }
    if requires := getattr(kind, "requires", None):
        entry["requires"] = [capability.__name__ for capability in requires]
    if hasattr(kind, "is_simulated"):
        entry["is_simulated"] = kind.is_simulated
    return entry


def _space_entry(kind: type[Space], input_shape: Shape, num_classes: int) -> dict[str, Any]:
    """Of a space with a setting that has no default neither size nor architectures are known."""
    entry = _entry(kind)
    try:
        space = kind(kind.Config.parse(None))
    except InvalidConfig:
        return {**entry, "presets": []}
    size = space.size()
    return {
        **entry,
        "size": {
            "text": size_in_words(size),
            "lower": exact_digits(size.lower).replace(",", ""),
            "upper": exact_digits(size.upper).replace(",", ""),
            "distinct": None if size.distinct is None else exact_digits(size.distinct).replace(",", ""),
        },
        "presets": [
            {
                "name": preset.name,
                "title": preset.title,
                "genotype": preset.genotype,
                "source": preset.source,
                "cost": _cost(space, preset, input_shape, num_classes),
            }
            for preset in space.presets()
        ],
    }


def _cost(space: Space, preset: Preset, input_shape: Shape, num_classes: int) -> dict[str, int] | None:
    try:
        return space.cost(preset.genotype, input_shape, num_classes).as_json()
    except (InvalidGenotype, InvalidConfig):
        return None
