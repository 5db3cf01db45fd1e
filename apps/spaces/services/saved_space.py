"""Spaces that teams keep under a name."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.spaces.models import SavedSpace
from nas.core.errors import InvalidConfig
from nas.core.space import Space, space_fingerprint

LONGEST_NAME = 300


def saved_space_create(*, team: Team, by: User | None, name: str, space: Space) -> SavedSpace:
    """Keep `space` for `team`. Raises InvalidConfig at "name"."""
    name = name.strip()
    if not name:
        raise InvalidConfig.at("name", _("Give it a name."))
    if len(name) > LONGEST_NAME or "\x00" in name:
        message = _("A name has at most %(limit)d printable characters; this one has %(length)d.")
        raise InvalidConfig.at("name", message % {"limit": LONGEST_NAME, "length": len(name)})
    return SavedSpace.objects.create(
        team=team,
        created_by=by,
        name=name,
        space_name=space.name,
        config=space.config.as_json(),
        fingerprint=space_fingerprint(space),
    )


def saved_space_delete(*, saved: SavedSpace) -> None:
    """Forget it. Runs that began with it keep their own copy of the configuration."""
    saved.delete()
