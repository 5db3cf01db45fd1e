"""The median stopping rule: a training whose best value so far is worse than the middle of what others averaged is stopped.
Golovin et al. 2017 (Google Vizier, KDD), section 3.2.

Deviations: values are looked at where a part of the training ends, not after every epoch; with several objectives a training
is stopped only when it is worse in each of them; only the latest whole trainings are compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from pydantic import model_validator

from nas.core.config import setting
from nas.core.metric import Direction
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.core.view import View
from nas.strategies.fidelity_race import FidelityRace, InnerConfig, Runner
from nas.strategies.rung_entries import Entry, entries_from_json

MAX_CHECKS = 100
"""Parts that a training may be cut into: each is a trial of its own."""

SHOWN = 40
"""Latest stopped trainings that the picture shows, and as many whole ones."""


class MedianStoppingConfig(InnerConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"long": {"check_every": 9, "max_epochs": 27}}

    check_every: int = setting(
        3,
        title="Check every",
        description="Length of a part of a training, after which it is judged.",
        unit="epochs",
        ge=1,
        le=10_000,
    )
    max_epochs: int = setting(
        12,
        title="Longest training",
        description="What is never stopped trains so long, in place of the estimator's own setting.",
        unit="epochs",
        ge=1,
        le=10_000,
    )
    num_startup: int = setting(
        5,
        title="Never stopped before",
        description="Whole trainings that the rule waits for.",
        unit="trainings",
        ge=1,
        le=1_000,
    )
    warmup_epochs: int = setting(
        0, title="Warm-up", description="Nothing is stopped before it trained so long.", unit="epochs", ge=0, le=10_000
    )
    remembered: int = setting(
        500,
        title="Remembered trainings",
        description="Latest whole trainings that others are compared with.",
        unit="trainings",
        ge=5,
        le=5_000,
        advanced=True,
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.ladder) > MAX_CHECKS:
            raise ValueError(
                f"{self.max_epochs} epochs in parts of {self.check_every} are {len(self.ladder)} checks; "
                f"at most {MAX_CHECKS} are possible: check less often"
            )
        if self.num_startup > self.remembered:
            raise ValueError(
                f"as many trainings as the rule waits for ({self.num_startup}) must be remembered, got {self.remembered}"
            )
        return self

    @property
    def ladder(self) -> tuple[int, ...]:
        """Epochs after each part, the whole training last."""
        return (*range(self.check_every, self.max_epochs, self.check_every), self.max_epochs)

    @property
    def ladder_setting(self) -> str:
        return "max_epochs"


Curve = Sequence[Sequence[float]]
"""(num_checks so far, num_objectives): losses, smaller is better."""


def is_behind(curve: Curve, averages: npt.NDArray[np.float64]) -> bool:
    """Whether the best losses of `curve` so far are all worse than the medians of others at the same check.

    Args:
      averages: (num_trainings, num_checks, num_objectives), the running averages of the losses of whole trainings.
    """
    best = np.min(np.asarray(curve, dtype=np.float64), axis=0)
    medians = np.median(averages[:, len(curve) - 1], axis=0)
    return bool(np.all(best > medians))


def running_averages(curve: Curve) -> npt.NDArray[np.float64]:
    """(num_checks, num_objectives): at each check the mean of the losses up to it."""
    losses = np.asarray(curve, dtype=np.float64)
    means: npt.NDArray[np.float64] = np.cumsum(losses, axis=0) / np.arange(1, len(losses) + 1)[:, None]
    return means


class MedianStopping(FidelityRace):
    """A candidate trains in parts along the whole schedule and goes on before newcomers begin, unless the rule stops it."""

    name = "median_stopping"
    title = "Median stopping"
    summary = (
        "Stops a training whose best value so far is worse than the median of what whole trainings averaged until then."
    )
    source = "Golovin et al. 2017 (KDD), doi 10.1145/3097983.3098043"
    Config = MedianStoppingConfig

    config: MedianStoppingConfig

    def __init__(self, config: MedianStoppingConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._waiting: list[tuple[int, Entry]] = []  # who goes on: the part that comes next
        self._curves: dict[int, list[list[float]]] = {}  # by inner proposal, of those on their way
        self._whole: list[tuple[int, list[list[float]]]] = []  # the latest: number of the first trial, curve
        self._stopped: list[tuple[int, list[list[float]]]] = []

    def _is_exhausted(self) -> bool:
        return self._inner.done() and not self._waiting and not self._runners

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        while self._waiting:
            part, entry = self._waiting.pop(0)
            if self._may_go_on(entry):
                return self._promotion(proposal_id, entry, bracket=0, rung=part)
            self._end(entry, self._stopped, SHOWN)  # what is allowed was changed since
        return self._newcomer(proposal_id, bracket=0, rung=0)

    def _enter(self, entry: Entry, runner: Runner) -> None:
        curve = self._curves.setdefault(entry.inner, [])
        if entry.metrics is None:
            del self._curves[entry.inner]  # a failed training is compared with nobody
            self._release(entry.inner)
            return
        curve.append([objective.loss(entry.metrics[objective.metric]) for objective in self.setup.objectives])
        if runner.rung == len(self._ladder) - 1:
            self._end(entry, self._whole, self.config.remembered)
        elif self._stops(curve, runner.rung):
            self._end(entry, self._stopped, SHOWN)
        else:
            self._waiting.append((runner.rung + 1, entry))

    def _stops(self, curve: Curve, rung: int) -> bool:
        if len(self._whole) < self.config.num_startup or self._ladder[rung] < self.config.warmup_epochs:
            return False
        return is_behind(curve, np.stack([running_averages(whole) for _, whole in self._whole]))

    def _end(self, entry: Entry, among: list[tuple[int, list[list[float]]]], room: int) -> None:
        among.append((entry.root, self._curves.pop(entry.inner)))
        del among[:-room]
        self._release(entry.inner)

    def _waiting_entries(self) -> Iterable[Entry]:
        return (entry for _, entry in self._waiting)

    def _save_race(self) -> Mapping[str, Any]:
        return {
            "waiting": [[part, asdict(entry)] for part, entry in self._waiting],
            "curves": [[inner, list(curve)] for inner, curve in self._curves.items()],
            "whole": [list(one) for one in self._whole],
            "stopped": [list(one) for one in self._stopped],
        }

    def _load_race(self, data: Mapping[str, Any]) -> None:
        entries = entries_from_json(entry for _, entry in data["waiting"])
        self._waiting = [(int(part), entry) for (part, _), entry in zip(data["waiting"], entries, strict=True)]
        self._curves = {int(inner): curve for inner, curve in data["curves"]}
        self._whole = [(int(root), curve) for root, curve in data["whole"]]
        self._stopped = [(int(root), curve) for root, curve in data["stopped"]]

    def views(self) -> list[View]:
        """Best values so far of the latest trainings, and the medians they were held against; then the inner strategy's."""
        objective = self.setup.objectives[0]
        sign = -1.0 if objective.direction is Direction.MAXIMISE else 1.0
        roots = {runner.inner: runner.root for runner in self._runners.values()}
        roots |= {entry.inner: entry.root for _, entry in self._waiting}
        shown = [("whole", root, curve) for root, curve in self._whole[-SHOWN:]]
        shown += [("stopped", root, curve) for root, curve in self._stopped]
        shown += [("running", roots[inner], curve) for inner, curve in self._curves.items()]
        rows = [
            (root, ended, self._ladder[place], sign * min(losses[0] for losses in curve[: place + 1]))
            for ended, root, curve in shown
            for place in range(len(curve))
        ]
        medians: list[float] = []
        if len(self._whole) >= self.config.num_startup:
            averages = np.stack([running_averages(curve)[:, 0] for _, curve in self._whole])
            medians = [sign * float(median) for median in np.median(averages, axis=0)]
        columns: dict[str, Any] = {
            "candidate": [root for root, _, _, _ in rows],
            "ended": [ended for _, ended, _, _ in rows],
            "epochs": [epochs for _, _, epochs, _ in rows],
            "best": [best for _, _, _, best in rows],
            "median": {"at": list(self._ladder[: len(medians)]), "value": medians},
            "metric": objective.metric,
        }
        return [View("stopping", "Stopped and kept", "stopping", columns), *self._inner.views()]
