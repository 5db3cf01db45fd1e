"""`catalogue`: everything there is to search with, with its settings as JSON schema and its presets."""

from __future__ import annotations

import argparse
import json
from typing import Any

from nas.cli.settings import settings_help
from nas.core.errors import InvalidConfig
from nas.core.metric import METRICS
from nas.core.registry import Registry
from nas.core.space import Space
from nas.registry import estimators, job_kinds, problems, spaces, strategies


def add_to(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "catalogue", help="list every space, problem, strategy and estimator with its settings and presets"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    listed = catalogue()
    if given.json:
        print(json.dumps(listed, indent=2, ensure_ascii=False))
        return 0
    for noun, registry in (
        ("space", spaces),
        ("problem", problems),
        ("strategy", strategies),
        ("estimator", estimators),
    ):
        for entry in _entries(registry):
            print(f"{noun} {entry['name']}: {entry['title']}")
            print(f"  {entry['summary']}\n  Source: {entry['source']}")
            print("\n".join(settings_help(noun, registry.get(entry["name"]).Config)))
            for name, settings in entry["config_presets"].items():
                print(f"  preset {name}: {json.dumps(settings)}")
            for preset in entry.get("presets", []):
                print(f"  preset {preset['name']}: {preset['title']}")
            print()
    for metric in listed["metrics"]:
        unit = f" in {metric['unit']}" if metric["unit"] else ""
        print(f"metric {metric['name']}: {metric['title']}{unit}, {metric['direction']} ({metric['source']})")
    return 0


def catalogue() -> dict[str, Any]:
    """Everything as JSON values. `config_schema` is JSON Schema; `presets` of a space are architectures."""
    return {
        "spaces": _entries(spaces),
        "problems": _entries(problems),
        "strategies": _entries(strategies),
        "estimators": _entries(estimators),
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
    if hasattr(kind, "presets"):
        entry["presets"] = _architectures(kind)
    return entry


def _architectures(kind: type[Space]) -> list[dict[str, Any]]:
    """The published architectures of a space at its defaults; none when the space has a setting without default."""
    try:
        space = kind(kind.Config.parse(None))
    except InvalidConfig:
        return []
    return [
        {"name": preset.name, "title": preset.title, "genotype": preset.genotype, "source": preset.source}
        for preset in space.presets()
    ]
