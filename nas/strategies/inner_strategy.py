"""Which strategies may propose what a scheduler of fidelity trains, and how a setting names one: "random", "aging_evolution:paper"."""

from __future__ import annotations

from typing import Any

from nas import registry
from nas.core.errors import UnknownName
from nas.core.setup import SearchSetup
from nas.core.strategy import AskTell


def inner_choices() -> tuple[tuple[str, str], ...]:
    """(value, label) of everything `make_inner` takes: each strategy with its defaults, then with each of its presets."""
    found = []
    for name in registry.strategies:
        kind: Any = registry.strategies.get(name)
        if _can_be_inner(kind):
            found.append((name, kind.title))
            presets = [preset for preset in kind.Config.presets if not _plans_trainings(kind, preset)]
            found += [(f"{name}:{preset}", f"{kind.title}: {preset}") for preset in presets]
    return tuple(found)


def check_inner(text: str) -> str:
    """`text` when it names a strategy that can be inside. Raises ValueError with what would be right."""
    _resolved(text)
    return text


def make_inner(text: str, setup: SearchSetup) -> AskTell:
    """The strategy that `text` names. Raises InvalidConfig when the space lacks what it needs."""
    kind, settings = _resolved(text)
    inner: AskTell = kind(kind.Config.parse(settings), setup)
    return inner


def _resolved(text: str) -> tuple[type[AskTell], dict[str, Any]]:
    name, _, preset = text.partition(":")
    try:
        kind: Any = registry.strategies.get(name)
    except UnknownName as error:
        raise ValueError(str(error)) from None
    if not _can_be_inner(kind):
        there = ", ".join(value for value, _label in inner_choices())
        raise ValueError(f"{kind.title} cannot propose for another strategy; there are {there}")
    if preset and preset not in kind.Config.presets:
        there = ", ".join(kind.Config.presets) or "none"
        raise ValueError(f"{kind.title} has no preset {preset!r:.60}; there are: {there}")
    if preset and _plans_trainings(kind, preset):
        raise ValueError(f"{kind.title} with the preset {preset} plans trainings itself; choose another one")
    return kind, dict(kind.Config.presets[preset]) if preset else {}


def _can_be_inner(kind: Any) -> bool:
    """Those that propose one architecture at a time and leave it to others how long it is trained."""
    return issubclass(kind, AskTell) and not hasattr(kind.Config, "make_inner")


def _plans_trainings(kind: Any, preset: str) -> bool:
    """Whether it says with that preset how long each architecture is trained."""
    return bool(getattr(kind.Config.parse(kind.Config.presets[preset]), "plans_fidelity", False))
