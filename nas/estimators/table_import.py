"""Benchmark tables from CSV: each row checked, with its number in the message."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import field_validator

from nas.core.config import Config, setting
from nas.core.csv_text import csv_text
from nas.core.errors import InvalidData, InvalidGenotype
from nas.core.estimator import BenchmarkTable, ColumnRole, TableColumn, genotype_text
from nas.core.space import Space

MAX_BYTES = 200_000_000  # unpacked
MAX_ROWS = 1_000_000
_MAX_FAULTS = 5


class ColumnMeaning(Config):
    """What one column of the file is."""

    column: str = setting(title="Column", description="Its name in the first line of the file.", min_length=1)
    role: ColumnRole = setting(title="Role", description="What its numbers are.")
    unit: Literal["", "percent", "fraction", "ms", "s"] = setting(
        "", title="Unit", description="The unit in the file; empty for the role's own."
    )
    part: Literal["", "train", "validation", "test"] = setting(
        "", title="Part", description="The part of the data an accuracy or loss was measured on."
    )
    epochs: int | None = setting(
        None, title="Epochs", description="How long the networks were trained.", unit="epochs", ge=1, le=100_000
    )


class TableDescription(Config):
    """How a CSV file is to be read."""

    name: str = setting(title="Name", description="What the table is called.", min_length=1, max_length=200)
    architecture_column: str = setting(
        "arch_str", title="Architecture column", description="Holds the architecture of each row.", min_length=1
    )
    encoding: Literal["nb201-string", "json"] = setting(
        "nb201-string",
        title="Encoding",
        description="How architectures are written: as NAS-Bench-201 strings, or as the space's JSON.",
    )
    columns: tuple[ColumnMeaning, ...] = setting(
        (), title="Columns", description="What the columns are; left out, it is guessed from their names."
    )
    source: str = setting(title="Source", description="Where the numbers come from.", min_length=1, max_length=2000)
    licence: str = setting(title="Licence", description="Under which licence.", min_length=1, max_length=200)

    @field_validator("columns")
    @classmethod
    def _each_once(cls, columns: tuple[ColumnMeaning, ...]) -> tuple[ColumnMeaning, ...]:
        names = [column.column for column in columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each column can be described once; twice: {', '.join(twice):.200}")
        return columns


def guess_meaning(column: str) -> ColumnMeaning | None:
    """What a column probably is by its name ("c10_val_acc_12ep" → accuracy on validation, 12 epochs); None if unclear."""
    name = column.lower()
    words = set(re.split(r"[^a-z]+", name))
    found = re.search(r"(\d+) ?_?ep(ochs?)?(?![a-z])", name)
    epochs = int(found[1]) if found else None
    if words & {"acc", "accuracy"}:
        part: Literal["", "train", "validation", "test"] = ""
        if words & {"val", "valid", "validation"}:
            part = "validation"
        elif "train" in words or "test" in words:
            part = "train" if "train" in words else "test"
        return ColumnMeaning(column=column, role=ColumnRole.ACCURACY, unit="percent", part=part, epochs=epochs)
    if "latency" in words:
        return ColumnMeaning(column=column, role=ColumnRole.LATENCY, unit="s" if "s" in words else "ms")
    if words & {"params", "parameters"}:
        return ColumnMeaning(column=column, role=ColumnRole.PARAMS)
    if words & {"macs", "flops"}:
        return ColumnMeaning(column=column, role=ColumnRole.MACS)
    if "train" in words and words & {"time", "seconds"}:
        return ColumnMeaning(column=column, role=ColumnRole.TRAIN_TIME, unit="s", epochs=epochs)
    return None


def import_table(path: Path, description: TableDescription, space: Space) -> BenchmarkTable:
    """The table in a CSV file, plain or gzipped, in UTF-8, with a header line; empty cells are missing values.

    Raises InvalidData naming up to five faulty rows (the header is row 1).
    """
    rows = csv.reader(io.StringIO(_text(path)), strict=True)
    try:
        header = next(rows, [])
        return _read_rows(rows, header, _meanings(header, description), description, space)
    except csv.Error as error:
        raise InvalidData(f"The file is not proper CSV: {error} (row {rows.line_num}).") from None


def _text(path: Path) -> str:
    with path.open("rb") as raw:
        return csv_text(raw, most_bytes=MAX_BYTES)


def _meanings(header: Sequence[str], description: TableDescription) -> list[ColumnMeaning]:
    """What is known of the columns. Raises InvalidData when the header lacks one that is needed."""
    if not header:
        raise InvalidData("The file is empty. Expected a header line and one line per architecture.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InvalidData(f"Column names must differ; twice: {', '.join(twice):.200}.")
    shown = ", ".join(header)
    wanted = [description.architecture_column, *(column.column for column in description.columns)]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise InvalidData(f"The file has no column {', '.join(missing):.200}; it has {shown:.500}.")
    meanings = list(description.columns) or [found for name in header if (found := guess_meaning(name)) is not None]
    if not any(meaning.role is ColumnRole.ACCURACY for meaning in meanings):
        raise InvalidData(f"No column with accuracies was named or found among {shown:.500}. Say which one it is.")
    return meanings


def _read_rows(
    rows: Iterator[list[str]],
    header: Sequence[str],
    meanings: Sequence[ColumnMeaning],
    description: TableDescription,
    space: Space,
) -> BenchmarkTable:
    at = header.index(description.architecture_column)
    positions = [header.index(meaning.column) for meaning in meanings]
    values: list[list[float]] = []
    exact: dict[str, int] = {}
    canonical: dict[str, int] = {}
    numbers: list[int] = []
    faults: list[str] = []
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(values) >= MAX_ROWS:
            raise InvalidData(f"The table has more than {MAX_ROWS:,} rows.")
        try:
            if len(row) != len(header):
                raise InvalidData(f"{len(row)} values, but the header names {len(header)} columns")
            genotype = space.validate(json.loads(row[at]) if description.encoding == "json" else row[at])
            text = genotype_text(genotype)
            if text in exact:
                raise InvalidData(f"the architecture already stands in row {numbers[exact[text]]}")
            found = [_number(row[place], meaning) for place, meaning in zip(positions, meanings, strict=True)]
        except (InvalidData, InvalidGenotype, ValueError) as error:
            faults.append(f"row {number}: {error!s:.200}")
            if len(faults) >= _MAX_FAULTS:
                break
            continue
        exact[text] = len(values)
        canonical.setdefault(space.canonical(genotype), len(values))
        numbers.append(number)
        values.append(found)
    if faults:
        more = " There may be more." if len(faults) >= _MAX_FAULTS else ""
        raise InvalidData(f"The table was not imported. {'; '.join(faults)}.{more}")
    if not values:
        raise InvalidData("The file has a header but no rows. Expected one line per architecture.")
    columns = {
        meaning.column: TableColumn(meaning.role, np.array(column, np.float64), meaning.part, meaning.epochs)
        for meaning, column in zip(meanings, zip(*values, strict=True), strict=True)
    }
    return BenchmarkTable(
        name=description.name,
        space=space.name,
        rows=exact,
        canonical_rows=canonical,
        columns=columns,
        source=description.source,
        licence=description.licence,
        fingerprint=_fingerprint(space.name, exact, columns),
    )


def _number(text: str, meaning: ColumnMeaning) -> float:
    """A cell in the role's own unit; NaN for an empty one. Raises InvalidData."""
    if not text.strip():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidData(f"{meaning.column} is {text!r:.40}; expected a number, or nothing where it is missing")
    if meaning.role is ColumnRole.ACCURACY:
        top = 100.0 if meaning.unit == "percent" else 1.0
        if not 0 <= value <= top:
            raise InvalidData(f"{meaning.column} is {text:.40}; an accuracy here lies in 0…{top:g}")
        return value / top
    if value < 0:
        raise InvalidData(f"{meaning.column} is {text:.40}; it cannot be negative")
    if meaning.role is ColumnRole.LATENCY and meaning.unit == "s":
        return value * 1000
    if meaning.role is ColumnRole.TRAIN_TIME and meaning.unit == "ms":
        return value / 1000
    return value


def _fingerprint(space: str, rows: dict[str, int], columns: dict[str, TableColumn]) -> str:
    digest = hashlib.sha256(json.dumps([space, list(rows)]).encode())
    for name in sorted(columns):
        column = columns[name]
        digest.update(json.dumps([name, column.role.value, column.part, column.epochs]).encode())
        digest.update(column.values.astype("<f8").tobytes())
    return digest.hexdigest()
