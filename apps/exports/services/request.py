"""Asking for an export."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

import nas
from apps.accounts.models import User
from apps.architectures.models import Architecture
from apps.exports.errors import ExportRefused
from apps.exports.models import ArchitectureExport, ExportState
from apps.exports.selectors.choices import Choice
from apps.exports.selectors.engine_request import engine_request
from apps.exports.selectors.exports import open_exports_of
from apps.workers.leased import call_workers
from nas.core.graph import Shape

TASK = "tasks.architecture_export"
MOST_OPEN = 20
"""Exports of one person that are not finished yet."""


def export_request(
    *,
    architecture: Architecture,
    by: User,
    formats: Sequence[str],
    choice: Choice,
    now: datetime,
    shape: tuple[Shape, int] | None = None,
) -> ArchitectureExport:
    """The export, waiting or long finished: the same one for the same architecture, input, formats and weights.

    One that had failed is tried again. Whether `by` may see architecture and trial is asked before.

    Args:
      shape: (input shape, number of classes) other than those the trial had; only without trained weights.

    Raises ExportRefused, InvalidConfig, InvalidGenotype at the field that is wrong.
    """
    if shape is not None and choice.checkpoint is not None:
        raise ExportRefused.at("input_shape", _("Trained weights fit the input they were trained on; leave this out."))
    input_shape, num_classes = shape or (choice.input_shape, choice.num_classes)
    wanted = tuple(sorted(set(formats)))
    request = engine_request(architecture, wanted, input_shape, num_classes, seed=choice.seed)
    checkpoint = choice.checkpoint
    values = {
        "architecture": architecture,
        "formats": list(wanted),
        "input_shape": list(request.input_shape),
        "num_classes": request.num_classes,
        "seed": request.seed,
        "trial": choice.trial if checkpoint else None,
        "checkpoint": checkpoint,
    }
    identity = _identity(values, key=architecture.key, weights=checkpoint.sha256 if checkpoint else "")
    known = ArchitectureExport.objects.filter(identity=identity).first()
    if known is None or known.state == ExportState.FAILED:
        _refuse_too_many(by)
    with transaction.atomic():
        export, is_new = ArchitectureExport.objects.get_or_create(
            identity=identity, defaults={**values, "requested_by": by, "used_at": now}
        )
        ArchitectureExport.objects.filter(pk=export.pk).update(used_at=now)
        if is_new or _begun_again(export, by):
            export_wake(export)
    export.refresh_from_db()
    return export


def _begun_again(export: ArchitectureExport, by: User) -> bool:
    return bool(
        ArchitectureExport.objects.filter(pk=export.pk, state=ExportState.FAILED).update(
            state=ExportState.QUEUED, num_lost=0, reason="", detail="", requested_by=by, finished_at=None
        )
    )


def export_retry(*, export: ArchitectureExport, by: User, now: datetime) -> bool:
    """Try a failed export again; False when it is not failed (any more). Raises ExportRefused."""
    _refuse_too_many(by)
    with transaction.atomic():
        ArchitectureExport.objects.filter(pk=export.pk).update(used_at=now)
        if not _begun_again(export, by):
            return False
        export_wake(export)
    return True


def _refuse_too_many(by: User) -> None:
    if open_exports_of(by) >= MOST_OPEN:
        message = _("%(n)d of your exports wait already; ask again when some of them are ready.")
        raise ExportRefused.at("", message % {"n": MOST_OPEN})


def export_wake(export: ArchitectureExport) -> None:
    call_workers(TASK, export.pk, queue="cpu")


def _identity(values: dict[str, object], *, key: str, weights: str) -> str:
    """Another version of the engine writes another file, so it is another export."""
    plain = {name: values[name] for name in ("formats", "input_shape", "num_classes", "seed")}
    trial = getattr(values["trial"], "pk", None)
    text = json.dumps([nas.__version__, key, plain, trial, weights], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
