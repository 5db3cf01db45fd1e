"""ASHA, asynchronous successive halving, with promotions. Li et al. 2020 (MLSys), arXiv 1810.05934, algorithm 2.

Deviations: the inner strategy proposes instead of uniform draws; a rung looks at its latest results only, so that what is
remembered stays bounded; several objectives and constraints are understood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from numpy.random import Generator
from pydantic import model_validator

from nas.core.config import setting
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.core.view import View
from nas.strategies.fidelity_race import MAX_RUNGS, FidelityRace, FidelityRaceConfig, Runner
from nas.strategies.rung_entries import Entry, best_first, entries_as_json, entries_from_json


class AshaConfig(FidelityRaceConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"paper": {"reduction_factor": 4, "max_epochs": 256}}

    skipped_rungs: int = setting(
        0,
        title="Skipped rungs",
        description="Trainings begin that many rungs higher: later, safer judgements (the paper's s).",
        ge=0,
        lt=MAX_RUNGS,
        advanced=True,
    )
    remembered: int = setting(
        150,
        title="Remembered results",
        description="Latest results the lowest rung compares; each rung above remembers fewer by the reduction factor.",
        unit="trials",
        ge=10,
        le=10_000,
        advanced=True,
    )

    @model_validator(mode="after")
    def _leaves_a_rung(self) -> Self:
        if self.skipped_rungs >= len(self.ladder):
            raise ValueError(
                f"at most {len(self.ladder) - 1} of the {len(self.ladder)} rungs can be skipped, got {self.skipped_rungs}"
            )
        return self


class Asha(FidelityRace):
    """No rung waits: whoever is in the best 1/η of those judged at its rung so far goes on; else a newcomer begins."""

    name = "asha"
    title = "ASHA"
    summary = "Successive halving without waiting: a free worker trains on the best of a rung, or begins with a new candidate."
    source = "Li et al. 2020, arXiv 1810.05934"
    Config = AshaConfig

    config: AshaConfig

    def __init__(self, config: AshaConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._ladder = self._ladder[config.skipped_rungs :]
        factor = config.reduction_factor
        self._windows = [max(factor, -(-config.remembered // factor**rung)) for rung in range(len(self._ladder))]
        self._rungs: list[list[Entry]] = [[] for _ in self._ladder]  # in the order of arrival

    def _is_exhausted(self) -> bool:
        return self._inner.done() and not self._runners and not any(map(self._promotable, range(len(self._ladder))))

    def _promotable(self, rung: int) -> list[Entry]:
        """Those of the best ⌊n/η⌋ of a rung that were not promoted yet, the best first; nobody leaves the top rung."""
        if rung == len(self._ladder) - 1:
            return []
        entries = self._rungs[rung]
        best = best_first(entries, self.setup)[: len(entries) // self.config.reduction_factor]
        return [entry for entry in best if self._may_go_on(entry)]

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        for rung in reversed(range(len(self._ladder) - 1)):
            for entry in self._promotable(rung):
                return self._promotion(proposal_id, entry, bracket=0, rung=rung + 1)
        return self._newcomer(proposal_id, bracket=0, rung=0)

    def _enter(self, entry: Entry, runner: Runner) -> None:
        rung = self._rungs[runner.rung]
        rung.append(entry)
        if runner.rung == len(self._ladder) - 1 or entry.metrics is None:
            self._trimmed(entry)
        if len(rung) > self._windows[runner.rung]:
            gone = rung.pop(0)
            if not gone.is_promoted:
                self._release(gone.inner)
        going_on = {waiting.inner for place in range(len(self._ladder)) for waiting in self._promotable(place)}
        going_on |= {running.inner for running in self._runners.values()}
        for inner in sorted(self._held.keys() - going_on):
            self._release(inner)

    def _rules_changed(self) -> None:
        """Who waits and is allowed no more leaves its rung: it would keep others from being among the best of it."""
        for place, rung in enumerate(self._rungs[:-1]):
            leaving = [entry for entry in rung if self._is_waiting(entry) and not self._may_go_on(entry)]
            self._rungs[place] = [entry for entry in rung if entry not in leaving]
            for entry in leaving:
                self._release(entry.inner)

    @staticmethod
    def _is_waiting(entry: Entry) -> bool:
        return entry.genotype is not None and entry.metrics is not None and not entry.is_promoted

    def _waiting_entries(self) -> Iterable[Entry]:
        for rung in self._rungs[:-1]:
            yield from (entry for entry in rung if entry.genotype is not None and not entry.is_promoted)

    def views(self) -> list[View]:
        """The rungs with what they remember; then what the inner strategy shows."""
        return self._rungs_view((0, place, entry) for place, rung in enumerate(self._rungs) for entry in rung)

    def _save_race(self) -> Mapping[str, Any]:
        return {"rungs": [entries_as_json(rung) for rung in self._rungs]}

    def _load_race(self, data: Mapping[str, Any]) -> None:
        self._rungs = [entries_from_json(rung) for rung in data["rungs"]]
