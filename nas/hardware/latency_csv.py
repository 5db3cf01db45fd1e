"""Latency tables as CSV: our own form, one piece per line; and files of whole networks, whose table is fitted.

Our own form begins with what it was measured on, as comments, then names its columns with their units:

    # device: Intel Xeon
    # threads: 1
    key,count,mean_ms,variance_ms2,median_ms,p95_ms
    Conv-input:32x32x3-output:32x32x16,100,0.21,0.0004,0.2,0.25

`key` and one time are enough; times may be in ns, us, ms or s. A file of whole networks has the columns op0, op1, … (the
operation at each position) and one column of times per device, as HELP's FBNet set has (Lee et al. 2021, arXiv 2106.08630).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import BinaryIO, NamedTuple

from nas.core.csv_text import csv_text
from nas.core.errors import InvalidConfig, InvalidData
from nas.hardware.latency_fit import FEWEST_NETWORKS, fitted_rows
from nas.hardware.latency_table import LONGEST_TEXT, MOST_ROWS, VERSION, LatencyRow, LatencyTable

MOST_BYTES = 20_000_000  # unpacked
UNITS_MS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3}
_MOST_FAULTS = 5
_TIME = re.compile(r"(mean|median|p95|latency)[ _]?[(\[]?(ns|us|µs|ms|s)[)\]]?")
_VARIANCE = re.compile(r"variance[ _]?[(\[]?(ns|us|µs|ms|s)[2²][)\]]?")
_OPERATION = re.compile(r"op\d{1,3}")
_WHOLE = ("threads", "batch")
_TEXTS = ("device", "torch_version", "cuda_version", "dtype", "memory_format")
HEADER = ("key", "count", "mean_ms", "variance_ms2", "median_ms", "p95_ms")


class CsvLine(NamedTuple):
    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class LatencyFile:
    """A file that was read, of which it is not yet known what its table is.

    Attributes:
      comments: "name: value" lines before the header.
      devices: columns of times, where the file lists whole networks; else empty.
    """

    comments: Mapping[str, Sequence[str]]
    header: tuple[str, ...]
    lines: tuple[CsvLine, ...]
    devices: tuple[str, ...]

    @property
    def is_of_networks(self) -> bool:
        return bool(self.devices)


def read_file(raw: BinaryIO) -> LatencyFile:
    """Raises InvalidData in plain words."""
    comments: dict[str, list[str]] = {}
    first = 0
    content = csv_text(raw, most_bytes=MOST_BYTES).splitlines()
    for line in content:
        if line.strip() and not line.startswith("#"):
            break
        first += 1
        name, _, value = line.lstrip("# ").partition(":")
        comments.setdefault(name.strip(), []).append(value.strip())
    rows = csv.reader(io.StringIO("\n".join(content[first:])), strict=True)
    try:
        header = tuple(cell.strip() for cell in next(rows, []))
        lines = tuple(CsvLine(first + rows.line_num, row) for row in rows if row)
    except csv.Error as error:
        raise InvalidData(f"The file is not proper CSV: {error} (line {first + rows.line_num}).") from None
    if not header or not lines:
        raise InvalidData("The file has no rows. Expected a line that names the columns, then a line per row.")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise InvalidData(f"Column names must differ; twice: {', '.join(twice):.200}.")
    if len(lines) > MOST_ROWS:
        raise InvalidData(f"The file has {len(lines):,} rows; at most {MOST_ROWS:,} are possible.")
    devices: tuple[str, ...] = ()
    if any(_OPERATION.fullmatch(name) for name in header):
        devices = tuple(name for name in header if not _OPERATION.fullmatch(name) and name not in ("arch_id", "id"))
        if not devices:
            raise InvalidData("The file lists networks by their operations, but no column holds times.")
    return LatencyFile(comments, header, lines, devices)


def table_from(
    file: LatencyFile, *, name: str, device: str = "", column: str = "", unit: str = "ms", source: str = ""
) -> LatencyTable:
    """The table of a file.

    Args:
      device: what it was measured on, where the file does not say.
      column, unit: which times, of a file of whole networks ("ns", "us", "ms", "s").

    Raises InvalidData with line and column of up to five faults.
    """
    if file.is_of_networks:
        return _of_networks(file, name=name, device=device or column, column=column, unit=unit, source=source)
    return _of_pieces(file, name, device, source)


def as_csv(table: LatencyTable) -> str:
    """Our own form, all of it: `table_from` gives an equal table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    facts = {**asdict(table.fingerprint), "offset_ms": repr(table.offset_ms)}
    for name, value in facts.items():
        out.write(f"# {name}: {_one_line(value)}\n")
    for predicted, measured in table.checks:
        out.write(f"# network: predicted {predicted!r} ms, measured {measured!r} ms\n")
    writer.writerow(HEADER)
    for key, row in table.rows.items():
        writer.writerow([key, row.count, row.mean_ms, row.variance, row.median_ms, row.p95_ms])
    return out.getvalue()


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


