"""The new-run page as plain values: five steps, each with its choices, fields and errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.runs.specification import RunSpecification
from apps.runs.wizard.config_form import Fieldset, Option, fieldset_for, refers_to
from apps.runs.wizard.context import Meaning
from apps.runs.wizard.draft import (
    CHOICES,
    MAX_CONSTRAINTS,
    MAX_OBJECTIVES,
    SEED_FIELDS,
    WORK_FIELDS,
    Draft,
    config_class,
)
from apps.runs.wizard.parameter_choices import PARAMETER
from apps.runs.wizard.reward_form import RewardPart, reward_part
from apps.runs.wizard.wording import name_in_words
from nas.core.budget import Budget
from nas.core.config import Config
from nas.core.errors import FieldError, InvalidConfig
from nas.core.metric import Metric
from nas.core.objective import Constraint, Objective

SPARE_CONSTRAINT_ROWS = 2
_SHOWN = {
    "name",
    "saved_name",
    "team",
    "budget",
    "objectives",
    "constraints",
    "reward",
    *CHOICES,
    *SEED_FIELDS,
    *WORK_FIELDS,
}


@dataclass(frozen=True, slots=True)
class Choosable:
    """One registered thing as a radio button."""

    name: str
    title: str
    summary: str
    source: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ChoiceSection:
    """What is chosen at one place ("strategy"), and its settings. `presets` are well-known settings, by name.

    `follows_space`: what its fields offer depends on the space, so they are asked for again when that changes.
    """

    place: str
    choosables: tuple[Choosable, ...]
    chosen: str
    fieldset: Fieldset
    presets: tuple[Option, ...]
    errors: tuple[str, ...]
    follows_space: bool = False

    @property
    def chosen_title(self) -> str:
        return next((one.title for one in self.choosables if one.is_chosen), self.chosen)

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or self.fieldset.has_errors


@dataclass(frozen=True, slots=True)
class Rows:
    """Repeated fields: objectives, constraints. `errors` concern all of them."""

    rows: tuple[Fieldset, ...]
    errors: tuple[str, ...]

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(row.has_errors for row in self.rows)


@dataclass(frozen=True, slots=True)
class WizardPage:
    problem: ChoiceSection
    space: ChoiceSection
    strategy: ChoiceSection
    estimator: ChoiceSection
    budget: Fieldset
    seeds: Fieldset
    objectives: Rows
    constraints: Rows
    reward: RewardPart | None
    work: Fieldset
    suggested_name: str
    general_errors: tuple[str, ...]

    def steps(self) -> list[tuple[str, str, bool]]:
        """(key, title, whether something in it is wrong), in order."""
        return [
            ("problem", _("Problem"), self.problem.has_errors),
            ("space", _("Search space"), self.space.has_errors),
            ("strategy", _("Strategy"), self.strategy.has_errors),
            (
                "estimator",
                _("Estimator and budget"),
                any(part.has_errors for part in (self.estimator, self.budget, self.seeds)),
            ),
            (
                "objectives",
                _("Objectives and workers"),
                any(part.has_errors for part in (self.objectives, self.constraints, self.reward, self.work) if part),
            ),
        ]


def wizard_page(meaning: Meaning, errors: Sequence[FieldError] = ()) -> WizardPage:
    """The page of a draft. `errors` are those to show; a fresh draft shows none, even where it is not complete."""
    sections = {place: choice_section(place, meaning, errors) for place in CHOICES}
    draft = meaning.draft
    budget = draft.values.get("budget")
    return WizardPage(
        **sections,
        budget=fieldset_for(Budget, budget if isinstance(budget, dict) else {}, prefix="budget", errors=errors),
        seeds=seed_fields(draft, errors),
        objectives=objective_rows(meaning, errors),
        constraints=constraint_rows(meaning, errors),
        reward=reward_part(draft.values, meaning.metrics(), errors),
        work=fieldset_for(RunSpecification, draft.values, prefix="", errors=errors, only=WORK_FIELDS),
        suggested_name=suggested_name(meaning),
        general_errors=tuple(_(e.message) for e in errors if e.field.partition(".")[0] not in _SHOWN),
    )


def seed_fields(draft: Draft, errors: Sequence[FieldError] = ()) -> Fieldset:
    """How many seeds, and whether random search runs beside each."""
    return fieldset_for(RunSpecification, draft.values, prefix="", errors=errors, only=SEED_FIELDS)


def choice_section(place: str, meaning: Meaning, errors: Sequence[FieldError] = ()) -> ChoiceSection:
    draft = meaning.draft
    chosen = draft.choice(place)
    config = config_class(place, chosen)
    classes = {name: CHOICES[place].get(name) for name in CHOICES[place]}
    return ChoiceSection(
        place=place,
        choosables=tuple(
            Choosable(name, _(kind.title), _(kind.summary), kind.source, name == chosen)
            for name, kind in classes.items()
        ),
        chosen=chosen,
        fieldset=fieldset_for(
            config, draft.config(place), prefix=f"{place}.config", errors=errors, references=meaning.references
        ),
        presets=tuple(Option(name, name_in_words(name), is_chosen=False) for name in config.presets),
        errors=tuple(_(e.message) for e in errors if e.field in (place, f"{place}.name")),
        follows_space=refers_to(config, PARAMETER),
    )


def objective_rows(meaning: Meaning, errors: Sequence[FieldError] = ()) -> Rows:
    return _rows("objectives", Objective, meaning, errors, num_rows=MAX_OBJECTIVES)


def constraint_rows(meaning: Meaning, errors: Sequence[FieldError] = ()) -> Rows:
    used = len(meaning.draft.values.get("constraints", ()))
    num_rows = min(MAX_CONSTRAINTS, used + SPARE_CONSTRAINT_ROWS)
    return _rows("constraints", Constraint, meaning, errors, num_rows=num_rows)


def _rows(place: str, config: type[Config], meaning: Meaning, errors: Sequence[FieldError], *, num_rows: int) -> Rows:
    values: list[Any] = list(meaning.draft.values.get(place, ()))
    offered = {"metric": [("", _("None")), *((m.name, _metric_label(m)) for m in meaning.metrics())]}
    rows = tuple(
        fieldset_for(
            config,
            values[index] if index < len(values) else {},
            prefix=f"{place}.{index}",
            errors=errors,
            references=offered,
        )
        for index in range(num_rows)
    )
    return Rows(rows=rows, errors=tuple(_(e.message) for e in errors if e.field == place))


def _metric_label(metric: Metric) -> str:
    return f"{_(metric.title)} ({metric.unit})" if metric.unit else _(metric.title)


def suggested_name(meaning: Meaning) -> str:
    """A name that says strategy, space and data."""
    draft = meaning.draft
    strategy = CHOICES["strategy"].get(draft.choice("strategy")).title
    space = CHOICES["space"].get(draft.choice("space")).title
    chosen = {str(value) for name, value in draft.config("problem").items() if name not in _without_effect(draft)}
    data = next((label for value, label in meaning.references.get("dataset", ()) if value in chosen), "")
    parts = (_(strategy), _(space), str(data)) if data else (_(strategy), _(space))
    return " · ".join(dict.fromkeys(parts))[:300]  # a strategy may be called as its space


def _without_effect(draft: Draft) -> frozenset[str]:
    """Settings of the problem that change nothing; none while others are wrong."""
    try:
        return config_class("problem", draft.choice("problem")).parse(draft.config("problem")).without_effect
    except InvalidConfig:
        return frozenset()
