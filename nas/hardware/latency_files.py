"""Latency tables as files of this machine: JSON as `LatencyTable.as_json` has it, or CSV."""

from __future__ import annotations

import json
from pathlib import Path

from nas.core.errors import InvalidConfig, InvalidData, UnknownName
from nas.hardware.latency_csv import MOST_BYTES, read_file, table_from
from nas.hardware.latency_table import LatencyTable


def load_latency_file(reference: str) -> LatencyTable:
    """The table in a file; of a CSV file of whole networks "file.csv#column".

    Raises UnknownName when there is no such file, InvalidData when it holds no latency table.
    """
    name, _, column = reference.partition("#")
    path = Path(name)
    if not path.is_file():
        raise UnknownName(f"there is no latency table {name!r:.200}; name a file that ends in .json or .csv")
    if path.suffix != ".json":
        with path.open("rb") as raw:
            return table_from(read_file(raw), name=path.name, column=column)
    if path.stat().st_size > MOST_BYTES:
        raise InvalidData(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB; no latency table is.")
    try:
        return LatencyTable.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as error:
        raise InvalidData(f"{path.name} is not proper JSON: {error!s:.120}.") from None
    except InvalidConfig as error:
        raise InvalidData(f"{path.name} is no latency table: {error}.") from None


def write_latency_file(table: LatencyTable, path: Path) -> None:
    """As JSON, for `load_latency_file`."""
    path.write_text(json.dumps(table.as_json(), ensure_ascii=False, indent=1), encoding="utf-8")
