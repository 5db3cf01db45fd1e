"""What a specification refers to by id, found through the `refers_to` of the Config declarations, and whether it may be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from apps.accounts.access import AnyUser, visible
from apps.artifacts.models import Artifact
from apps.datasets.models import BenchmarkTable, DataSet, UploadState
from apps.latency.models import LatencyTable
from apps.runs.specification import RunSpecification
from apps.runs.supernets import supernet_artifact
from apps.runs.wizard.field_type import field_type
from nas import registry
from nas.core.config import Config
from nas.core.errors import InvalidConfig

Uploaded = TypeVar("Uploaded", DataSet, BenchmarkTable, LatencyTable)


@dataclass(frozen=True, slots=True)
class References:
    dataset: DataSet | None = None
    table: BenchmarkTable | None = None
    latency_tables: tuple[LatencyTable, ...] = ()
    supernet: Artifact | None = None


def references_of(specification: RunSpecification, user: AnyUser) -> References:
    """The uploaded things a run will use. Raises InvalidConfig at the field when `user` may not see one, or it is not ready.

    Names of bundled things ("digits") are no references.
    """
    dataset = table = supernet = None
    latency_tables: list[LatencyTable] = []
    for place, choice, of in (
        ("problem", specification.problem, registry.problems),
        ("estimator", specification.estimator, registry.estimators),
        ("strategy", specification.strategy, registry.strategies),
    ):
        if choice.name not in of:
            continue
        for path, kind, text in _references(of.get(choice.name).Config, choice.config, f"{place}.config"):
            if kind == "supernet":
                supernet = _supernet(text, user, path)
            elif not _is_id(text):
                continue
            elif kind == "dataset":
                dataset = _usable(DataSet, int(text), user, path, "data set")
            elif kind == "table":
                table = _usable(BenchmarkTable, int(text), user, path, "benchmark table")
            elif kind == "latency_table":
                latency_tables.append(_usable(LatencyTable, int(text), user, path, "latency table"))
    return References(
        dataset=dataset, table=table, latency_tables=tuple(dict.fromkeys(latency_tables)), supernet=supernet
    )


def latency_table_usable(reference: str, user: AnyUser, path: str) -> LatencyTable:
    """Raises InvalidConfig at `path` when `user` may not see that table, or it is not ready."""
    if not _is_id(reference):
        raise InvalidConfig.at(path, f"there is no latency table {reference!r:.60}; choose one from the list")
    return _usable(LatencyTable, int(reference), user, path, "latency table")


def _references(config: type[Config], values: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    """Where something is named, what sort of thing, and its name; in settings within settings as well."""
    for name, field in config.model_fields.items():
        given, place = values.get(name), f"{path}.{name}"
        extra = field.json_schema_extra
        kind = extra.get("refers_to") if isinstance(extra, dict) else None
        if kind in ("dataset", "table", "latency_table", "supernet") and isinstance(given, str) and given:
            yield place, str(kind), given
        inner = field_type(field.annotation)
        if inner.nested is not None and isinstance(given, Mapping):
            yield from _references(inner.nested, given, place)
        if inner.row is not None and isinstance(given, (list, tuple)):
            for number, row in enumerate(given):
                if isinstance(row, Mapping):
                    yield from _references(inner.row, row, f"{place}.{number}")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _usable(model: type[Uploaded], pk: int, user: AnyUser, path: str, noun: str) -> Uploaded:
    # Unknown and forbidden look the same.
    row = visible(model._default_manager.all(), user).filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise InvalidConfig.at(path, f"there is no {noun} {pk}; choose one from the list")
    if row.state != UploadState.READY:
        raise InvalidConfig.at(path, f"the {noun} {row.name!r} is not ready: {_why_not(row)}")
    return row


def _supernet(reference: str, user: AnyUser, path: str) -> Artifact:
    artifact = supernet_artifact(reference, user)
    if artifact is None:
        raise InvalidConfig.at(path, f"there is no supernet {reference!r:.60}; choose one from the list")
    return artifact


def _why_not(row: DataSet | BenchmarkTable | LatencyTable) -> str:
    if isinstance(row, LatencyTable):
        return row.reason or "it is not measured to its end"
    return row.error or "it is still being checked"
