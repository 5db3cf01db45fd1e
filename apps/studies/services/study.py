"""Cancelling and deleting studies."""

from __future__ import annotations

import logging
from datetime import datetime

from apps.accounts.models import User
from apps.studies.models import Study
from apps.studies.services.work import STUDIES

logger = logging.getLogger(__name__)


def study_cancel(*, study: Study, now: datetime) -> bool:
    """Stop it; what was found is kept, to go on from. False when it had ended already."""
    return STUDIES.cancel(study, now=now)


def study_delete(*, study: Study, by: User) -> None:
    """Remove it with all that it found. A worker that is at it learns so with its next write, and stops."""
    pk, _deleted = study.pk, study.delete()
    logger.info("study %s deleted by user %s", pk, by.pk)
