"""Imported benchmark tables as files: a compressed archive of arrays and one JSON text, nothing that could run."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from nas.core.errors import InvalidData, UnknownName
from nas.core.estimator import BenchmarkTable, ColumnRole, TableColumn
from nas.core.supernet import StoredSupernet
from nas.hardware.latency_files import load_latency_file
from nas.hardware.latency_table import LatencyTable
from nas.supernets.stored import supernet_from_file

_VERSION = 1
_SUFFIX = ".table"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a real date would change the bytes of an unchanged table


def write_table(table: BenchmarkTable, path: Path) -> None:
    """Store `table`; the same table always gives the same bytes."""
    meta = {
        "version": _VERSION,
        "name": table.name,
        "space": table.space,
        "source": table.source,
        "licence": table.licence,
        "fingerprint": table.fingerprint,
        "rows": list(table.rows),
        "canonical_rows": table.canonical_rows,
        "columns": [
            {"name": name, "role": column.role.value, "part": column.part, "epochs": column.epochs}
            for name, column in table.columns.items()
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with zipfile.ZipFile(draft, "w") as archive:
        archive.writestr(_member("meta.json"), json.dumps(meta, ensure_ascii=False))
        for number, column in enumerate(table.columns.values()):
            with archive.open(_member(f"{number}.npy"), "w") as member:
                npy.write_array(member, column.values, allow_pickle=False)
    draft.replace(path)


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def read_table(path: Path) -> BenchmarkTable:
    """A stored table. Raises InvalidData when the file is damaged or was not written by `write_table`."""
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read("meta.json"))
            if meta["version"] != _VERSION:
                raise InvalidData(f"The stored table has version {meta['version']}; this program reads {_VERSION}.")
            columns = {}
            for number, column in enumerate(meta["columns"]):
                with archive.open(f"{number}.npy") as member:
                    values = npy.read_array(member, allow_pickle=False).astype(np.float64)
                columns[column["name"]] = TableColumn(
                    ColumnRole(column["role"]), values, column["part"], column["epochs"]
                )
        return BenchmarkTable(
            name=meta["name"],
            space=meta["space"],
            rows={text: number for number, text in enumerate(meta["rows"])},
            canonical_rows=meta["canonical_rows"],
            columns=columns,
            source=meta["source"],
            licence=meta["licence"],
            fingerprint=meta["fingerprint"],
        )
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError) as error:
        raise InvalidData(f"The stored table cannot be read ({error!s:.120}). Import it again.") from None


class FolderTableLibrary:
    """Every `<reference>.table` that `write_table` left in a folder; each is read once per process and change.

    Without a folder there are no benchmark tables. Latency tables and supernets are files by their own path, wherever they lie.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._loaded: dict[str, tuple[int, BenchmarkTable]] = {}

    def names(self) -> tuple[str, ...]:
        if self._root is None:
            return ()
        return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in self._root.glob(f"*{_SUFFIX}")))

    def load_table(self, reference: str) -> BenchmarkTable:
        if self._root is None:
            raise UnknownName("there is no library of benchmark tables here; import a table first")
        # A reference is an id, never a path: nothing that could lead out of the folder is looked up.
        path = self._root / f"{reference}{_SUFFIX}"
        if not re.fullmatch(r"[\w-][\w.-]{0,199}", reference) or not path.is_file():
            there = ", ".join(self.names()) or "none yet; import one first"
            raise UnknownName(f"there is no benchmark table {reference!r:.60}; there are: {there:.400}")
        changed = path.stat().st_mtime_ns
        if reference not in self._loaded or self._loaded[reference][0] != changed:
            self._loaded[reference] = (changed, read_table(path))
        return self._loaded[reference][1]

    def load_latency(self, reference: str) -> LatencyTable:
        """Raises as `load_latency_file`."""
        return load_latency_file(reference)

    def load_supernet(self, reference: str) -> StoredSupernet:
        """Raises as `supernet_from_file`."""
        return supernet_from_file(reference)
