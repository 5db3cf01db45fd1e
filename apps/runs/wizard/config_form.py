"""A form made from a `Config` declaration: labels, help, units, bounds and choices are said once, in the engine.

`fieldset_for` turns a Config class into plain values that templates draw; `values_from` reads what the browser sent back.
Both know types, never names, so that every registered thing has its form without a line here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import annotated_types
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from apps.runs.wizard.field_bounds import bound, bounds, range_text
from apps.runs.wizard.field_type import (
    FieldType,
    Kind,
    choice_of,
    field_type,
    is_many,
    scalar_from,
    scalar_text,
    text_of,
)
from apps.runs.wizard.wording import how_to_get_one, name_in_words
from nas.core.config import Config
from nas.core.errors import FieldError

MOST_ROWS = 100
SPARE_ROWS = 2
References = Mapping[str, Sequence[tuple[str, str]]]
"""What a field that refers to a library may name: kind of reference → (value, label) pairs."""


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FormField:
    """One control. `name` is its HTML name and the path under which errors are reported ("space.config.width")."""

    name: str
    kind: Kind
    label: str
    help: str
    unit: str
    value: str
    options: tuple[Option, ...]
    minimum: str
    maximum: str
    range: str
    max_length: int | None
    is_checked: bool
    is_optional: bool
    is_advanced: bool
    errors: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"id_{self.name.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class RowSet:
    """A list of Configs: `rows` are those there are, `spare` empty ones to fill. `name` is its path ("space.config.parameters").

    A row whose first field is empty is not there.
    """

    name: str
    label: str
    help: str
    rows: tuple[Fieldset, ...]
    spare: tuple[Fieldset, ...]
    errors: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"id_{self.name.replace('.', '-')}"

    @property
    def count_name(self) -> str:
        """The hidden control that says how many rows were shown."""
        return f"{self.name}.rows"

    @property
    def num_shown(self) -> int:
        return len(self.rows) + len(self.spare)

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(row.has_errors for row in self.rows)


@dataclass(frozen=True, slots=True)
class Fieldset:
    """The fields of one Config, of the Configs inside it and of its lists of Configs. `errors` concern it as a whole."""

    prefix: str
    title: str
    fields: tuple[FormField, ...]
    nested: tuple[Fieldset, ...]
    errors: tuple[str, ...]
    row_sets: tuple[RowSet, ...] = ()
    is_advanced: bool = False

    @property
    def plain(self) -> tuple[FormField, ...]:
        return tuple(field for field in self.fields if not field.is_advanced)

    @property
    def advanced(self) -> tuple[FormField, ...]:
        return tuple(field for field in self.fields if field.is_advanced)

    @property
    def advanced_has_errors(self) -> bool:
        return any(field.errors for field in self.advanced) or any(inner.has_errors for inner in self.advanced_nested)

    @property
    def has_advanced(self) -> bool:
        return bool(self.advanced or self.advanced_nested)

    @property
    def has_errors(self) -> bool:
        inside = any(n.has_errors for n in self.nested) or any(one.has_errors for one in self.row_sets)
        return inside or bool(self.errors) or any(f.errors for f in self.fields)

    @property
    def plain_nested(self) -> tuple[Fieldset, ...]:
        return tuple(inner for inner in self.nested if not inner.is_advanced)

    @property
    def advanced_nested(self) -> tuple[Fieldset, ...]:
        return tuple(inner for inner in self.nested if inner.is_advanced)


def fieldset_for(
    config: type[Config],
    values: Mapping[str, Any],
    *,
    prefix: str,
    errors: Iterable[FieldError] = (),
    references: References | None = None,
    only: Sequence[str] | None = None,
    title: str = "",
    is_advanced: bool = False,
) -> Fieldset:
    """The form of `config`.

    Args:
      values: field → value to show, raw text included; a field that is not there shows its default.
      prefix: path of the configuration inside the whole form ("space.config"), "" for none.
      errors: those of the whole form; each is shown at the field it names, or at the set when it names none of them.
      references: what fields with `refers_to` may name.
      only: names of the fields wanted, in this order; None for all.
    """
    found = list(errors)
    fields: list[FormField] = []
    nested: list[Fieldset] = []
    row_sets: list[RowSet] = []
    for name in only if only is not None else config.model_fields:
        info = config.model_fields[name]
        path = _path(prefix, name)
        value = values.get(name, _default(info))
        kind = field_type(info.annotation)
        if kind.nested is not None:
            inner = value if isinstance(value, Mapping) else {}
            nested.append(
                fieldset_for(
                    kind.nested,
                    inner,
                    prefix=path,
                    errors=found,
                    references=references,
                    title=_(info.title or name),
                    is_advanced=_extra(info).get("advanced", False),
                )
            )
            continue
        if kind.row is not None:
            row_sets.append(_row_set(info, kind.row, path, value=value, errors=found, references=references))
            continue
        here = tuple(_(e.message) for e in found if e.field == path or e.field.startswith(f"{path}."))
        fields.append(_field(info, kind, path, value=value, errors=here, references=references or {}))
    shown = {field.name for field in fields} | {inner.prefix for inner in nested} | {one.name for one in row_sets}
    own = tuple(_(e.message) for e in found if _concerns_set(e.field, prefix, shown))
    return Fieldset(
        prefix=prefix,
        title=title,
        fields=tuple(fields),
        nested=tuple(nested),
        errors=own,
        row_sets=tuple(row_sets),
        is_advanced=is_advanced,
    )


def values_from(
    config: type[Config], data: QueryDict, *, prefix: str, only: Sequence[str] | None = None
) -> dict[str, Any]:
    """What was filled in, ready for `config.parse`: wrong input is kept as the text it was, so that it can be shown again.

    An absent control is left out (its default holds), but an absent checkbox means False; an empty one that is optional
    means None.
    """
    values: dict[str, Any] = {}
    for name in only if only is not None else config.model_fields:
        path = _path(prefix, name)
        kind = field_type(config.model_fields[name].annotation)
        if kind.nested is not None:
            inner = values_from(kind.nested, data, prefix=path)
            is_empty = kind.is_optional and not any(value not in (None, "", []) for value in inner.values())
            values[name] = None if is_empty else inner
        elif kind.row is not None:
            if f"{path}.rows" in data:
                values[name] = _rows_from(kind.row, data, path)
        elif kind.kind == "checkbox":
            values[name] = path in data
        elif kind.kind == "checkboxes":
            values[name] = [choice_of(kind.choices, text) for text in data.getlist(path)]
        elif path in data:
            text = str(data[path]).strip()
            if kind.is_optional and not text:
                values[name] = None
            elif kind.kind == "list":
                parts = [part.strip() for part in text.split(",") if part.strip()]
                values[name] = [scalar_from(part) for part in parts] if kind.is_any else parts
            elif kind.kind == "select" and kind.choices:
                values[name] = choice_of(kind.choices, text)
            else:
                values[name] = text
    return values


def _rows_from(config: type[Config], data: QueryDict, path: str) -> list[dict[str, Any]]:
    """Rows whose first field is filled in, closed up, so that an error's number is that of the row as it is shown again."""
    shown = str(data[f"{path}.rows"])
    num_shown = min(int(shown), MOST_ROWS) if shown.isascii() and shown.isdigit() and len(shown) < 9 else 0
    first = next(iter(config.model_fields))
    rows = (values_from(config, data, prefix=f"{path}.{index}") for index in range(num_shown))
    return [row for row in rows if row.get(first)]


