"""From the arguments of `search` to the parts of a search."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nas.cli.settings import config_from_text, folder_from_text, overrides_from_texts, settings_help
from nas.core.budget import Budget
from nas.core.errors import FieldError, InvalidConfig, UnknownName
from nas.core.estimator import Estimator
from nas.core.objective import Constraint, Objective
from nas.core.registry import Registry
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.estimators.tables import FolderTableLibrary
from nas.hardware.devices import choose_device, list_devices
from nas.problems.datasets.libraries import BundledLibrary, FolderLibrary
from nas.registry import estimators, problems, spaces, strategies

PLACES = {
    "space": "nasbench201",
    "problem": "image_classification",
    "strategy": "aging_evolution",
    "estimator": "train",
}
"""The parts of a search and which is taken when none is named."""

REGISTRIES: dict[str, Registry[Any]] = {
    "space": spaces,
    "problem": problems,
    "strategy": strategies,
    "estimator": estimators,
}
DEFAULT_OBJECTIVES = ("accuracy", "macs")


@dataclass(frozen=True)
class Parts:
    setup: SearchSetup
    strategy: Strategy
    budget: Budget
    device: str


def parts_from_arguments(given: argparse.Namespace) -> Parts:
    """Raises InvalidConfig, UnknownName, InvalidData."""
    overrides = overrides_from_texts(given.set, tuple(PLACES))
    kinds = {place: REGISTRIES[place].get(getattr(given, place)) for place in PLACES}
    configs = {
        place: config_from_text(kind.Config, getattr(given, f"{place}_config"), place=place, overrides=overrides[place])
        for place, kind in kinds.items()
    }
    if given.seed < 0:
        raise InvalidConfig.at("seed", f"must be at least 0, got {given.seed}")
    limits = {"trials": given.trials, "wall_seconds": given.wall_seconds}
    if given.trials is None and given.wall_seconds is None:
        limits = {}  # the declared default
    budget = Budget.parse(limits, prefix="")
    folder = folder_from_text(given.data) if given.data else None
    tables, data = (FolderTableLibrary(folder), FolderLibrary(folder)) if folder else (None, BundledLibrary())
    with _faults_of("problem"):
        problem = kinds["problem"](configs["problem"], data)
    with _faults_of("estimator"):
        estimator = kinds["estimator"](configs["estimator"], tables)
    setup = SearchSetup(
        space=kinds["space"](configs["space"]),
        problem=problem,
        estimator=estimator,
        objectives=tuple(Objective.from_text(text) for text in given.objective or DEFAULT_OBJECTIVES),
        constraints=tuple(Constraint.from_text(text) for text in given.constraint),
        run_seed=given.seed,
    )
    device = device_from_text(given.device, estimator)
    return Parts(setup, kinds["strategy"](configs["strategy"], setup), budget, device)


@contextmanager
def _faults_of(place: str) -> Iterator[None]:
    """Errors that name a setting name the part it belongs to as well."""
    try:
        yield
    except InvalidConfig as error:
        raise InvalidConfig(FieldError(f"{place}.{e.field}", e.message) for e in error.errors) from None


def device_from_text(text: str, estimator: Estimator) -> str:
    """`auto` is the best there is, where the estimator computes at all. Raises InvalidConfig for one that is not here."""
    if text == "cpu" or estimator.is_simulated:
        return "cpu"
    there_are = [device.id for device in list_devices()]
    if text not in ("auto", *there_are):
        raise InvalidConfig.at("device", f"expected auto, {', '.join(there_are)}, got {text!r:.60}")
    return choose_device(text)


def settings_of_chosen(arguments: Sequence[str]) -> str:
    """Help for the settings of the parts that the arguments name, from their declarations."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    for place, default in PLACES.items():
        parser.add_argument(f"--{place}", default=default)
    try:
        chosen, _ = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError:
        chosen = parser.parse_args([])
    lines = []
    for place in PLACES:
        name = getattr(chosen, place)
        try:
            kind = REGISTRIES[place].get(name)
        except UnknownName as error:
            lines.append(f"{place}: {error}")
            continue
        lines += [f"settings of the {place} {name}:", *settings_help(place, kind.Config)]
    return "\n".join(lines)
