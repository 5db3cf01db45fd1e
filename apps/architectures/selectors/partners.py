"""Whom an architecture is worth comparing with, as far as its reader may see them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser
from apps.architectures.models import Architecture
from apps.architectures.selectors.drawing import space_of
from apps.architectures.selectors.trials import trials_of
from apps.runs.models import Trial
from apps.runs.selectors.trials import trial_parents

PRESET = "preset:"
"""Begins the name of a preset where otherwise a key stands."""

MOST_TRIALS = 2
MOST_ON_FRONT = 12


@dataclass(frozen=True, slots=True)
class Partner:
    """`name`: what the address of a comparison calls it, a key or "preset:…"."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class PartnerGroup:
    title: str
    partners: tuple[Partner, ...]


def partners_of(architecture: Architecture, user: AnyUser) -> tuple[PartnerGroup, ...]:
    """Parents of its newest trials, the fronts of the newest runs it is in, the presets of its space."""
    trials = list(trials_of(architecture, user)[:MOST_TRIALS])
    found = (
        PartnerGroup(_("Parents"), _parents(architecture, trials)),
        PartnerGroup(_("On the front of the same run"), _front(architecture, trials)),
        PartnerGroup(_("Published architectures of the space"), _presets(architecture)),
    )
    return tuple(group for group in found if group.partners)


def _parents(architecture: Architecture, trials: list[Trial]) -> tuple[Partner, ...]:
    parents = [parent for trial in trials for parent in trial_parents(trial)]
    return _unique(architecture, parents)


def _front(architecture: Architecture, trials: list[Trial]) -> tuple[Partner, ...]:
    if not trials:
        return ()
    on_front = Trial.objects.filter(run=trials[0].run_id, replica__is_baseline=False, on_front=True)
    on_front = on_front.exclude(architecture=architecture)
    return _unique(architecture, list(on_front.select_related("architecture", "replica", "run")[:MOST_ON_FRONT]))


def _unique(architecture: Architecture, trials: list[Trial]) -> tuple[Partner, ...]:
    by_key: dict[str, Partner] = {}
    for trial in trials:
        key = trial.architecture.key
        if key != architecture.key and key not in by_key:
            title = _("Trial %(number)d · %(key)s") % {"number": trial.number, "key": key[:10]}
            by_key[key] = Partner(key, title)
    return tuple(by_key.values())


def _presets(architecture: Architecture) -> tuple[Partner, ...]:
    return tuple(Partner(PRESET + preset.name, preset.title) for preset in space_of(architecture).presets())
