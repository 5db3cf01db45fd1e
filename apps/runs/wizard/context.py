"""What a draft means so far: its problem and estimator if they can be made, and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser
from apps.datasets.library import PlatformDataLibrary, PlatformTableLibrary
from apps.datasets.selectors.references import references
from apps.runs.specification import RunSpecification
from apps.runs.wizard.config_form import References, referring_fields
from apps.runs.wizard.draft import CHOICES, Draft, config_class
from apps.runs.wizard.parameter_choices import PARAMETER, parameter_choices
from apps.runs.wizard.wording import how_to_get_one
from nas.core.errors import FieldError, InvalidConfig, NasError
from nas.core.estimator import Estimator
from nas.core.metric import METRICS, REWARD, Metric, MetricSource
from nas.core.problem import Problem
from nas.core.space import Space


@dataclass(frozen=True, slots=True)
class Meaning:
    """Parts that cannot be made yet are None. `errors` are paths into the specification."""

    draft: Draft
    problem: Problem | None
    space: Space | None
    estimator: Estimator | None
    specification: RunSpecification | None
    errors: tuple[FieldError, ...]
    references: References = field(default_factory=dict)

    def metrics(self) -> tuple[Metric, ...]:
        """What may be an objective or be limited: costs, what the estimator delivers, and the reward made from them."""
        delivered = set(METRICS)
        if self.estimator is not None and self.problem is not None:
            delivered = {REWARD, *self.estimator.metrics(self.problem)}
        return tuple(
            metric
            for metric in METRICS.values()
            if metric.source is MetricSource.COST
            or (metric.source in (MetricSource.QUALITY, MetricSource.DEVICE) and metric.name in delivered)
        )


def headline_follows(meaning: Meaning, before: str) -> Meaning:
    """After another problem was chosen the first objective that measures quality is what the new one is about.

    Args:
      before: the problem whose settings were shown until then.
    """
    problem, objectives = meaning.problem, meaning.draft.values.get("objectives", ())
    if problem is None or before == meaning.draft.choice("problem"):
        return meaning
    headline = METRICS[problem.metrics()[0]]
    changed = [dict(row) for row in objectives]
    quality = [
        row for row in changed if row["metric"] in METRICS and METRICS[row["metric"]].source is MetricSource.QUALITY
    ]
    if headline not in meaning.metrics() or not quality or any(row["metric"] == headline.name for row in quality):
        return meaning
    quality[0].update(metric=headline.name, direction=headline.direction.value)
    return replace(meaning, draft=replace(meaning.draft, values={**meaning.draft.values, "objectives": changed}))


def meaning_of(draft: Draft, user: AnyUser) -> Meaning:
    """Make what can be made, and look for everything that is wrong at once, not for the first thing only.

    References that `user` may not see are refused like unknown ones. One that nobody chose yet is filled in.
    """
    offered = references(user)
    draft = _with_first_offered(draft, offered)
    hidden = _unknown_references(draft, offered)
    places = {error.field.partition(".")[0] for error in hidden}
    data, tables = PlatformDataLibrary(), PlatformTableLibrary()
    libraries: dict[str, tuple[Any, ...]] = {"problem": (data,), "estimator": (tables,)}
    made: dict[str, Any] = {}
    errors = list(hidden)
    for place in CHOICES:
        made[place] = None
        if place not in places and place != "strategy":
            made[place] = _made(draft, place, libraries.get(place, ()))
        errors += _config_errors(draft, place)
    specification = None
    if not hidden:
        try:
            specification = RunSpecification.checked(draft.values, data=data, tables=tables)
        except InvalidConfig as error:
            errors += error.errors
    return Meaning(
        draft=draft,
        problem=made["problem"],
        space=made["space"],
        estimator=made["estimator"],
        specification=specification,
        errors=tuple(dict.fromkeys(errors)),
        references={**offered, PARAMETER: parameter_choices(made["space"])},
    )


def _with_first_offered(draft: Draft, offered: References) -> Draft:
    """Where a default names something that is not there, the first there is; what a person chose is left alone."""
    values = dict(draft.values)
    for place in CHOICES:
        config = draft.config(place)
        for name, kind in referring_fields(config_class(place, draft.choice(place))).items():
            known = [reference for reference, _label in offered.get(kind, ())]
            default = config_class(place, draft.choice(place)).model_fields[name].default
            if name not in config and known and default is not None and default not in known:
                values[place] = {"name": draft.choice(place), "config": {**config, name: known[0]}}
    return replace(draft, values=values)


def _unknown_references(draft: Draft, offered: References) -> list[FieldError]:
    errors = []
    for place in CHOICES:
        kind_of_config, values = config_class(place, draft.choice(place)), draft.config(place)
        for name, kind in referring_fields(kind_of_config).items():
            value = values.get(name, kind_of_config.model_fields[name].default)
            known = {reference for reference, _label in offered.get(kind, ())}
            if value is not None and str(value) not in known:
                message = _("choose one from the list") if known else how_to_get_one(kind)
                errors.append(FieldError(f"{place}.config.{name}", message))
    return errors


def _config_errors(draft: Draft, place: str) -> list[FieldError]:
    try:
        config_class(place, draft.choice(place)).parse(draft.config(place), prefix=f"{place}.config.")
    except InvalidConfig as error:
        return list(error.errors)
    return []


def _made(draft: Draft, place: str, libraries: tuple[Any, ...]) -> Any:
    """The chosen thing with its settings, or None while they are wrong."""
    kind: Any = CHOICES[place].get(draft.choice(place))
    try:
        return kind(kind.Config.parse(draft.config(place)), *libraries)
    except NasError:
        return None
