"""The space as it is searched in: same cells, in a network of another width and depth than those trained in the end."""

from __future__ import annotations

from typing import Any

from nas.core.errors import InvalidConfig
from nas.core.space import Space

_WIDTH = ("filters", "width")
_DEPTH = ("cells", "cells_per_stage")
"""How spaces of cells call them."""


def searched_space(space: Space, filters: int | None, cells: int | None) -> Space:
    """`space` itself where both are None. Raises InvalidConfig at "search_filters" or "search_cells"."""
    changes: dict[str, Any] = {}
    for field, value, names in (("search_filters", filters, _WIDTH), ("search_cells", cells, _DEPTH)):
        if value is None:
            continue
        name = next((name for name in names if name in type(space.config).model_fields), None)
        if name is None:
            raise InvalidConfig.at(field, f"the networks of {space.title} have no such size; leave it empty")
        try:
            type(space.config).parse({**space.config.as_json(), name: value})
        except InvalidConfig as error:
            raise InvalidConfig.at(field, error.errors[0].message) from None
        changes[name] = value
    if not changes:
        return space
    return type(space)(type(space.config).parse({**space.config.as_json(), **changes}))
