"""Small files as people upload them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import Team, User
from apps.datasets.models import DataSet
from apps.datasets.services import dataset_check, dataset_create

Upload = Callable[..., DataSet]


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def idx(values: Any) -> bytes:
    array = np.asarray(values, dtype=np.uint8)
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def pictures(count: int = 40, side: int = 6, channels: int = 1) -> tuple[Any, Any]:
    """Images (count, side, side, channels) of two classes in turn, and their labels."""
    rng = np.random.Generator(np.random.PCG64(5))
    return rng.integers(0, 256, (count, side, side, channels), np.uint8), np.arange(count) % 2


def good_npz() -> bytes:
    images, labels = pictures()
    return npz(x=images, y=labels)


def uploaded(content: bytes, name: str = "data.npz") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture
def browser(as_user: Callable[[User | None], Client], member: User) -> Client:
    return as_user(member)


@pytest.fixture
def upload(team: Team, member: User) -> Upload:
    """A data set of `team`, checked as the worker would check it."""

    def make(name: str = "Ours", **files: bytes) -> DataSet:
        given = {shown: uploaded(content, shown) for shown, content in (files or {"data.npz": good_npz()}).items()}
        dataset = dataset_create(team=team, by=member, name=name, files=given)
        dataset_check(dataset_id=dataset.pk)
        dataset.refresh_from_db()
        return dataset

    return make
