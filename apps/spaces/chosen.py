"""A kind of space with the settings, the input and the limits that an address or a form names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser
from apps.datasets.selectors.references import registered_references
from apps.runs.wizard.config_form import Fieldset, fieldset_for
from apps.runs.wizard.draft import choice_from
from apps.runs.wizard.wording import name_in_words
from apps.spaces.inputs import ChosenInput, InputChoice, input_choices, input_chosen
from nas import registry
from nas.core.config import Config
from nas.core.errors import FieldError, InvalidConfig, NasError
from nas.core.objective import Constraint
from nas.core.space import Blueprinted, Space

PREFIX = "space.config"
MOST_LIMITS = 10
LARGEST_SEED = 2**53


@dataclass(frozen=True, slots=True)
class ChosenSpace:
    """Attributes:
    kind: the registered class.
    values: its settings as they were sent; wrong input stays as the text it was.
    space: None while a setting is wrong.
    limits_text, limits: what samples must keep, as typed and as read.
    errors: everything that is wrong, at its field.
    """

    kind: type[Space]
    values: Mapping[str, Any]
    space: Space | None
    at: ChosenInput
    inputs: tuple[InputChoice, ...]
    limits_text: str
    limits: tuple[Constraint, ...]
    seed: int
    errors: tuple[FieldError, ...]

    # Not `kind.title` in templates: they would call the class.
    @property
    def kind_name(self) -> str:
        return self.kind.name

    @property
    def kind_title(self) -> str:
        return _(self.kind.title)

    @property
    def kind_summary(self) -> str:
        return _(self.kind.summary)

    @property
    def kind_source(self) -> str:
        return self.kind.source

    @property
    def config_presets(self) -> list[tuple[str, str]]:
        """Well-known settings: name, title."""
        return [(name, name_in_words(name)) for name in self.kind.Config.presets]

    @property
    def errors_for_people(self) -> list[FieldError]:
        """The errors with the labels of the fields instead of their paths."""
        labels = {"limits": _("Limits"), "classes": _("Classes"), **_labels(self.fieldset)}
        return [FieldError(labels.get(e.field, e.field.removeprefix(f"{PREFIX}.")), e.message) for e in self.errors]

    @property
    def fieldset(self) -> Fieldset:
        offered = registered_references()
        return fieldset_for(self.kind.Config, self.values, prefix=PREFIX, errors=self.errors, references=offered)

    def space_pairs(self) -> list[tuple[str, str]]:
        """Kind and settings as the new-run form sends them: what it reads back, and what saving reads."""
        return [("space.name", self.kind.name), *self._setting_pairs()]

    def pairs(self, **more: object) -> list[tuple[str, str]]:
        """Settings, input and `more`, for the pages of this kind; what is empty is left out."""
        given = {"at": self.at.choice.key, "classes": self.at.classes_text, **more}
        return [
            *self._setting_pairs(),
            *((name, str(value)) for name, value in given.items() if value not in ("", None)),
        ]

    def query(self, **more: object) -> str:
        return urlencode(self.pairs(**more))

    def _setting_pairs(self) -> list[tuple[str, str]]:
        """None where all settings have their defaults: most addresses stay short."""
        if self.space is not None and self.space.config == _defaults(self.kind):
            return []
        return [("space.shown", self.kind.name), *_pairs(self.fieldset)]

    @property
    def has_latency(self) -> bool:
        """Whether it holds networks that can be taken apart and measured."""
        return isinstance(self.space, Blueprinted)

    @property
    def latency_query(self) -> str:
        """For the form that measures a latency table of these settings."""
        given = {"name": self.kind.name, "config": self.space.config.as_json() if self.space is not None else {}}
        return urlencode({"given": json.dumps(given), "at": self.at.choice.key, "classes": self.at.classes_text})

    @property
    def run_query(self) -> str:
        """For the new-run form: these settings, and the data where there is some."""
        dataset = [("dataset", self.at.choice.dataset)] if self.at.choice.dataset else []
        return urlencode([*self.space_pairs(), *dataset])


def chosen_space(name: str, data: QueryDict, user: AnyUser) -> ChosenSpace:
    """Raises UnknownName when there is no such kind of space; anything else that is wrong is told in `errors`."""
    kind = registry.spaces.get(name)
    named = data.copy()
    named["space.name"] = name
    values = choice_from(named, "space")["config"]
    errors: list[FieldError] = []
    space: Space | None = None
    try:
        space = kind(kind.Config.parse(values, prefix=f"{PREFIX}."))
    except InvalidConfig as error:
        errors += error.errors
    except NasError as error:
        errors.append(FieldError(PREFIX, str(error)))
    inputs = tuple(input_choices(user, space))
    at = input_chosen(data, inputs)
    errors += at.errors
    limits_text = data.get("limits", "")[:500]
    limits: list[Constraint] = []
    for text in _limit_texts(limits_text):
        try:
            limits.append(Constraint.from_text(text))
        except InvalidConfig as error:
            errors += (FieldError("limits", e.message) for e in error.errors)
    if len(limits) > MOST_LIMITS:
        errors.append(FieldError("limits", _("at most %(most)d limits are possible") % {"most": MOST_LIMITS}))
    return ChosenSpace(
        kind=kind,
        values=values,
        space=space,
        at=at,
        inputs=inputs,
        limits_text=limits_text,
        limits=tuple(limits[:MOST_LIMITS]),
        seed=_seed(data.get("seed", "")),
        errors=tuple(errors),
    )


def chosen_of(space: Space, user: AnyUser) -> ChosenSpace:
    """A space that is known already, at the first input."""
    plain = chosen_space(space.name, QueryDict(), user)
    inputs = tuple(input_choices(user, space))
    at = input_chosen({}, inputs)
    return replace(plain, values=space.config.as_json(), space=space, inputs=inputs, at=at, errors=())


def _defaults(kind: type[Space]) -> Config | None:
    try:
        return kind.Config.parse(None)
    except InvalidConfig:
        return None


def _limit_texts(text: str) -> Iterator[str]:
    """`params ≤ 5M and macs <= 600 M` → one text per limit."""
    text = text.replace("≤", "<=").replace("≥", ">=")
    return (part for part in re.split(r"[,;\n]|\band\b", text) if part.strip())


def _seed(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 17 and int(text) <= LARGEST_SEED else 0


def _pairs(fieldset: Fieldset) -> Iterator[tuple[str, str]]:
    """What a browser would send of these controls."""
    for field in fieldset.fields:
        if field.kind == "checkbox":
            if field.is_checked:
                yield field.name, "true"
        elif field.kind == "checkboxes":
            yield from ((field.name, option.value) for option in field.options if option.is_chosen)
        else:
            yield field.name, field.value
    for inner in fieldset.nested:
        yield from _pairs(inner)
    for row_set in fieldset.row_sets:
        yield row_set.count_name, str(len(row_set.rows))
        for row in row_set.rows:
            yield from _pairs(row)


def _labels(fieldset: Fieldset) -> dict[str, str]:
    found = {field.name: field.label for field in fieldset.fields}
    for inner in fieldset.nested:
        found |= _labels(inner)
    for row_set in fieldset.row_sets:
        found[row_set.name] = row_set.label
        for row in row_set.rows:
            found |= {name: f"{row.title}: {label}" for name, label in _labels(row).items()}
    return found
