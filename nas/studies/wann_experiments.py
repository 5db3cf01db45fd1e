"""Everything there is to try on one weight agnostic topology: ways to give it weights, other searches, dense networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from nas.core.config import Config as BaseConfig
from nas.core.setup import SearchSetup
from nas.core.study import StudyProgress, StudyRequest
from nas.core.view import View
from nas.spaces.wann import Wann
from nas.wann.experiment_plan import ExperimentPlanConfig, refusal
from nas.wann.experiment_results import PlanState
from nas.wann.experiment_views import experiment_views
from nas.wann.experiments_together import views_together


class WannExperiments:
    """Its `known` is the JSON of `PlanState`."""

    name: ClassVar[str] = "wann_experiments"
    title: ClassVar[str] = "Weights for one topology"
    summary: ClassVar[str] = (
        "Tunes the weights of a topology in several ways with one budget, repeats its search without some activations, and "
        "trains fully connected networks of the same size."
    )
    source: ClassVar[str] = "Gaier and Ha 2019, arXiv 1906.04358, sections 4 and A"
    version: ClassVar[int] = 1
    Config: ClassVar[type[BaseConfig]] = ExperimentPlanConfig

    def __init__(self, config: ExperimentPlanConfig) -> None:
        self._config = config

    @classmethod
    def refusal(cls, setup: SearchSetup, *, has_weights: bool) -> str | None:
        if not isinstance(setup.space, Wann):
            return ""
        return refusal(setup.problem)

    def run(
        self,
        request: StudyRequest,
        *,
        should_stop: Callable[[], bool],
        on_progress: Callable[[StudyProgress], None],
    ) -> Mapping[str, Any]:
        from nas.wann.experiments import run_plan

        return run_plan(
            request.setup.problem,
            request.genotype,
            self._config,
            seed=request.seed,
            device=request.device,
            known=PlanState.from_json(request.known) if request.known else None,
            should_stop=should_stop,
            on_progress=on_progress,
        ).as_json()

    @classmethod
    def views(cls, known: Mapping[str, Any]) -> list[View]:
        return experiment_views(PlanState.from_json(known)) if known else []

    @classmethod
    def views_together(cls, known: Sequence[Mapping[str, Any]]) -> list[View]:
        return views_together([PlanState.from_json(each) for each in known])