class _Faults:
    """Collects what is wrong where; the file is refused as a whole."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, line: int, column: str, message: str) -> None:
        self._found.append(f"line {line}, column {column:.60}: {message}")
        if len(self._found) >= _MOST_FAULTS:
            self.refuse()

    def refuse(self) -> None:
        if self._found:
            more = " There may be more." if len(self._found) >= _MOST_FAULTS else ""
            raise InvalidData(f"The table was not imported. {'; '.join(self._found)}.{more}")


def _complete(file: LatencyFile, faults: _Faults) -> Iterator[CsvLine]:
    for line in file.lines:
        if len(line.cells) == len(file.header):
            yield line
        else:
            place = file.header[min(len(line.cells), len(file.header)) - 1]
            faults.add(line.number, place, f"{len(line.cells)} values, but the header names {len(file.header)} columns")


def _time(text: str, factor: float, *, least: float = 0.0) -> float | str:
    """In ms, or what is wrong."""
    try:
        value = float(text) * factor
    except ValueError:
        value = float("nan")
    if isfinite(value) and value >= least:
        return value
    return f"{text!r:.40} is no time; expected a number of at least {least:g}, or nothing where none is known"


def _of_pieces(file: LatencyFile, name: str, device: str, source: str) -> LatencyTable:
    if "key" not in file.header:
        raise InvalidData(
            "The file has neither a column key (one piece per line) nor columns op0, op1, … (one network per line); "
            f"it has {', '.join(file.header):.300}."
        )
    readers = _readers(file.header)
    if not {"mean", "median", "latency"} & readers.keys():
        raise InvalidData(
            "No column holds times. Name one median_ms, mean_ms or latency_ms; the end may also be ns, us or s. "
            f"There are {', '.join(file.header):.300}."
        )
    faults = _Faults()
    rows: dict[str, LatencyRow] = {}
    key_at = file.header.index("key")
    for line in _complete(file, faults):
        key = line.cells[key_at].strip()
        if not key or len(key) > LONGEST_TEXT:
            faults.add(line.number, "key", f"expected 1 to {LONGEST_TEXT} characters, got {len(key)}")
            continue
        if key in rows:
            faults.add(line.number, "key", f"{key:.60} stands in an earlier line already")
            continue
        found: dict[str, float] = {}
        for kind, (place, factor) in readers.items():
            text = line.cells[place].strip()
            if text:
                value = _time(text, factor, least=1 if kind == "count" else 0)
                if isinstance(value, str):
                    faults.add(line.number, file.header[place], value)
                    value = 0.0
                found[kind] = value
        row = _row(found)
        if row is None:
            faults.add(line.number, file.header[readers[next(iter(readers))][0]], "no time in this line")
        else:
            rows[key] = row
    faults.refuse()
    return _checked(file, name, device, source, rows)


def _readers(header: Sequence[str]) -> dict[str, tuple[int, float]]:
    """Kind of number → (its place, factor to ms)."""
    found: dict[str, tuple[int, float]] = {}
    for place, column in enumerate(header):
        text = column.lower()
        if time := _TIME.fullmatch(text):
            found.setdefault(time[1], (place, UNITS_MS[time[2]]))
        elif spread := _VARIANCE.fullmatch(text):
            found.setdefault("variance", (place, UNITS_MS[spread[1]] ** 2))
        elif text == "count":
            found["count"] = (place, 1.0)
    return found


def _row(found: Mapping[str, float]) -> LatencyRow | None:
    known = [found[kind] for kind in ("median", "latency", "mean") if kind in found]
    if not known:
        return None
    value = known[0]
    return LatencyRow(
        count=int(found.get("count", 1)),
        mean_ms=found.get("mean", value),
        variance=found.get("variance", 0.0),
        median_ms=value,
        p95_ms=found.get("p95", value),
    )


def _checked(file: LatencyFile, name: str, device: str, source: str, rows: Mapping[str, LatencyRow]) -> LatencyTable:
    """With what the comments say; the table's own checks have the last word."""
    said = {fact: values[-1] for fact, values in file.comments.items()}
    fingerprint: dict[str, object] = {fact: said[fact] for fact in _TEXTS if said.get(fact)}
    fingerprint |= {fact: _or_text(said[fact], int) for fact in _WHOLE if said.get(fact)}
    if device:
        fingerprint["device"] = device
    pairs = [re.findall(r"[-+\d.e]+(?= ms)", text) for text in file.comments.get("network", ())]
    values = {
        "version": VERSION,
        "name": name,
        "source": source,
        "fingerprint": fingerprint,
        "offset_ms": _or_text(said.get("offset_ms", "0"), float),
        "rows": {key: asdict(row) for key, row in rows.items()},
        "checks": [[_or_text(text, float) for text in pair] for pair in pairs],
    }
    try:
        return LatencyTable.from_json(values)
    except InvalidConfig as error:
        raise InvalidData(f"The table was not imported. {error}.") from None


