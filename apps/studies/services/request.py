"""Asking for a study, and for its going on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.runs.models import Trial
from apps.runs.states import TRIAL_OK
from apps.studies.models import Study, StudyState
from apps.studies.selectors.offers import trial_offers
from apps.workers.leased import call_workers
from apps.workers.models import LEASED_OPEN, LEASED_STOPPED, Worker
from nas import registry
from nas.core.errors import InvalidConfig, UnknownName

logger = logging.getLogger(__name__)

TASK = "tasks.study_carry_out"
MOST_OPEN = 10
"""Studies of one person that have not ended."""
LARGEST_SEED = 2**32 - 1


def study_start(
    *, trial: Trial, by: User, kind: str, settings: Mapping[str, Any], seed: int, now: datetime, prefix: str = "config."
) -> Study:
    """A study that waits for a worker; the same one when the very same is under way already.

    Args:
      trial: with its run, replica and proposal.
      settings: of the study's Config; what is left out has its default.
      prefix: of the fields of the settings in errors.

    Raises InvalidConfig at "kind", "trial", "seed" or a field of the settings.
    """
    try:
        chosen = registry.studies.get(kind)
    except UnknownName as error:
        raise InvalidConfig.at("kind", str(error)) from None
    config = chosen.Config.parse(settings, prefix=prefix)
    if not 0 <= seed <= LARGEST_SEED:
        raise InvalidConfig.at("seed", _("must be from 0 to %(n)d") % {"n": LARGEST_SEED})
    _refuse_what_cannot_be(trial, chosen.name)
    same = {"trial": trial, "kind": chosen.name, "config": config.as_json(), "seed": seed, "version": chosen.version}
    with transaction.atomic():
        under_way = Study.objects.filter(**same, state__in=LEASED_OPEN).first()
        if under_way is not None:
            return under_way
        _refuse_too_many(by)
        study = Study.objects.create(**same, run=trial.run, requested_by=by, asked_at=now)
        study_wake(study)
    logger.info("study %s (%s) of trial %s asked for by user %s", study.pk, kind, trial.pk, by.pk)
    return study


def study_go_on(*, study: Study, by: User, now: datetime) -> bool:
    """Go on where it stopped; False when it is not stopped (any more). Raises InvalidConfig."""
    _refuse_too_many(by)
    with transaction.atomic():
        stopped = Study.objects.filter(pk=study.pk, state__in=LEASED_STOPPED)
        if not stopped.update(
            state=StudyState.QUEUED, num_lost=0, reason="", detail="", finished_at=None, asked_at=now
        ):
            return False
        study_wake(study)
    return True


def study_wake(study: Study) -> None:
    """Call a worker of each kind that may take it, where one lives: calls to others would pile up."""
    device = study.run.device
    alive = Worker.objects.filter(stopped_at__isnull=True).values_list("queue", flat=True).distinct()
    for queue in {"cpu", "gpu"}.intersection(alive) if device == "any" else {device}:
        call_workers(TASK, study.pk, queue=queue)


def _refuse_what_cannot_be(trial: Trial, kind: str) -> None:
    if trial.state not in TRIAL_OK:
        raise InvalidConfig.at(
            "trial", _("Choose a trial that was completed; this one has no result to look closer at.")
        )
    offer = next((each for each in trial_offers(trial) if each.name == kind), None)
    if offer is None:
        raise InvalidConfig.at("kind", _("This study is about another kind of architecture than those of this run."))
    if offer.refusal:
        raise InvalidConfig.at("kind", offer.refusal)


def _refuse_too_many(by: User) -> None:
    if Study.objects.filter(requested_by=by, state__in=LEASED_OPEN).count() >= MOST_OPEN:
        message = _("%(n)d of your studies wait or are under way; ask again when some of them have ended.")
        raise InvalidConfig.at("", message % {"n": MOST_OPEN})
