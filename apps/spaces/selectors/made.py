"""From a name and settings to the space they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nas import registry
from nas.core.errors import InvalidConfig
from nas.core.space import Space


def space_made(*, name: str, config: Mapping[str, Any], place: str = "space") -> Space:
    """Raises InvalidConfig; its fields begin with `place`."""
    if name not in registry.spaces:
        there_are = ", ".join(registry.spaces)
        raise InvalidConfig.at(f"{place}.name", f"there is no space {name!r:.60}; there are {there_are}")
    kind = registry.spaces.get(name)
    return kind(kind.Config.parse(dict(config), prefix=f"{place}.config."))
