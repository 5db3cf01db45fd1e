"""Asking for a table of a device."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.datasets.services.raw_files import checked_name
from apps.latency.models import LatencyState, LatencyTable
from apps.workers.leased import call_workers
from apps.workers.models import LEASED_OPEN, LEASED_STOPPED, Worker
from nas.core.errors import InvalidConfig
from nas.core.graph import Shape
from nas.core.space import Space
from nas.hardware.measure_table import MeasureConfig
from nas.hardware.network_pieces import pieces_of

TASK = "tasks.latency_measure"
MOST_OPEN = 10
"""Tables of one person that are not measured yet."""
MOST_CALLS = 8


def latency_request(
    *,
    team: Team,
    by: User,
    name: str,
    space: Space,
    input_shape: Shape,
    num_classes: int,
    device: Worker,
    settings: Mapping[str, Any],
    now: datetime,
) -> LatencyTable:
    """A table that waits for its device to be measured on.

    Args:
      device: a worker that has it.
      settings: of a MeasureConfig.

    Raises InvalidConfig, InvalidGenotype at the field that is wrong, UploadRefused for the name.
    """
    config = MeasureConfig.parse(settings, prefix="measure.")
    rng = np.random.Generator(np.random.PCG64(config.seed))
    pieces_of(space, space.sample(rng), input_shape, num_classes)  # says what cannot be measured before a worker tries
    _refuse_too_many(by)
    with transaction.atomic():
        table = LatencyTable.objects.create(
            team=team,
            created_by=by,
            name=checked_name(name),
            space_name=space.name,
            space_config=space.config.as_json(),
            input_shape=list(input_shape),
            num_classes=num_classes,
            settings=config.as_json(),
            queue=device.queue,
            host=device.host,
            device_name=device.device_name or device.device,
            asked_at=now,
        )
        latency_wake(table)
    return table


def latency_go_on(*, table: LatencyTable, by: User, now: datetime) -> bool:
    """Measure on where it stopped; False when it is not stopped (any more). Raises InvalidConfig."""
    _refuse_too_many(by)
    with transaction.atomic():
        stopped = LatencyTable.objects.filter(pk=table.pk, state__in=LEASED_STOPPED, is_imported=False)
        if not stopped.update(
            state=LatencyState.QUEUED, num_lost=0, reason="", detail="", finished_at=None, asked_at=now
        ):
            return False
        latency_wake(table)
    return True


def _refuse_too_many(by: User) -> None:
    if LatencyTable.objects.filter(created_by=by, state__in=LEASED_OPEN).count() >= MOST_OPEN:
        message = _("%(n)d of your tables wait already; ask again when some of them are ready.")
        raise InvalidConfig.at("", message % {"n": MOST_OPEN})


def latency_wake(table: LatencyTable) -> None:
    """Call the workers of its queue: whoever has the device takes it."""
    there = Worker.objects.filter(queue=table.queue, stopped_at__isnull=True).count()
    call_workers(TASK, table.pk, queue=table.queue, calls=max(1, min(MOST_CALLS, there)))
