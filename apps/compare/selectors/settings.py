"""The configurations of several runs side by side, part by part: which settings differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.compare.schema import SettingGroup, SettingRow
from apps.runs.models import Run
from apps.runs.selectors.record import workers_of
from apps.runs.wizard.settings import NOTHING, PARTS, part_title, references_in_words, settings_in_words

RECORD = "record"
SHORT = 12
"""Characters of a fingerprint that are shown; as many as tell fingerprints apart."""


def setting_groups(runs: Sequence[Run]) -> list[SettingGroup]:
    """Every setting of every run, in the order of the form, then what the runs were carried out with."""
    words = references_in_words(runs)
    of_runs = [{s.path: s for s in settings_in_words(run.specification, words)} for run in runs]
    groups = []
    for part in PARTS:
        paths: dict[str, str] = {}
        for settings in of_runs:
            paths |= {s.path: s.label for s in settings.values() if s.part == part and s.path not in paths}
        rows = [
            _row(path, label, [of[path].text if path in of else None for of in of_runs])
            for path, label in paths.items()
        ]
        groups.append(SettingGroup(name=part, title=part_title(part), rows=rows))
    return [*groups, _record(runs)]


def differing(groups: Sequence[SettingGroup], name: str) -> list[SettingRow]:
    return [row for group in groups if group.name == name for row in group.rows if row.differs]


def _record(runs: Sequence[Run]) -> SettingGroup:
    records = [dict(_facts(run)) for run in runs]
    labels = {
        "engine": _("Engine version"),
        "commit": _("Commit"),
        "data": _("Data fingerprint"),
        "space": _("Space fingerprint"),
        "strategy": _("Strategy version"),
        "devices": _("Devices"),
        "python": _("Python"),
        "torch": _("torch"),
    }
    rows = [_row(f"{RECORD}.{name}", label, [record.get(name) for record in records]) for name, label in labels.items()]
    return SettingGroup(name=RECORD, title=_("Carried out with"), rows=rows)


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    """What the record of a run says, as far as it says it (older ones say less)."""
    record = run.record
    for name, path in (
        ("engine", ("code", "engine")),
        ("commit", ("code", "commit")),
        ("data", ("problem", "fingerprint")),
        ("space", ("space", "fingerprint")),
        ("strategy", ("strategy", "version")),
        ("python", ("environment", "python")),
        ("torch", ("environment", "packages", "torch")),
    ):
        value: Any = record
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            text = str(value)
            yield name, text[:SHORT] if name in ("commit", "data", "space") else text
    devices = sorted({worker.device_name or worker.device for worker in workers_of(run)})
    if devices:
        yield "devices", ", ".join(devices)


def _row(path: str, label: str, values: list[str | None]) -> SettingRow:
    """None: a run has no such setting. That another strategy has other settings is said by its name alone."""
    known = {value for value in values if value is not None}
    texts = [NOTHING if value is None else value for value in values]
    return SettingRow(path=path, label=label, values=texts, differs=len(known) > 1)
