"""The life of a benchmark table: uploaded, its columns confirmed by a person, read by a worker, deleted."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.artifacts.services import artifact_store
from apps.datasets.errors import StillInUse, UploadRefused
from apps.datasets.models import BenchmarkTable, UploadState
from apps.datasets.services.enqueue import enqueue_check
from apps.datasets.services.raw_files import checked_name, raw_files_store, raw_paths
from apps.runs.states import RUN_ENDED
from nas import registry
from nas.core.errors import InvalidData
from nas.estimators.table_import import TableDescription, import_table
from nas.estimators.tables import write_table

logger = logging.getLogger(__name__)

CHECK_TASK = "tasks.table_check"


def table_create(
    *,
    team: Team,
    by: User | None,
    name: str,
    file: UploadedFile[Any],
    space_name: str,
    source: str,
    licence: str,
    is_to_be_described: bool = False,
) -> BenchmarkTable:
    """Keep the file and have a worker read it. Raises UploadRefused.

    Args:
      is_to_be_described: wait until `table_describe` says what the columns are, instead of guessing from their names.
    """
    name = checked_name(name)
    if space_name not in registry.spaces:
        raise UploadRefused("space_name", _("Choose one of the search spaces."))
    settings = {} if is_to_be_described else _settings({}, name=name, source=source, licence=licence)
    described, artifacts = raw_files_store({file.name or "table.csv": file})
    with transaction.atomic():
        table = BenchmarkTable.objects.create(
            team=team,
            created_by=by,
            name=name,
            state=UploadState.DESCRIBING if is_to_be_described else UploadState.CHECKING,
            space_name=space_name,
            import_settings=settings,
            files=described,
            source=source,
            licence=licence,
        )
        table.raw_files.set(artifacts)
        if not is_to_be_described:
            enqueue_check(CHECK_TASK, table_id=table.pk)
    return table


def table_describe(*, table: BenchmarkTable, description: Mapping[str, Any]) -> None:
    """Say what the columns are, and have a worker read the file.

    Args:
      description: architecture_column, encoding, columns of a TableDescription; name, source and licence are known.

    Raises InvalidConfig at the fields of the description. A table that was described already is left as it is.
    """
    settings = _settings(description, name=table.name, source=table.source, licence=table.licence)
    with transaction.atomic():
        waiting = BenchmarkTable.objects.filter(pk=table.pk, state=UploadState.DESCRIBING)
        if waiting.update(state=UploadState.CHECKING, import_settings=settings):
            enqueue_check(CHECK_TASK, table_id=table.pk)


def _settings(description: Mapping[str, Any], *, name: str, source: str, licence: str) -> dict[str, Any]:
    known = {"name": name[:200], "source": source, "licence": licence}
    return TableDescription.parse({**description, **known}).as_json()


def table_check(*, table_id: int) -> None:
    """Read the file; the table is then ready, or refused with the rows at fault. Done twice, the first answer stays."""
    table = BenchmarkTable.objects.filter(pk=table_id, state=UploadState.CHECKING).first()
    if table is None:
        return
    with tempfile.TemporaryDirectory(prefix="nasweb-check-") as folder:
        target = Path(folder) / "table"
        try:
            (path,) = raw_paths(table.files, list(table.raw_files.all())).values()
            kind = registry.spaces.get(table.space_name)
            read = import_table(path, TableDescription.parse(table.import_settings), kind(kind.Config()))
        except InvalidData as error:
            _close(table, state=UploadState.REFUSED, error=str(error))
            return
        write_table(read, target)
        columns = [
            {"name": name, "role": column.role.value, "part": column.part, "epochs": column.epochs}
            for name, column in read.columns.items()
        ]
        _close(
            table,
            state=UploadState.READY,
            artifact=artifact_store(content=target, kind="table"),
            fingerprint=read.fingerprint,
            num_rows=len(read.rows),
            columns=columns,
        )


def _close(table: BenchmarkTable, **values: object) -> None:
    with transaction.atomic():
        won = BenchmarkTable.objects.filter(pk=table.pk, state=UploadState.CHECKING).update(**values)
        if won:
            table.raw_files.clear()
    logger.info("benchmark table %s checked: %s", table.pk, values["state"] if won else "already answered")


def table_delete(*, table: BenchmarkTable, by: User) -> None:
    """Remove a table. Runs that ended keep their results. Raises StillInUse while others go on."""
    with transaction.atomic():
        if table.runs.exclude(state__in=RUN_ENDED).exists():
            raise StillInUse(
                _("Runs that have not ended use this benchmark table. Stop or cancel them first, then delete it.")
            )
        table.delete()
    logger.info("benchmark table %s deleted by user %s", table.pk, by.pk)
