"""Which studies the architectures of a run can be looked at with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.exports.selectors.choices import choice_of, keeps_networks
from apps.runs.engine import setup_of, specification_of
from apps.runs.models import Run, Trial
from apps.runs.selectors.trials import trial_best, trial_get
from apps.runs.states import TRIAL_OK
from apps.studies.models import Study
from nas import registry
from nas.core.errors import NasError
from nas.core.setup import SearchSetup
from nas.core.study import Study as EngineStudy


@dataclass(frozen=True, slots=True)
class Offer:
    """`refusal`: why it is not possible here, in words; "" where it is."""

    kind: type[EngineStudy]
    refusal: str

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def title(self) -> str:
        return _(self.kind.title)

    @property
    def summary(self) -> str:
        return _(self.kind.summary)

    @property
    def source(self) -> str:
        return self.kind.source


def run_offers(run: Run) -> list[Offer]:
    """For the run's architectures in general: whether their weights are kept is a question of its estimator."""
    return _offers(run, replica=0, has_weights=keeps_networks(run))


def trial_offers(trial: Trial) -> list[Offer]:
    """For one trial. Its run, replica and proposal come with it."""
    if trial.state not in TRIAL_OK:
        return []
    return _offers(trial.run, replica=trial.replica.number, has_weights=choice_of(trial).checkpoint is not None)


def run_has_studies(run: Run) -> bool:
    """Whether its page has anything to show of studies."""
    return any(not offer.refusal for offer in run_offers(run)) or Study.objects.filter(run=run).exists()


def best_trial(run: Run) -> Trial | None:
    """The best of the first objective, which a study is about when nobody names another."""
    descending = specification_of(run).objectives[0].direction == "maximise"
    found = trial_best(run=run, descending=descending)
    return None if found is None else trial_get(run=run, replica=found.replica.number, number=found.number)


def _offers(run: Run, *, replica: int, has_weights: bool) -> list[Offer]:
    """Those that are a question there at all; none where what the run needs is gone.

    None where results come from a benchmark table either: pages do without reading it.
    """
    if run.table_id is not None or not registry.studies.names():
        return []
    try:
        setup = setup_of(run, replica=replica)
    except NasError:
        return []
    return list(_answers(setup, has_weights=has_weights))


def _answers(setup: SearchSetup, *, has_weights: bool) -> Iterator[Offer]:
    for name in registry.studies:
        kind = registry.studies.get(name)
        refusal = kind.refusal(setup, has_weights=has_weights)
        if refusal != "":
            yield Offer(kind, refusal or "")
