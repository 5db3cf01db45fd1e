"""Hyper-parameter search: samplers and pruners of Optuna behind our ask and tell. Akiba et al. 2019, arXiv 1907.10902.

Deviations: a pruner decides between parts of a training, each a proposal that goes on from the checkpoint of the one
before; what the study knows is bounded; costs that break a constraint are drawn again instead of trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from numpy.random import Generator

from nas.core.errors import InvalidConfig
from nas.core.estimator import LimitedFidelity
from nas.core.intervention import AddArchitecture, ForStrategy
from nas.core.proposal import Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.strategy import AskTell
from nas.core.view import View
from nas.strategies.hpo_config import HpoConfig
from nas.strategies.named_choices import named_choices
from nas.strategies.optuna_study import OptunaStudy


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a training: of which trial (its first proposal), how many parts came before, what it goes on from."""

    trial: int
    place: int
    after: int | None = None
    genotype: Genotype | None = None


class Hpo(AskTell):
    """Each trial is a trial of the study; with a pruner it has as many proposals as it is allowed parts."""

    name = "hpo"
    title = "Hyper-parameter search"
    summary = (
        "Optuna's samplers learn which values of each parameter do well; its pruners stop trainings that fall behind."
    )
    source = "Akiba et al. 2019, arXiv 1907.10902"
    Config = HpoConfig

    config: HpoConfig

    def __init__(self, config: HpoConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        if config.plans_fidelity and len(setup.objectives) > 1:
            raise InvalidConfig.at("pruner", f"a pruner judges one objective, this run has {len(setup.objectives)}")
        if config.plans_fidelity and isinstance(setup.estimator, LimitedFidelity):
            for place in range(len(config.checks)):
                try:
                    setup.estimator.check_fidelity(self._fidelity(place))
                except InvalidConfig as error:
                    said = "; ".join(one.message for one in error.errors)
                    raise InvalidConfig.at("check_every", said) from None
        self._study = OptunaStudy(config, setup, named_choices(setup.space))
        self._parts: dict[int, Part] = {}  # proposal → what it trains
        self._waiting: list[Part] = []  # parts that may begin

    def _fidelity(self, place: int) -> dict[str, int]:
        if not self.config.plans_fidelity:
            return {}
        return {"epochs": self.config.checks[place], "schedule_epochs": self.config.max_epochs}

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        while self._waiting:
            part = self._waiting.pop(0)
            if part.genotype is not None and self.setup.is_feasible(part.genotype):
                self._parts[proposal_id] = replace(part, genotype=None)
                return Proposal(
                    proposal_id,
                    part.genotype,
                    fidelity=self._fidelity(part.place),
                    parents=() if part.after is None else (part.after,),
                    operator="promote",
                    continues=part.after,
                    began_as=part.trial,
                )
            self._study.finish(part.trial, "pruned", {})  # a constraint was changed since
        genotype = self._study.propose(proposal_id, rng, self._draw_feasible)
        self._parts[proposal_id] = Part(proposal_id, 0)
        return Proposal(proposal_id, genotype, fidelity=self._fidelity(0), operator=self.config.sampler)

    def _learn(self, proposal: Proposal, result: Result) -> None:
        part = self._parts.pop(proposal.id, None)
        if part is None:
            self._learn_from_aside(proposal, result)
        elif not result.status.is_ok:
            self._study.finish(part.trial, "failed", {})
        elif not self.config.plans_fidelity:
            self._study.finish(part.trial, "complete", result.metrics)
        else:
            value = result.metrics[self.setup.objectives[0].metric]
            stops = self._study.report(part.trial, self.config.checks[part.place], value)
            if part.place == len(self.config.checks) - 1:
                self._study.finish(part.trial, "complete", result.metrics)
            elif stops:
                self._study.finish(part.trial, "pruned", result.metrics)
            else:
                self._waiting.append(Part(part.trial, part.place + 1, proposal.id, proposal.genotype))

    def _learn_from_aside(self, proposal: Proposal, result: Result) -> None:
        """What a person asked for: a trial of the study when it was trained to the end."""
        is_whole = proposal.fidelity == self._fidelity(len(self.config.checks) - 1)
        if result.status.is_ok and proposal.genotype is not None and is_whole:
            self._study.add(proposal.id, proposal.genotype, result.metrics)

    def intervene(self, change: ForStrategy) -> None:
        super().intervene(change)
        if isinstance(change, AddArchitecture):
            # Trained fully at once: a person wants to know how good it is.
            self._queue[-1] = replace(self._queue[-1], fidelity=self._fidelity(len(self.config.checks) - 1))

    def _rules_changed(self) -> None:
        self._study.change(self.setup)

    def checkpoints_needed(self) -> frozenset[int]:
        """As `ContinuesTrainings` says."""
        on_the_way = (proposal.continues for proposal in (*self._pending.values(), *self._queue))
        return frozenset(c for c in (*on_the_way, *(part.after for part in self._waiting)) if c is not None)

    def _save(self) -> Mapping[str, Any]:
        return {
            "study": self._study.as_json(),
            "parts": [[number, asdict(part)] for number, part in self._parts.items()],
            "waiting": [asdict(part) for part in self._waiting],
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self._study.load(data["study"], self.setup)
        self._parts = {int(number): Part(**part) for number, part in data["parts"]}
        self._waiting = [Part(**part) for part in data["waiting"]]

    def views(self) -> list[View]:
        """Every remembered trial's values and what came of it."""
        metric = self.setup.objectives[0].metric
        rows = [(trial, self._study.values(trial)) for trial in self._study.trials if trial.state != "running"]
        names = sorted({name for _, values in rows for name in values})
        columns: dict[str, Any] = {
            "id": [trial.id for trial, _ in rows],
            "ended": [trial.state for trial, _ in rows],
            "value": [trial.metrics.get(metric) for trial, _ in rows],
            "parameters": {name: [values.get(name) for _, values in rows] for name in names},
            "scales": self._study.scales(),
            "metric": metric,
        }
        return [View("slices", "Values of each parameter", "slices", columns)]