def _row_set(
    info: FieldInfo,
    config: type[Config],
    path: str,
    *,
    value: Any,
    errors: Sequence[FieldError],
    references: References | None,
) -> RowSet:
    given = [row if isinstance(row, Mapping) else row.model_dump() for row in value] if is_many(value) else []

    def row(index: int) -> Fieldset:
        values = given[index] if index < len(given) else {}
        title = _("%(label)s %(number)d") % {"label": label, "number": index + 1}
        made = fieldset_for(config, values, prefix=f"{path}.{index}", errors=errors, references=references, title=title)
        first, *others = made.fields
        if first.kind == "select" and all(option.value for option in first.options):
            first = replace(first, options=(Option("", "–", is_chosen=False), *first.options))  # to take the row away
        return replace(made, fields=(first, *others))

    label = _(info.title) if info.title else path.rpartition(".")[2]
    most = min(MOST_ROWS, bound(info, annotated_types.MaxLen, "max_length") or MOST_ROWS)
    spare = range(len(given), min(most, len(given) + SPARE_ROWS))
    return RowSet(
        name=path,
        label=label,
        help=_(info.description) if info.description else "",
        rows=tuple(map(row, range(len(given)))),
        spare=tuple(map(row, spare)),
        errors=tuple(_(e.message) for e in errors if e.field.rstrip(".") == path),
    )