def _or_text(text: str, kind: Callable[[str], float]) -> float | str:
    try:
        return kind(text)
    except ValueError:
        return text


def _of_networks(file: LatencyFile, *, name: str, device: str, column: str, unit: str, source: str) -> LatencyTable:
    if column not in file.devices:
        raise InvalidData(
            f"The file has times of several devices; choose one of its columns: {', '.join(file.devices):.400}."
        )
    if unit not in UNITS_MS:
        raise InvalidData(f"{unit!r:.20} is no unit of time; there are {', '.join(UNITS_MS)}.")
    faults = _Faults()
    positions = [place for place, head in enumerate(file.header) if _OPERATION.fullmatch(head)]
    at = file.header.index(column)
    networks: list[tuple[str, ...]] = []
    times: list[float] = []
    for line in _complete(file, faults):
        time = _time(line.cells[at].strip(), UNITS_MS[unit])
        if isinstance(time, str):
            faults.add(line.number, column, time)
            continue
        times.append(time)
        networks.append(tuple(f"{file.header[place]}:{line.cells[place].strip():.40}" for place in positions))
    faults.refuse()
    if len(networks) < FEWEST_NETWORKS:
        raise InvalidData(f"A table can be fitted to {FEWEST_NETWORKS} networks or more; the file has {len(networks)}.")
    fitted = fitted_rows(networks, times)
    table = {
        "version": VERSION,
        "name": name,
        "source": source,
        "fingerprint": {"device": device},
        "offset_ms": fitted.offset_ms,
        "rows": {key: asdict(LatencyRow.single(value)) for key, value in fitted.rows.items()},
        "checks": [list(pair) for pair in fitted.checks],
    }
    try:
        return LatencyTable.from_json(table)
    except InvalidConfig as error:
        raise InvalidData(f"The table was not imported. {error}.") from None
