"""Where the engine finds what people uploaded: data sets and benchmark tables by reference.

A reference is an id as text ("17"), or the name of something bundled ("digits"). Libraries do not decide who may use
what: `references` (selectors) offers a person only what they may see, and a run keeps what it began with.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from apps.artifacts.models import Artifact
from apps.artifacts.selectors import artifact_path
from apps.datasets.models import BenchmarkTable as TableRow
from apps.datasets.models import DataSet, UploadState
from apps.latency.library import load_latency
from apps.runs.supernets import supernet_of
from nas.core.errors import UnknownName
from nas.core.estimator import BenchmarkTable
from nas.core.problem import Dataset
from nas.core.supernet import StoredSupernet
from nas.estimators.tables import read_table
from nas.hardware.latency_table import LatencyTable
from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.datasets.stored import read_dataset

T = TypeVar("T")


class _Recent(Generic[T]):
    """The few things read last, by the fingerprint of their content; shared by the threads of a process."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[str, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key]
        made = make()
        with self._lock:
            self._items[key] = made
            while len(self._items) > self._size:
                self._items.popitem(last=False)
        return made


_datasets: _Recent[Dataset] = _Recent(16)  # images are memory-mapped: an entry costs its labels
_tables: _Recent[BenchmarkTable] = _Recent(4)


class PlatformDataLibrary:
    """Bundled data sets by name, uploaded ones by id."""

    def __init__(self) -> None:
        self._bundled = BundledLibrary()

    def load(self, reference: str) -> Dataset:
        """Raises UnknownName when there is no such data set, or it is not ready."""
        if reference in self._bundled.names():
            return self._bundled.load(reference)
        row = DataSet.objects.filter(pk=_id(reference), state=UploadState.READY).select_related("artifact").first()
        if row is None or row.artifact is None:
            raise UnknownName(f"there is no data set {reference!r:.60}; choose one from the list")
        artifact = row.artifact
        return _datasets.get(artifact.sha256, lambda: read_dataset(artifact_path(artifact)))


class PlatformTableLibrary:
    """Imported benchmark tables, latency tables, and supernets that runs left behind, by id."""

    def __init__(self, supernet: Artifact | None = None) -> None:
        """`supernet`: the weights that a run began with, whatever its reference names by now."""
        self._supernet = supernet

    def load_supernet(self, reference: str) -> StoredSupernet:
        """Raises UnknownName when there is no such supernet, InvalidData when it cannot be read."""
        return supernet_of(reference, self._supernet)

    def load_latency(self, reference: str) -> LatencyTable:
        """Raises UnknownName when there is no such table, or it is not ready."""
        return load_latency(reference)

    def load_table(self, reference: str) -> BenchmarkTable:
        """Raises UnknownName when there is no such table, or it is not ready."""
        row = TableRow.objects.filter(pk=_id(reference), state=UploadState.READY).select_related("artifact").first()
        if row is None or row.artifact is None:
            raise UnknownName(f"there is no benchmark table {reference!r:.60}; choose one from the list")
        artifact = row.artifact
        return _tables.get(artifact.sha256, lambda: read_table(artifact_path(artifact)))


def _id(reference: str) -> int:
    """The id that a reference names; 0 (which no row has) for anything else."""
    return int(reference) if reference.isascii() and reference.isdigit() and len(reference) < 19 else 0
