"""Latency look-up tables: what each piece of a network takes on one device, and how well their sums say what whole networks take.

Additive prediction and its check against measured networks: Cai, Zhu, Han 2019, arXiv 1812.00332, section 3.3 and figure 6.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from math import isfinite
from typing import Any, Self

from nas.core.errors import FieldError, InvalidConfig, NasError
from nas.hardware.devices import DeviceFingerprint
from nas.hardware.latency_check import Calibration, LatencyCheck, Pair
from nas.hardware.network_pieces import NetworkPiece
from nas.hardware.piece_key import FREE

VERSION = 1
MOST_ROWS = 50_000
LONGEST_TEXT = 400
_LARGEST = 1e300


class MissingLatency(NasError):
    """A table lacks what a network is made of; `keys` are all of them."""

    def __init__(self, table: str, keys: tuple[str, ...]) -> None:
        self.keys = keys
        shown = ", ".join(keys[:3]) + (" …" if len(keys) > 3 else "")
        pieces = "1 piece" if len(keys) == 1 else f"{len(keys):,} pieces"
        super().__init__(
            f"the latency table {table!r:.80} has no entry for {pieces} of these networks: {shown}; "
            f"measure a table for this space and input, or choose another one"
        )


@dataclass(frozen=True, slots=True)
class TableFingerprint:
    """Under what all rows were measured: rows of different ones never share a table. "" and 0 for what an import does not say."""

    device: str
    torch_version: str = ""
    cuda_version: str = ""
    threads: int = 0
    dtype: str = "float32"
    memory_format: str = "contiguous"
    batch: int = 1

    @classmethod
    def of(cls, measured_on: DeviceFingerprint, *, dtype: str, memory_format: str, batch: int) -> Self:
        return cls(**asdict(measured_on), dtype=dtype, memory_format=memory_format, batch=batch)

    @property
    def key(self) -> str:
        """16 hex digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """One piece. Milliseconds; `variance` in ms² over `count` passes. An imported single number is count 1, all three alike."""

    count: int
    mean_ms: float
    variance: float
    median_ms: float
    p95_ms: float

    @classmethod
    def single(cls, value_ms: float) -> Self:
        return cls(1, value_ms, 0.0, value_ms, value_ms)


