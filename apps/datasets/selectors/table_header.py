"""A look at the first lines of an uploaded table, so that a person can say what its columns are."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

from apps.datasets.models import BenchmarkTable
from apps.datasets.services.raw_files import raw_paths
from nas.core.errors import InvalidData
from nas.estimators.table_import import ColumnMeaning, guess_meaning

LOOKED_AT_BYTES = 64 * 1024
NUM_ROWS = 3
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class HeaderColumn:
    """A column by its name, some of its cells, and what it probably is (None: not clear)."""

    name: str
    cells: tuple[str, ...]
    guess: ColumnMeaning | None


@dataclass(frozen=True, slots=True)
class TableHeader:
    """`architecture` is the name of the column that probably holds the architectures, "" when none does."""

    columns: tuple[HeaderColumn, ...]
    architecture: str


def table_header(table: BenchmarkTable) -> TableHeader:
    """Reads 64 kB at most, whatever the file unpacks to. Raises InvalidData."""
    (path,) = raw_paths(table.files, list(table.raw_files.all())).values()
    rows = csv.reader(io.StringIO(_beginning(path)))
    try:
        names = next(rows, [])
        cells = [row for row in (next(rows, []) for _row in range(NUM_ROWS)) if len(row) == len(names)]
    except csv.Error as error:
        raise InvalidData(f"The file is not proper CSV: {error}.") from None
    if not any(name.strip() for name in names):
        raise InvalidData("The file is empty. Expected a header line and one line per architecture.")
    columns = tuple(
        HeaderColumn(name, tuple(row[place] for row in cells), guess_meaning(name)) for place, name in enumerate(names)
    )
    words = ("arch_str", "arch", "architecture", "genotype")
    named = next((name for word in words for name in names if name.lower() == word), "")
    return TableHeader(columns=columns, architecture=named)


def _beginning(path: Path) -> str:
    """The first lines as text; a character cut in two at the end is left out."""
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        try:
            head = gzip.GzipFile(fileobj=raw).read(LOOKED_AT_BYTES) if packed else raw.read(LOOKED_AT_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise InvalidData("The file is a damaged or cut-off gzip file. Compress and upload it again.") from None
    if b"\x00" in head:
        raise InvalidData("The file is not text. Expected CSV, plain or gzipped, in UTF-8.")
    return head.decode("utf-8-sig", errors="ignore")
