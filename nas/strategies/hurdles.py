"""Progressive dynamic hurdles: evolution that trains on only who is better than the population was. So, Liang and Le 2019,
arXiv 1901.11117, section 3.2; the evolution inside is the tournament of Real et al. 2017, arXiv 1703.01041.

Deviations: each stage is a proposal of its own that goes on from the checkpoint of the one before, so a hurdle holds for
whoever is judged after it was made; when no living member was trained for as long as the next hurdle asks, it waits until
there is one; constraints on what is measured are hurdles too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import accumulate
from statistics import fmean
from typing import Annotated, Any, ClassVar, Self

from numpy.random import Generator
from pydantic import Field, model_validator

from nas.core.config import Config, setting
from nas.core.objective import unmet
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.core.space import Mutable, Space
from nas.core.view import View
from nas.strategies.fidelity_race import MAX_RUNGS, FidelityRace, Runner
from nas.strategies.rung_entries import Entry, entries_from_json
from nas.strategies.tournament import Tournament, TournamentConfig

MAX_EPOCHS = 10_000
SHOWN = 200
"""Latest judgements that the picture shows."""


class HurdlesConfig(Config):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "notebook": {"population_size": 100, "sample_size": 10, "increments": (1, 99), "children_per_hurdle": 1},
    }

    population_size: int = setting(
        20,
        title="Population size",
        description="Architectures kept alive; before each child the worst of a sample is removed.",
        unit="architectures",
        ge=2,
        le=10_000,
    )
    sample_size: int = setting(
        5,
        title="Sample size",
        description="Drawn from the population for each child; the best becomes the parent.",
        unit="architectures",
        ge=1,
    )
    increments: tuple[Annotated[int, Field(ge=1, le=MAX_EPOCHS)], ...] = setting(
        (3, 3, 6),
        title="Increments",
        description="Every child trains for the first; each further one is for who passed the hurdle before it.",
        unit="epochs",
        min_length=1,
        max_length=MAX_RUNGS,
    )
    children_per_hurdle: int = setting(
        25,
        title="Children per hurdle",
        description="After so many children the next hurdle is made, as long as there is an increment for it.",
        unit="children",
        ge=1,
        le=100_000,
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.sample_size > self.population_size:
            raise ValueError(
                f"the population size must be at least the sample size ({self.sample_size}), got {self.population_size}"
            )
        if self.ladder[-1] > MAX_EPOCHS:
            raise ValueError(
                f"the increments add up to {self.ladder[-1]:,} epochs; at most {MAX_EPOCHS:,} are possible"
            )
        return self

    @property
    def ladder(self) -> tuple[int, ...]:
        """Epochs after each stage."""
        return tuple(accumulate(self.increments))

    @property
    def ladder_setting(self) -> str:
        return "increments"

    def make_inner(self, setup: SearchSetup) -> Tournament:
        return Tournament(TournamentConfig(population_size=self.population_size, sample_size=self.sample_size), setup)


@dataclass(frozen=True, slots=True)
class Judged:
    """A stage that ended: its place in the order of results and the hurdle it had to be better than, None without one."""

    order: int
    id: int
    candidate: int
    stage: int
    value: float | None
    hurdle: float | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Hurdle:
    """What the first objective must be better than after its stage, and which result it was made after."""

    value: float
    order: int


class Hurdles(FidelityRace):
    """A child trains for the first increment; whoever is better than the next hurdle trains on. The last judgement counts.

    A hurdle is the mean fitness of the living members that were trained up to the highest stage there is yet (So et al. 2019).
    """

    name = "hurdles"
    title = "Progressive dynamic hurdles"
    summary = "Tournament evolution in which only children better than the population's mean are trained longer."
    source = "So et al. 2019, arXiv 1901.11117"
    requires = (Space, Mutable)
    Config = HurdlesConfig

    config: HurdlesConfig
    _inner: Tournament

    def __init__(self, config: HurdlesConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._hurdles: list[Hurdle] = []
        self._waiting: list[tuple[int, Entry]] = []  # who passed: the stage to train for next, in the order of passing
        self._stages: dict[int, int] = {}  # inner proposal → the last stage that a living member was judged at
        self._num_children = 0  # that came to their end since the latest hurdle was made
        self._num_judged = 0
        self._judged: list[Judged] = []

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        while self._waiting:
            stage, entry = self._waiting.pop(0)
            if self._may_go_on(entry):
                return self._promotion(proposal_id, entry, bracket=0, rung=stage)
            self._end(entry.inner, stage - 1)  # a constraint was changed since
        return self._newcomer(proposal_id, bracket=0, rung=0)

    def _enter(self, entry: Entry, runner: Runner) -> None:
        stage = runner.rung
        hurdle = self._hurdles[stage].value if stage < len(self._hurdles) else None
        passed = hurdle is not None and self._is_better(entry, hurdle)
        value = None if entry.metrics is None else self._value(entry.metrics)
        self._judged.append(Judged(self._num_judged, entry.id, entry.root, stage, value, hurdle, passed))
        self._num_judged += 1
        del self._judged[:-SHOWN]
        if passed:
            self._waiting.append((stage + 1, entry))
        else:
            self._end(entry.inner, stage if entry.metrics is not None else stage - 1)

    def _is_better(self, entry: Entry, hurdle: float) -> bool:
        """Strictly, and keeping every constraint that was measured."""
        if entry.metrics is None or unmet(self.setup.constraints, entry.metrics):
            return False
        loss = self.setup.objectives[0].loss
        return loss(self._value(entry.metrics)) < loss(hurdle)

    def _value(self, metrics: Mapping[str, float]) -> float:
        return metrics[self.setup.objectives[0].metric]

    def _end(self, inner: int, stage: int) -> None:
        """A candidate's training is over: it enters the population. Failed at the first stage it has `stage` -1."""
        is_child = self._inner.is_grown
        self._release(inner)
        if stage < 0:
            return
        self._stages[inner] = stage
        alive = {member.id for member in self._inner.members}
        self._stages = {number: reached for number, reached in self._stages.items() if number in alive}
        self._num_children += is_child
        self._make_hurdle_if_due()

    def _make_hurdle_if_due(self) -> None:
        stage = len(self._hurdles)
        if stage == len(self._ladder) - 1 or self._num_children < self.config.children_per_hurdle:
            return
        longest = [
            self._value(member.metrics)
            for member in self._inner.members
            if self._stages.get(member.id) == stage and not unmet(self.setup.constraints, member.metrics)
        ]
        if longest:
            self._hurdles.append(Hurdle(fmean(longest), self._num_judged))
            self._num_children = 0

    def _waiting_entries(self) -> Iterable[Entry]:
        return (entry for _, entry in self._waiting)

    def views(self) -> list[View]:
        """The latest judgements with the hurdles; then the population."""
        columns: dict[str, Any] = {
            name: [getattr(judged, name) for judged in self._judged] for name in Judged.__dataclass_fields__
        }
        columns["epochs"] = [self._ladder[judged.stage] for judged in self._judged]
        columns["made"] = {
            "made_value": [hurdle.value for hurdle in self._hurdles],
            "made_after": [hurdle.order for hurdle in self._hurdles],
            "made_epochs": list(self._ladder[: len(self._hurdles)]),
        }
        columns["metric"] = self.setup.objectives[0].metric
        return [View("hurdles", "Hurdles", "hurdles", columns), *self._inner.views()]

    def _save_race(self) -> Mapping[str, Any]:
        return {
            "hurdles": [asdict(hurdle) for hurdle in self._hurdles],
            "waiting": [[stage, asdict(entry)] for stage, entry in self._waiting],
            "stages": [[inner, stage] for inner, stage in self._stages.items()],
            "num_children": self._num_children,
            "num_judged": self._num_judged,
            "judged": [list(asdict(judged).values()) for judged in self._judged],
        }

    def _load_race(self, data: Mapping[str, Any]) -> None:
        self._hurdles = [Hurdle(**hurdle) for hurdle in data["hurdles"]]
        stages = [int(stage) for stage, _ in data["waiting"]]
        entries = entries_from_json(entry for _, entry in data["waiting"])
        self._waiting = list(zip(stages, entries, strict=True))
        self._stages = {int(inner): int(stage) for inner, stage in data["stages"]}
        self._num_children = int(data["num_children"])
        self._num_judged = int(data["num_judged"])
        self._judged = [Judged(*judged) for judged in data["judged"]]
