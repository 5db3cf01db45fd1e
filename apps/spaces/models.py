"""Search spaces that teams saved under a name."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import TeamOwned


class SavedSpace(TeamOwned):
    """A registered space with a configuration; `fingerprint` is nas.core.space.space_fingerprint."""

    name = models.CharField(_("name"), max_length=300)
    space_name = models.CharField(max_length=60)
    config = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=16)

    def __str__(self) -> str:
        return self.name
