"""A search as a file: the configuration of a run, as pages and API show it, in YAML or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nas.core.errors import FieldError, InvalidConfig
from nas.core.yaml_text import LONGEST_TEXT, yaml_document
from nas.specification import RunSpecification

PLACES = {
    "space": "nasbench201",
    "problem": "image_classification",
    "strategy": "aging_evolution",
    "estimator": "train",
}
"""The parts of a search and which is taken when none is named."""

DEFAULT_OBJECTIVES = ("accuracy", "macs")


def specification_from_file(path: str) -> RunSpecification:
    """What is left out has its default. Raises InvalidConfig, with file and line, and OSError."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(LONGEST_TEXT + 1)
    except UnicodeDecodeError as error:
        raise InvalidConfig.at("config", f"{path} is no UTF-8 text: {error.reason} at byte {error.start}") from None
    try:
        document = yaml_document(text)
        if not isinstance(document.value, dict):
            raise InvalidConfig.at("", "expected names and values, like budget: {trials: 20}")
        try:
            return specification_from(document.value)
        except InvalidConfig as error:
            raise document.placed(error) from None
    except InvalidConfig as error:
        raise InvalidConfig(FieldError(f"{path}: {e.field}".rstrip(": "), e.message) for e in error.errors) from None


def specification_from(values: Mapping[str, Any]) -> RunSpecification:
    """`name`, what a run is called, is allowed and not used here. Raises InvalidConfig."""
    values = {name: value for name, value in values.items() if name != "name"}
    defaults = {place: {"name": name} for place, name in PLACES.items()}
    return RunSpecification.parse({**defaults, "objectives": list(DEFAULT_OBJECTIVES), "budget": {}, **values})