def referring_fields(config: type[Config]) -> dict[str, str]:
    """Field → what kind of thing it refers to ("dataset"), for the fields that say so."""
    found = {}
    for name, info in config.model_fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict) and extra.get("refers_to"):
            found[name] = str(extra["refers_to"])
    return found


def refers_to(config: type[Config], kind: str) -> bool:
    """Whether a field of `config` names a thing of that kind, or one of the Configs inside it does."""
    if kind in referring_fields(config).values():
        return True
    types = (field_type(info.annotation) for info in config.model_fields.values())
    return any(inner is not None and refers_to(inner, kind) for type_ in types for inner in (type_.nested, type_.row))


def _concerns_set(path: str, prefix: str, shown: set[str]) -> bool:
    """Whether an error is about the set as a whole: a cross-field check ("space.config."), or a field nobody can see."""
    path = path.rstrip(".")
    if not prefix or not (path == prefix or path.startswith(f"{prefix}.")):
        return False
    return not any(path == name or path.startswith(f"{name}.") for name in shown)


def _extra(info: FieldInfo) -> Mapping[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, Mapping) else {}


def _path(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _default(info: FieldInfo) -> Any:
    default = info.get_default(call_default_factory=True, validated_data={})
    return None if default is PydanticUndefined else default


def _field(
    info: FieldInfo, kind: FieldType, path: str, *, value: Any, errors: tuple[str, ...], references: References
) -> FormField:
    extra = _extra(info)
    chosen = {text_of(item) for item in value} if is_many(value) else {text_of(value)}
    options = tuple(Option(text_of(c), name_in_words(text_of(c)), text_of(c) in chosen) for c in kind.choices)
    form_kind = kind.kind
    explanation = _(info.description) if info.description else ""
    refers_to = str(extra.get("refers_to", ""))
    if refers_to:
        form_kind = "select"
        offered = references.get(refers_to, ())
        if refers_to == "supernet" and not offered:
            explanation = f"{explanation} {capfirst(how_to_get_one(refers_to))}."
        options = tuple(Option(text, label, text in chosen) for text, label in offered)
        gone = text_of(value)
        if gone and gone not in {option.value for option in options}:  # never exchanged silently for another one
            options = (*options, Option(gone, _("%(value)s (not available)") % {"value": gone}, is_chosen=True))
    if form_kind == "select" and kind.is_optional:
        options = (Option("", _("None"), value is None), *options)
    elif form_kind == "select" and value is None and not any(option.value == "" for option in options):
        options = (Option("", "–", is_chosen=True), *options)  # nothing is chosen for a person unasked
    minimum, maximum = bounds(info, form_kind) if form_kind in ("integer", "number") else ("", "")
    label = _(info.title) if info.title else path.rpartition(".")[2]
    unit = _(str(extra["unit"])) if extra.get("unit") else ""
    return FormField(
        name=path,
        kind=form_kind,
        label=label,
        help=explanation,
        unit="" if unit.casefold() == label.casefold() else unit,  # not "Epochs (epochs)"
        value=", ".join(map(scalar_text if kind.is_any else text_of, value)) if is_many(value) else text_of(value),
        options=options,
        minimum=minimum,
        maximum=maximum,
        range=range_text(info),
        max_length=bound(info, annotated_types.MaxLen, "max_length"),
        is_checked=text_of(value).lower() in ("true", "on", "1"),
        is_optional=kind.is_optional,
        is_advanced=bool(extra.get("advanced")),
        errors=errors,
    )
