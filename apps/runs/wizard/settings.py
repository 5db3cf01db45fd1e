"""What was asked for, setting by setting in the words of the form: for comparisons, and for what a copy changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.compact import compact
from apps.datasets.selectors.bundled import bundled_datasets
from apps.datasets.selectors.references import registered_references
from apps.runs.models import Run
from apps.runs.supernets import supernet_names
from apps.runs.wizard.config_form import Fieldset, FormField, References, fieldset_for
from apps.runs.wizard.draft import CHOICES, SEED_FIELDS, WORK_FIELDS
from apps.runs.wizard.parameter_choices import PARAMETER, parameter_choices
from apps.spaces.selectors.made import space_made
from nas.core.budget import Budget
from nas.core.errors import InvalidConfig
from nas.core.metric import METRICS
from nas.core.objective import Constraint, Objective
from nas.core.space import Space
from nas.specification import RunSpecification

PARTS = (*CHOICES, "objectives", "budget", "work")
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Setting:
    """Attributes:
    path: into the specification, which is also the name of its control ("space.config.width").
    part: one of PARTS.
    text: the value as people read it, with its unit.
    raw: what the control holds, several for a group of check boxes; () where no single control holds it.
    """

    path: str
    part: str
    label: str
    text: str
    raw: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that is another one now."""

    path: str
    part: str
    label: str
    was: str
    now: str


def references_in_words(runs: Iterable[Run]) -> References:
    """The names of what runs refer to, for whoever may see the runs."""
    datasets = {one.reference: str(one.title) for one in bundled_datasets()}
    tables: dict[str, str] = {}
    latency: dict[str, str] = {}
    supernets: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for run in runs:
        if run.dataset is not None:
            datasets[str(run.dataset.pk)] = run.dataset.name
        if run.table is not None:
            tables[str(run.table.pk)] = run.table.name
        supernets |= dict(supernet_names(run))
        latency |= {str(pk): name for pk, name in run.latency_tables.values_list("pk", "name")}
        parameters |= parameter_choices(_space_of(run))
    metrics = [(name, _(metric.title)) for name, metric in METRICS.items()]
    return {
        "dataset": list(datasets.items()),
        "table": list(tables.items()),
        "latency_table": list(latency.items()),
        "supernet": list(supernets.items()),
        "metric": metrics,
        PARAMETER: list(parameters.items()),
        **registered_references(),
    }


def settings_in_words(values: Mapping[str, Any], references: References) -> list[Setting]:
    """Every setting of a specification, wrong input included, in the order of the form."""
    found: list[Setting] = []
    for place, of in CHOICES.items():
        choice = values.get(place) or {}
        name = str(choice.get("name", ""))
        kind = of.get(name) if name in of else None
        title = _(kind.title) if kind is not None else name
        found.append(Setting(f"{place}.name", place, _PART_TITLES[place](), title, (name,)))
        if kind is not None:
            fieldset = fieldset_for(
                kind.Config, choice.get("config") or {}, prefix=f"{place}.config", references=references
            )
            found += (_setting(place, field, titles) for field, titles in _fields(fieldset))
    found += _objectives(values)
    budget = fieldset_for(Budget, _mapping(values.get("budget")), prefix="budget")
    found += (_setting("budget", field, titles) for field, titles in _fields(budget))
    seeds = fieldset_for(RunSpecification, values, prefix="", only=SEED_FIELDS)
    found += (_setting("budget", field, titles) for field, titles in _fields(seeds))
    work = fieldset_for(RunSpecification, values, prefix="", only=WORK_FIELDS)
    found += (_setting("work", field, titles) for field, titles in _fields(work))
    return found


