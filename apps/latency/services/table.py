"""Importing, cancelling and deleting tables."""

from __future__ import annotations

import io
import logging
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.datasets.errors import StillInUse, UploadRefused
from apps.datasets.services.raw_files import checked_name
from apps.latency.models import LatencyState, LatencyTable
from apps.latency.services.work import LATENCY_TABLES, content_digest
from apps.runs.states import RUN_ENDED
from nas.core.errors import InvalidData
from nas.hardware.latency_csv import MOST_BYTES, read_file, table_from

logger = logging.getLogger(__name__)


def latency_import(
    *,
    team: Team,
    by: User,
    name: str,
    file: UploadedFile[Any],
    device: str,
    column: str,
    unit: str,
    source: str,
    now: datetime,
) -> LatencyTable:
    """A table from a CSV file; see nas.hardware.latency_csv for `device`, `column`, `unit`. Raises UploadRefused."""
    name = checked_name(name)
    if (file.size or 0) > MOST_BYTES:
        raise UploadRefused("files", _("At most %(n)d MB are possible.") % {"n": MOST_BYTES // 1_000_000})
    try:
        read = table_from(
            read_file(io.BytesIO(file.read())), name=name, device=device, column=column, unit=unit, source=source
        )
    except InvalidData as error:
        raise UploadRefused("files", str(error)) from None
    content = read.as_json()
    table = LatencyTable.objects.create(
        team=team,
        created_by=by,
        name=name,
        state=LatencyState.READY,
        is_imported=True,
        device_name=read.fingerprint.device,
        content=content,
        num_rows=len(read.rows),
        digest=content_digest(content),
        asked_at=now,
        finished_at=now,
    )
    logger.info("latency table %s imported by user %s", table.pk, by.pk)
    return table


def latency_cancel(*, table: LatencyTable, now: datetime) -> bool:
    """End measuring; what was measured is kept, to go on from. False when it had ended already."""
    return LATENCY_TABLES.cancel(table, now=now)


def latency_delete(*, table: LatencyTable, by: User) -> None:
    """Remove a table, measured or not. Runs that ended keep their results. Raises StillInUse while others go on."""
    with transaction.atomic():
        if table.runs.exclude(state__in=RUN_ENDED).exists():
            raise StillInUse(
                _("Runs that have not ended use this latency table. Stop or cancel them first, then delete it.")
            )
        table.delete()
    logger.info("latency table %s deleted by user %s", table.pk, by.pk)
