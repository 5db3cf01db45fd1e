"""Front, hypervolume and best value of one replica, kept up to date one told result at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.runs.models import Replica, Run, Trial
from apps.runs.specification import RunSpecification
from nas.analysis.hypervolume import hypervolume
from nas.analysis.pareto import Front
from nas.core.metric import Direction

REFERENCE_TRIALS = 10
"""Trials after which an objective without a natural worst value (latency, loss) gets its reference: 1.1 × the worst seen."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one told trial changed. `added`: it is on the front; `removed`: ids that it pushed off."""

    hypervolume: float | None
    best: float | None
    spent: float
    added: bool
    removed: tuple[int, ...]


class Progress:
    """Ids are trial numbers. `reference`: raw units, None where it is not known yet."""

    def __init__(self, specification: RunSpecification, reference: list[float | None]) -> None:
        self.objectives = specification.objectives
        self.reference = list(reference)
        self.front: Front[int] = Front(len(self.objectives))
        self.losses: dict[int, tuple[float, ...]] = {}
        self.best: float | None = None
        self.hypervolume: float | None = None
        self.num_told = 0
        self.spent = 0.0  # seconds on a device, of what was told so far
        self._worst: list[float | None] = [None] * len(self.objectives)
        self._num_feasible = 0

    @classmethod
    def of(cls, run: Run, replica: Replica, specification: RunSpecification) -> Progress:
        """As it stands in the database."""
        progress = cls(specification, run.reference_point)
        on_front = Trial.objects.filter(replica=replica, on_front=True).order_by("told_order")
        for number, *values in on_front.values_list("number", "value_0", "value_1", "value_2"):
            progress._enter(number, progress._known(values))
        progress.best, progress.hypervolume = replica.best, replica.hypervolume
        told_so_far = Trial.objects.filter(replica=replica, told_order__isnull=False)
        progress.num_told = told_so_far.count()
        progress.spent = replica.spent_seconds
        if None in progress.reference:
            told = told_so_far.filter(is_feasible=True, value_0__isnull=False)
            for (*values,) in told.order_by("told_order").values_list("value_0", "value_1", "value_2")[
                :REFERENCE_TRIALS
            ]:
                progress._note_worst(progress._known(values))
        return progress

    def tell(self, number: int, values: tuple[float | None, ...], *, counts: bool, cost_seconds: float = 0.0) -> Step:
        """`counts`: it completed and keeps the constraints; else it only adds to what was told and spent."""
        self.num_told += 1
        self.spent += cost_seconds
        if not counts or any(value is None for value in values):
            return Step(self.hypervolume, self.best, self.spent, added=False, removed=())
        known: tuple[float, ...] = tuple(value for value in values if value is not None)
        self._note_worst(known)
        first = self.objectives[0]
        if self.best is None or first.loss(known[0]) < first.loss(self.best):
            self.best = known[0]
        added, removed = self._enter(number, known)
        if added or removed or self.hypervolume is None:
            self._measure()
        return Step(self.hypervolume, self.best, self.spent, added=added, removed=removed)

    def spend(self, seconds: float) -> None:
        """What was told cost so much beside its trials: the training of shared weights, scores taken with them."""
        self.spent += seconds

    def adopt(self, reference: list[float | None]) -> None:
        """Measure against this point from now on."""
        if reference != self.reference:
            self.reference = list(reference)
            self._measure()

    def _known(self, columns: Sequence[float | None]) -> tuple[float, ...]:
        """The objectives' values out of the three columns of a trial that has them all."""
        return tuple(value for value in columns[: len(self.objectives)] if value is not None)

    def _enter(self, number: int, values: tuple[float, ...]) -> tuple[bool, tuple[int, ...]]:
        losses = tuple(o.loss(v) for o, v in zip(self.objectives, values, strict=True))
        change = self.front.add(number, losses)
        removed = tuple(change.removed)
        for gone in removed:
            del self.losses[gone]
        if change.added:
            self.losses[number] = losses
        return bool(change.added), removed

    def _note_worst(self, values: tuple[float, ...]) -> None:
        if None not in self.reference:
            return
        self._num_feasible += 1
        for i, (objective, value) in enumerate(zip(self.objectives, values, strict=True)):
            worst = self._worst[i]
            if worst is None or objective.loss(value) > objective.loss(worst):
                self._worst[i] = value
        if self._num_feasible >= REFERENCE_TRIALS:
            for i, objective in enumerate(self.objectives):
                worst = self._worst[i]
                if self.reference[i] is None and worst is not None:
                    slack = 0.1 * abs(worst)
                    self.reference[i] = worst - slack if objective.direction is Direction.MAXIMISE else worst + slack
            self._measure()

    def _measure(self) -> None:
        if any(value is None for value in self.reference):
            return
        reference = [o.loss(r) for o, r in zip(self.objectives, self.reference, strict=True) if r is not None]
        self.hypervolume = hypervolume(list(self.losses.values()), reference)
