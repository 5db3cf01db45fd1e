"""The life of an uploaded data set: created, checked by a worker, deleted."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.artifacts.services import artifact_store
from apps.datasets.errors import StillInUse
from apps.datasets.models import DataSet, UploadState
from apps.datasets.samples import samples_of
from apps.datasets.services.enqueue import enqueue_check
from apps.datasets.services.raw_files import checked_name, raw_files_store, raw_paths
from apps.runs.states import RUN_ENDED
from nas.core.errors import InvalidData
from nas.problems.datasets.isolated import parse_isolated
from nas.problems.datasets.limits import Limits

logger = logging.getLogger(__name__)

CHECK_TASK = "tasks.dataset_check"


def dataset_create(
    *, team: Team, by: User | None, name: str, files: Mapping[str, UploadedFile[Any]], description: str = ""
) -> DataSet:
    """Keep the files and have a worker check them. Raises UploadRefused for what can be seen without reading them."""
    name = checked_name(name)
    described, artifacts = raw_files_store(files)
    with transaction.atomic():
        dataset = DataSet.objects.create(team=team, created_by=by, name=name, description=description, files=described)
        dataset.raw_files.set(artifacts)
        enqueue_check(CHECK_TASK, dataset_id=dataset.pk)
    return dataset


def dataset_check(*, dataset_id: int) -> None:
    """Read the files in a process of their own; the data set is then ready, or refused with the reason.

    Done twice, or by two workers at once, the first answer stays.
    """
    dataset = DataSet.objects.filter(pk=dataset_id, state=UploadState.CHECKING).first()
    if dataset is None:
        return
    limits = replace(Limits(), file_bytes=settings.NASWEB_UPLOAD_LIMIT_BYTES)
    with tempfile.TemporaryDirectory(prefix="nasweb-check-") as folder:
        target = Path(folder) / "dataset.npz"
        try:
            paths = raw_paths(dataset.files, list(dataset.raw_files.all()))
            # Not by its name: the same data under two names is one file.
            upload = parse_isolated(paths, target, name="upload", limits=limits)
        except InvalidData as error:
            _close(dataset, state=UploadState.REFUSED, error=str(error))
            return
        read = upload.dataset
        counts = np.bincount(read.labels, minlength=read.num_classes)
        channels, height, width = read.input_shape
        _close(
            dataset,
            state=UploadState.READY,
            artifact=artifact_store(content=target, kind="dataset"),
            format=upload.format,
            fingerprint=read.fingerprint,
            num_examples=len(read.labels),
            channels=channels,
            height=height,
            width=width,
            num_classes=read.num_classes,
            class_names=list(read.class_names),
            class_counts=[int(count) for count in counts],
            has_fixed_split=read.split is not None,
            preview={"samples": samples_of(read)},
        )


def _close(dataset: DataSet, **values: object) -> None:
    with transaction.atomic():
        won = DataSet.objects.filter(pk=dataset.pk, state=UploadState.CHECKING).update(**values)
        if won:
            dataset.raw_files.clear()  # the stored form replaces them; the sweep removes the bytes
    logger.info("data set %s checked: %s", dataset.pk, values["state"] if won else "already answered")


def dataset_delete(*, dataset: DataSet, by: User) -> None:
    """Remove a data set. Runs that ended keep their results and their record. Raises StillInUse while others go on."""
    with transaction.atomic():
        open_runs = dataset.runs.exclude(state__in=RUN_ENDED).count()
        if open_runs:
            raise StillInUse(
                _("Runs that have not ended use this data set. Stop or cancel them first, then delete it.")
            )
        dataset.delete()
    logger.info("data set %s deleted by user %s", dataset.pk, by.pk)