def changes_between(before: Iterable[Setting], after: Iterable[Setting]) -> list[Change]:
    """What is another value in `after`. Of a part that is another thing altogether only that is said, not its settings."""
    old = {setting.path: setting for setting in before}
    new = list(after)
    exchanged = {s.part for s in new if s.path.endswith(".name") and s.path in old and old[s.path].raw != s.raw}
    changes = []
    for setting in new:
        was = old.get(setting.path)
        if was is None or was.text == setting.text:
            continue
        if setting.part in exchanged and not setting.path.endswith(".name"):
            continue
        changes.append(Change(setting.path, setting.part, setting.label, was.text, setting.text))
    return changes


def control_values(values: Mapping[str, Any], references: References) -> dict[str, dict[str, Any]]:
    """Name of a control of the form → {"values": what it holds, "text": how people read that}, for a whole specification."""
    found = {s.path: {"values": list(s.raw), "text": s.text} for s in settings_in_words(values, references) if s.raw}
    for place, config in (("objectives", Objective), ("constraints", Constraint)):
        for index, row in enumerate(values.get(place) or ()):
            fieldset = fieldset_for(config, _mapping(row), prefix=f"{place}.{index}", references=references)
            found |= {f.name: {"values": list(_raw(f)), "text": _text(f)} for f in fieldset.fields}
    return found


def part_title(part: str) -> str:
    return _PART_TITLES[part]()


_PART_TITLES = {
    "problem": lambda: _("Problem"),
    "space": lambda: _("Search space"),
    "strategy": lambda: _("Strategy"),
    "estimator": lambda: _("Estimator"),
    "objectives": lambda: _("Objectives"),
    "budget": lambda: _("Budget"),
    "work": lambda: _("Workers and seeds"),
}


def _space_of(run: Run) -> Space | None:
    """None where this version cannot make it any more."""
    try:
        return space_made(**run.specification["space"])
    except InvalidConfig:
        return None


def _fields(fieldset: Fieldset, titles: tuple[str, ...] = ()) -> Iterator[tuple[FormField, tuple[str, ...]]]:
    """Each field with the titles of the sets around it."""
    for field in fieldset.fields:
        yield field, titles
    for inner in fieldset.nested:
        yield from _fields(inner, (*titles, inner.title))
    for row in (row for row_set in fieldset.row_sets for row in row_set.rows):
        yield from _fields(row, (*titles, row.title))


def _setting(part: str, field: FormField, titles: tuple[str, ...]) -> Setting:
    label = " › ".join((*titles, field.label))
    return Setting(field.name, part, label, _text(field), _raw(field))


def _text(field: FormField) -> str:
    if field.kind == "checkbox":
        return _("yes") if field.is_checked else _("no")
    if field.options:
        return ", ".join(option.label for option in field.options if option.is_chosen) or NOTHING
    if not field.value:
        return NOTHING
    return f"{field.value} {field.unit}".strip()


def _raw(field: FormField) -> tuple[str, ...]:
    if field.kind == "checkbox":
        return ("true",) if field.is_checked else ()
    if field.kind in ("select", "checkboxes"):
        return tuple(option.value for option in field.options if option.is_chosen)
    return (field.value,)


def _objectives(values: Mapping[str, Any]) -> Iterator[Setting]:
    """All objectives as one setting, all constraints as another."""
    for place, config, title in (
        ("objectives", Objective, _("Objectives")),
        ("constraints", Constraint, _("Constraints")),
    ):
        rows = [_mapping(row) for row in values.get(place) or ()]
        text = ", ".join(_row_text(config, row) for row in rows if row.get("metric"))
        yield Setting(place, "objectives", title, text or NOTHING)


def _row_text(config: type[Objective] | type[Constraint], row: Mapping[str, Any]) -> str:
    metric = str(row.get("metric", ""))
    title = _(METRICS[metric].title) if metric in METRICS else metric
    if config is Objective:
        return f"{title} {'↑' if row.get('direction') == 'maximise' else '↓'}"
    sign = {"<=": "≤", ">=": "≥"}.get(str(row.get("operator")), "")
    limit = row.get("limit")
    return f"{title} {sign} {compact(limit) if isinstance(limit, (int, float)) else limit}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
