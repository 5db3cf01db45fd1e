"""Published architectures of a kind of space, under each of its well-known settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from nas import registry
from nas.core.errors import NasError
from nas.core.space import Space


@dataclass(frozen=True, slots=True)
class PublishedUnder:
    """`setting` is the name of well-known settings, "" for the defaults; `names` those of the architectures."""

    setting: str
    names: tuple[str, ...]


@lru_cache(maxsize=128)
def published_under(kind_name: str) -> tuple[PublishedUnder, ...]:
    """The defaults first; settings without published architectures are left out."""
    found = []
    for setting in ("", *registry.spaces.get(kind_name).Config.presets):
        space = space_under(kind_name, setting)
        names = tuple(preset.name for preset in space.presets()) if space else ()
        if names:
            found.append(PublishedUnder(setting, names))
    return tuple(found)


def space_under(kind_name: str, setting: str) -> Space | None:
    """The space with these well-known settings; None when they cannot stand alone."""
    kind = registry.spaces.get(kind_name)
    try:
        return kind(kind.Config.parse(kind.Config.presets[setting] if setting else None))
    except NasError:
        return None
