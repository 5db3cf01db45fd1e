"""What the run page, the panel of a trial and the form show of studies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.runs.models import Run, Trial
from apps.runs.wizard.config_form import Fieldset, fieldset_for
from apps.studies.models import Study
from apps.studies.selectors.offers import Offer
from apps.studies.selectors.page import study_title
from apps.studies.selectors.studies import study_list
from nas.core.errors import FieldError

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class OfferCard:
    """A study that can be started, with the form of its settings."""

    offer: Offer
    fieldset: Fieldset
    seed: str
    errors: Sequence[FieldError]

    @property
    def prefix(self) -> str:
        return settings_prefix(self.offer.name)

    @property
    def seed_errors(self) -> list[str]:
        return [error.message for error in self.errors if error.field == "seed"]

    @property
    def other_errors(self) -> list[str]:
        """What is wrong with neither the seed nor a setting."""
        return [e.message for e in self.errors if e.field != "seed" and not e.field.startswith(f"{self.prefix}.")]


def settings_prefix(kind: str) -> str:
    """Of the names of its fields: several studies may be offered on one page."""
    return f"study.{kind}"


def offer_card(
    offer: Offer, *, values: Mapping[str, Any] | None = None, seed: str = "0", errors: Iterable[FieldError] = ()
) -> OfferCard:
    """`values`, `seed`, `errors`: of a form that was sent."""
    wrong = tuple(errors)
    fieldset = fieldset_for(offer.kind.Config, values or {}, prefix=settings_prefix(offer.name), errors=wrong)
    return OfferCard(offer, fieldset, seed, wrong)


def studies_shown(run: Run, trial: Trial | None = None) -> Sequence[tuple[Study, str]]:
    """The newest with their titles."""
    return [(study, study_title(study)) for study in study_list(run=run, trial=trial)[:MOST_SHOWN]]
