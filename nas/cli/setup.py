"""From the arguments of `search` to the parts of a search."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from nas.cli.config_file import PLACES, specification_from, specification_from_file
from nas.cli.settings import check_at_least, config_from_text, folder_from_text, overrides_from_texts, settings_help
from nas.core.budget import Budget
from nas.core.errors import FieldError, InvalidConfig, UnknownName
from nas.core.estimator import Estimator
from nas.core.metric import REWARD
from nas.core.objective import Constraint, Objective
from nas.core.registry import Registry
from nas.core.reward import Reward
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.estimators.tables import FolderTableLibrary
from nas.hardware.devices import choose_device, list_devices
from nas.problems.datasets.libraries import BundledLibrary, FolderLibrary
from nas.registry import estimators, problems, spaces, strategies
from nas.specification import BASELINE, Choice

REGISTRIES: dict[str, Registry[Any]] = {
    "space": spaces,
    "problem": problems,
    "strategy": strategies,
    "estimator": estimators,
}
DEVICES = {"any": "auto", "cpu": "cpu", "gpu": "gpu"}
"""What a run's word for its workers means here, where there is one."""


@dataclass(frozen=True)
class Parts:
    """`baseline`: random search for the same, carried out afterwards; None where nobody asked for it."""

    setup: SearchSetup
    strategy: Strategy
    budget: Budget
    device: str
    baseline: Parts | None = None


def parts_from_arguments(given: argparse.Namespace) -> Parts:
    """Options win over the file that `--config` names. Raises InvalidConfig, UnknownName, InvalidData, OSError."""
    overrides = overrides_from_texts(given.set, tuple(PLACES))
    written = specification_from_file(given.config) if given.config else specification_from({})
    kinds: dict[str, Any] = {}
    configs: dict[str, Any] = {}
    for place in PLACES:
        of_file: Choice = getattr(written, place)
        name = getattr(given, place) or of_file.name
        kinds[place] = REGISTRIES[place].get(name)
        configs[place] = config_from_text(
            kinds[place].Config,
            getattr(given, f"{place}_config"),
            place=place,
            overrides=overrides[place],
            otherwise=of_file.config if name == of_file.name else None,
        )
    seed = written.seed if given.seed is None else given.seed
    check_at_least("seed", seed, 0)
    limits = {"trials": given.trials, "wall_seconds": given.wall_seconds}
    budget = written.budget if set(limits.values()) == {None} else Budget.parse(limits, prefix="")
    folder = folder_from_text(given.data) if given.data else None
    tables, data = FolderTableLibrary(folder), FolderLibrary(folder) if folder else BundledLibrary()
    with _faults_of("problem"):
        problem = kinds["problem"](configs["problem"], data)
    with _faults_of("estimator"):
        estimator = kinds["estimator"](configs["estimator"], tables)
    objectives = tuple(Objective.from_text(text) for text in given.objective or ()) or written.objectives
    constraints = tuple(Constraint.from_text(text) for text in given.constraint) or written.constraints
    setup = SearchSetup(
        space=kinds["space"](configs["space"]),
        problem=problem,
        estimator=estimator,
        objectives=objectives,
        constraints=constraints,
        run_seed=seed,
        reward=_reward(given.reward, written.reward, {o.metric for o in objectives} | {c.metric for c in constraints}),
        latency=tables,
    )
    device = device_from_text(given.device or DEVICES[written.device], estimator)
    strategy = kinds["strategy"](configs["strategy"], setup)
    wants_baseline = written.baseline if given.baseline is None else given.baseline
    baseline = _baseline(setup, budget, device) if wants_baseline else None
    return Parts(setup, strategy, budget, device, baseline)


def _baseline(setup: SearchSetup, budget: Budget, device: str) -> Parts:
    """Seeded as the baseline of a run with one seed is: as the replica behind it."""
    kind = REGISTRIES["strategy"].get(BASELINE)
    beside = replace(setup, replica=setup.replica + 1)
    return Parts(beside, kind(kind.Config(), beside), budget, device)


def _reward(text: str | None, of_file: Reward | None, named: set[str]) -> Reward | None:
    """That of the file is of no use once other objectives took the place of the file's."""
    if text is None:
        return of_file if REWARD in named else None
    with _faults_of("reward"):
        return Reward.from_text(text)


@contextmanager
def _faults_of(place: str) -> Iterator[None]:
    """Errors that name a setting name the part it belongs to as well."""
    try:
        yield
    except InvalidConfig as error:
        raise InvalidConfig(FieldError(f"{place}.{e.field}".rstrip("."), e.message) for e in error.errors) from None


def device_from_text(text: str, estimator: Estimator) -> str:
    """`auto` is the best there is, where the estimator computes at all. Raises InvalidConfig for one that is not here."""
    if text == "cpu" or estimator.is_simulated:
        return "cpu"
    there_are = [device.id for device in list_devices()]
    if text == "gpu":
        text = next((device for device in there_are if device != "cpu"), text)
    if text not in ("auto", *there_are):
        raise InvalidConfig.at("device", f"expected auto, {', '.join(there_are)}, got {text!r:.60}")
    return choose_device(text)


def settings_of_chosen(arguments: Sequence[str]) -> str:
    """Help for the settings of the parts that the arguments name, from their declarations."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    for place in PLACES:
        parser.add_argument(f"--{place}", default=None)
    parser.add_argument("--config", default=None)
    try:
        chosen, _ = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError:
        chosen = parser.parse_args([])
    try:
        written = specification_from_file(chosen.config) if chosen.config else specification_from({})
    except (InvalidConfig, OSError):  # told when the search is asked for
        written = specification_from({})
    lines = []
    for place in PLACES:
        name = getattr(chosen, place) or getattr(written, place).name
        try:
            kind = REGISTRIES[place].get(name)
        except UnknownName as error:
            lines.append(f"{place}: {error}")
            continue
        lines += [f"settings of the {place} {name}:", *settings_help(place, kind.Config)]
    return "\n".join(lines)
