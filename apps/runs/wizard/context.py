"""What a draft means so far: its problem and estimator if they can be made, and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser
from apps.datasets.library import PlatformDataLibrary, PlatformTableLibrary
from apps.datasets.selectors.references import references
from apps.runs.specification import RunSpecification
from apps.runs.wizard.config_form import References
from apps.runs.wizard.draft import CHOICES, Draft, config_class
from nas.core.errors import FieldError, InvalidConfig, NasError
from nas.core.estimator import Estimator
from nas.core.metric import METRICS, Metric, MetricSource
from nas.core.problem import Problem
from nas.core.space import Space


@dataclass(frozen=True, slots=True)
class Meaning:
    """Parts that cannot be made yet are None. `errors` are paths into the specification."""

    problem: Problem | None
    space: Space | None
    estimator: Estimator | None
    specification: RunSpecification | None
    errors: tuple[FieldError, ...]
    references: References = field(default_factory=dict)

    def metrics(self) -> tuple[Metric, ...]:
        """What may be an objective or be limited: costs, and what the estimator delivers."""
        delivered = set(METRICS)
        if self.estimator is not None and self.problem is not None:
            delivered = set(self.estimator.metrics(self.problem))
        return tuple(
            metric
            for metric in METRICS.values()
            if metric.source is MetricSource.COST
            or (metric.source is not MetricSource.TEST and metric.name in delivered)
        )


def meaning_of(draft: Draft, user: AnyUser) -> Meaning:
    """Make what can be made. References that `user` may not see are refused like unknown ones."""
    offered = references(user)
    hidden = _unknown_references(draft, offered)
    data, tables = PlatformDataLibrary(), PlatformTableLibrary()
    places = {error.field.partition(".")[0] for error in hidden}
    problem = None if "problem" in places else _made(draft, "problem", data)
    space = _made(draft, "space")
    estimator = None if "estimator" in places else _made(draft, "estimator", tables)
    specification = None
    errors = list(hidden)
    if not hidden:
        try:
            specification = RunSpecification.checked(draft.values, data=data, tables=tables)
        except InvalidConfig as error:
            errors += error.errors
    return Meaning(problem, space, estimator, specification, tuple(errors), offered)


def _unknown_references(draft: Draft, offered: References) -> list[FieldError]:
    errors = []
    for place in CHOICES:
        config, values = config_class(place, draft.choice(place)), draft.config(place)
        for name, info in config.model_fields.items():
            extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            kind = str(extra.get("refers_to", ""))
            value = values.get(name, info.get_default(call_default_factory=True, validated_data={}))
            known = {reference for reference, _label in offered.get(kind, ())}
            if kind and str(value) not in known:
                message = _("choose one from the list") if known else _("there is none yet; upload one first")
                errors.append(FieldError(f"{place}.config.{name}", message))
    return errors


def _made(draft: Draft, place: str, *library: Any) -> Any:
    """The chosen thing with its settings, or None while they are wrong (`RunSpecification.checked` says why)."""
    kind: Any = CHOICES[place].get(draft.choice(place))
    try:
        return kind(kind.Config.parse(draft.config(place)), *library)
    except NasError:
        return None