@dataclass(frozen=True)
class LatencyTable:
    """Rows by key (see `piece_key`), measured under one fingerprint.

    Attributes:
      name, source: for people.
      offset_ms: what every network takes beside its pieces; 0 unless the rows were fitted to whole networks.
      checks: whole networks, (sum of their rows + offset, measured), in ms.
    """

    name: str
    fingerprint: TableFingerprint
    rows: Mapping[str, LatencyRow]
    source: str = ""
    offset_ms: float = 0.0
    checks: tuple[Pair, ...] = ()

    def missing(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Those of `keys` that the table lacks, each once, in their order; `FREE` is never missing."""
        return tuple(key for key in dict.fromkeys(keys) if key != FREE and key not in self.rows)

    def ms(self, key: str) -> float:
        """The median of a row, 0 for `FREE`. Raises MissingLatency."""
        if key == FREE:
            return 0.0
        row = self.rows.get(key)
        if row is None:
            raise MissingLatency(self.name, (key,))
        return row.median_ms

    def sum_ms(self, keys: Iterable[str]) -> float:
        """The plain sum over pieces, one for each time a key occurs, and the offset. Raises MissingLatency naming all."""
        wanted = tuple(keys)
        if absent := self.missing(wanted):
            raise MissingLatency(self.name, absent)
        return self.offset_ms + sum(self.ms(key) for key in wanted)

    @cached_property
    def check(self) -> LatencyCheck | None:
        """How well sums say what whole networks take; None where too few were measured."""
        return LatencyCheck.of(self.checks)

    @property
    def calibration(self) -> Calibration:
        """From a sum to what a network takes; changes nothing where too few whole networks were measured."""
        return self.check.calibration if self.check else Calibration()

    def with_row(self, key: str, row: LatencyRow) -> Self:
        return replace(self, rows={**self.rows, key: row})

    def as_json(self) -> dict[str, Any]:
        """JSON values; `from_json` reads them back."""
        return {
            "version": VERSION,
            "name": self.name,
            "source": self.source,
            "fingerprint": asdict(self.fingerprint),
            "offset_ms": self.offset_ms,
            "rows": {key: asdict(row) for key, row in self.rows.items()},
            "checks": [list(pair) for pair in self.checks],
        }

    @classmethod
    def from_json(cls, values: object) -> Self:
        """Raises InvalidConfig with one error per wrong field ("rows.Conv-input:… .mean_ms"), the first twenty."""
        errors: list[FieldError] = []
        given = _object(values, "", errors)
        if not errors and given.get("version") != VERSION:
            errors.append(FieldError("version", f"must be {VERSION}, got {given.get('version')!r:.40}"))
        name = _text(given, "name", errors, required=True)
        source = _text(given, "source", errors)
        fingerprint = _fingerprint(_object(given.get("fingerprint"), "fingerprint", errors), errors)
        offset = _number(given.get("offset_ms", 0.0), "offset_ms", errors)
        rows: dict[str, LatencyRow] = {}
        listed = _object(given.get("rows"), "rows", errors)
        if len(listed) > MOST_ROWS:
            errors.append(FieldError("rows", f"at most {MOST_ROWS:,} rows are possible, got {len(listed):,}"))
            listed = {}
        for key, row in listed.items():
            rows[key] = _row(row, f"rows.{key}", errors)
            if not key or len(key) > LONGEST_TEXT:
                errors.append(FieldError("rows", f"a key has 1 to {LONGEST_TEXT} characters, got {len(key)}"))
        checks = _checks(given.get("checks", []), errors)
        if errors:
            raise InvalidConfig(errors[:20])
        return cls(name, fingerprint, rows, source, offset, checks)


def predict(table: LatencyTable, pieces: Iterable[NetworkPiece], *, calibrated: bool = True) -> float:
    """Milliseconds that a network of these pieces takes (`network_pieces.pieces_of`).

    Args:
      calibrated: put the sum through the table's calibration line; False gives the plain sum.

    Raises MissingLatency, naming how many keys the table lacks and the first three.
    """
    total = table.sum_ms(piece.key for piece in pieces)
    return table.calibration(total) if calibrated else total


def _object(value: object, field: str, errors: list[FieldError]) -> dict[str, Any]:
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return value
    errors.append(FieldError(field, f"must be an object of names and values, got {value!r:.40}"))
    return {}


def _text(given: Mapping[str, Any], field: str, errors: list[FieldError], *, required: bool = False) -> str:
    value = given.get(field.rpartition(".")[2], "")
    if isinstance(value, str) and len(value) <= LONGEST_TEXT and (value.strip() or not required):
        return value
    at_least = "1" if required else "0"
    errors.append(FieldError(field, f"must be text of {at_least} to {LONGEST_TEXT} characters, got {value!r:.40}"))
    return ""


def _number(value: object, field: str, errors: list[FieldError], *, least: float | None = None) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST:
        number = float(value)
        if isfinite(number) and (least is None or number >= least):
            return number
    bound = "" if least is None else f" of at least {least:g}"
    errors.append(FieldError(field, f"must be a finite number{bound}, got {value!r:.40}"))
    return 0.0


def _whole(value: object, field: str, errors: list[FieldError], *, least: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**53:
        return value
    errors.append(FieldError(field, f"must be a whole number of at least {least}, got {value!r:.40}"))
    return least


def _fingerprint(given: dict[str, Any], errors: list[FieldError]) -> TableFingerprint:
    known = {field.name for field in fields(TableFingerprint)}
    errors += [FieldError(f"fingerprint.{name:.60}", "there is no such field") for name in given if name not in known]
    usual = TableFingerprint("")
    texts = {
        name: _text(given, f"fingerprint.{name}", errors) if name in given else str(getattr(usual, name))
        for name in ("torch_version", "cuda_version", "dtype", "memory_format")
    }
    return TableFingerprint(
        device=_text(given, "fingerprint.device", errors, required=True),
        **texts,
        threads=_whole(given.get("threads", usual.threads), "fingerprint.threads", errors, least=0),
        batch=_whole(given.get("batch", usual.batch), "fingerprint.batch", errors, least=1),
    )


def _row(value: object, field: str, errors: list[FieldError]) -> LatencyRow:
    given = _object(value, field, errors)
    if not given:
        return LatencyRow.single(0.0)
    known = {part.name for part in fields(LatencyRow)}
    errors += [FieldError(f"{field}.{name:.60}", "there is no such field") for name in given if name not in known]
    numbers = {
        name: _number(given.get(name), f"{field}.{name}", errors, least=0)
        for name in ("mean_ms", "variance", "median_ms", "p95_ms")
    }
    return LatencyRow(count=_whole(given.get("count"), f"{field}.count", errors, least=1), **numbers)


def _checks(value: object, errors: list[FieldError]) -> tuple[Pair, ...]:
    if not isinstance(value, list):
        errors.append(FieldError("checks", f"must be a list of pairs, got {value!r:.40}"))
        return ()
    pairs: list[Pair] = []
    for place, item in enumerate(value):
        if not isinstance(item, list) or len(item) != 2:
            errors.append(FieldError(f"checks.{place}", f"must be a pair of predicted and measured, got {item!r:.40}"))
            continue
        predicted, measured = (_number(number, f"checks.{place}", errors) for number in item)
        pairs.append((predicted, measured))
    return tuple(pairs)
