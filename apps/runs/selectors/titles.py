"""What a run was put together from, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from nas.core.errors import UnknownName
from nas.core.registry import Registry


def registered_title(of: Registry[Any], name: str) -> str:
    """Of something that is registered no more, its name."""
    try:
        return _(of.get(name).title)
    except UnknownName:
        return name.replace("_", " ")
