from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from nas.registry import estimators, problems, spaces, strategies
from tests.nas.cli.conftest import Said

Nas = Callable[..., Said]


def test_it_lists_everything_that_is_registered_with_schema_and_presets(nas: Nas) -> None:
    listed = nas("catalogue", "--json").json
    for key, registry in (
        ("spaces", spaces),
        ("problems", problems),
        ("strategies", strategies),
        ("estimators", estimators),
    ):
        assert [entry["name"] for entry in listed[key]] == list(registry)
        for entry in listed[key]:
            kind = registry.get(entry["name"])
            assert entry["config_schema"] == kind.Config.model_json_schema()
            assert {"title", "summary", "source", "version", "config_presets"} <= entry.keys()
    aging = next(entry for entry in listed["strategies"] if entry["name"] == "aging_evolution")
    assert aging["config_presets"]["paper"] == {"population_size": 100, "sample_size": 25}
    assert aging["requires"] == ["Space", "Mutable"]
    toy = next(entry for entry in listed["spaces"] if entry["name"] == "bit_strings")
    assert toy["presets"][0]["genotype"] == {"bits": "1" * 100}


def test_the_text_names_everything_and_how_to_set_it(nas: Nas) -> None:
    text = nas("catalogue").out
    assert [name for name in (*spaces, *problems, *strategies, *estimators) if f" {name}: " not in text] == []


def test_every_preset_of_settings_is_a_valid_configuration() -> None:
    for registry in (spaces, problems, strategies, estimators):
        for name in registry:
            config = registry.get(name).Config
            for settings in config.presets.values():
                written = json.loads(json.dumps(settings))  # a tuple is a list there
                assert _holds(config.parse(settings).as_json(), written), f"{name}: {written}"


def test_spaces_are_listed_with_size_and_what_their_presets_cost(nas: Nas) -> None:
    listed = nas("catalogue", "--json", "--input", "3,32,32").json
    text = nas("catalogue").out
    for name in spaces:
        entry = next(entry for entry in listed["spaces"] if entry["name"] == name)
        kind = spaces.get(name)
        space = kind(kind.Config.parse(None))
        assert int(entry["size"]["lower"] or 0) in (space.size().lower, 0), name
        assert entry["size"]["text"] in text, name
        for preset in entry["presets"]:
            assert preset["name"] in text, name
            if preset["cost"] is not None:
                assert preset["cost"] == space.cost(preset["genotype"], (3, 32, 32), 10).as_json(), name


def _holds(whole: Any, part: Any) -> bool:
    """Whether `whole` says all that `part` says; settings within settings are written out with their defaults there."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and _holds(whole[key], part[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(_holds, whole, part))
    return bool(whole == part)
