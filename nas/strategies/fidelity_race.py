"""What schedulers of fidelity share: an inner strategy proposes, a ladder of rungs decides who is trained longer.

A promotion is a new proposal that goes on from the checkpoint of the one before it, with the seed of the first. All rungs
train along one learning-rate schedule, that of `max_epochs`: a short training is the beginning of the long one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Protocol, Self

import numpy.typing as npt
from pydantic import Field, field_validator, model_validator

from nas.core.config import Config, setting
from nas.core.errors import InvalidConfig, ProtocolError
from nas.core.estimator import LimitedFidelity
from nas.core.intervention import AddArchitecture, ChangeConstraints, ForbidOperations, ForStrategy
from nas.core.proposal import EVALUATE, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.strategy import AskTell, State
from nas.core.view import View
from nas.strategies.inner_strategy import check_inner, make_inner
from nas.strategies.rung_entries import Entry

MAX_RUNGS = 20
REMEMBERED_IDS = 200
"""Latest inner proposals whose own number is kept, to name parents by it; an older parent is left out."""


class RaceConfig(Protocol):
    """What a race must be told: how long each rung trains, the shortest first, and who proposes."""

    @property
    def ladder(self) -> tuple[int, ...]: ...

    @property
    def ladder_setting(self) -> str:
        """The setting that the lengths come from, named when the estimator cannot serve them."""
        ...

    def make_inner(self, setup: SearchSetup) -> AskTell: ...


class LadderConfig(Config):
    """Lengths that grow by a factor, or are given."""

    min_epochs: int = setting(
        1, title="Shortest training", description="No candidate is judged earlier.", unit="epochs", ge=1, le=10_000
    )
    max_epochs: int = setting(
        27,
        title="Longest training",
        description="What the best are trained for, in place of the estimator's own setting.",
        unit="epochs",
        ge=1,
        le=10_000,
    )
    reduction_factor: int = setting(
        3,
        title="Reduction factor",
        description="One of so many goes on from a rung to the next, which is so many times as long.",
        ge=2,
        le=20,
    )
    rungs: tuple[Annotated[int, Field(ge=1, le=10_000)], ...] = setting(
        (),
        title="Rungs",
        description="Training lengths in epochs, in place of those that follow from the three settings above.",
        unit="epochs",
        advanced=True,
        max_length=MAX_RUNGS,
    )

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.min_epochs > self.max_epochs:
            raise ValueError(
                f"the longest training must be at least the shortest ({self.min_epochs}), got {self.max_epochs}"
            )
        if any(later <= earlier for earlier, later in zip(self.rungs, self.rungs[1:], strict=False)):
            raise ValueError("the rungs must grow: each longer than the one before it")
        return self

    @property
    def ladder(self) -> tuple[int, ...]:
        """Epochs of each rung, the shortest first: max_epochs / factor^k, rounded, as long as it is min_epochs or more."""
        if self.rungs:
            return self.rungs
        factor, power = self.reduction_factor, 1
        lengths = [self.max_epochs]
        while self.min_epochs * power * factor <= self.max_epochs:
            power *= factor
            lengths.append((2 * self.max_epochs + power) // (2 * power))  # rounded, halves up
        return tuple(reversed(lengths))

    @property
    def ladder_setting(self) -> str:
        return "rungs" if self.rungs else "max_epochs"


class InnerConfig(Config):
    """Any strategy proposes."""

    inner: str = setting(
        "random",
        title="Inner strategy",
        description="Proposes the architectures, with its default settings or one of its presets.",
        refers_to="inner_strategy",
        max_length=100,
    )

    _known = field_validator("inner")(check_inner)

    def make_inner(self, setup: SearchSetup) -> AskTell:
        return make_inner(self.inner, setup)


class FidelityRaceConfig(LadderConfig, InnerConfig):
    """Both of it."""


@dataclass(frozen=True, slots=True)
class Runner:
    """A training on its way: which inner proposal it is about, where it began, where it will be judged."""

    inner: int
    root: int  # the proposal of its first training, whose seed it keeps
    bracket: int
    rung: int


class FidelityRace(AskTell):
    """Asks the inner strategy for architectures and tells it each of them once, by the longest training it had until then.

    When that is: a subclass calls `_release` when a candidate's race is over. An inner strategy that waits for results
    is told at once everything that is known, because a rung may wait for what it would propose next.
    """

    config: RaceConfig

    def __init__(self, config: RaceConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._ladder = config.ladder
        estimator = setup.estimator
        if isinstance(estimator, LimitedFidelity):
            for rung in range(len(self._ladder)):
                try:
                    estimator.check_fidelity(self._fidelity(rung))
                except InvalidConfig as error:
                    said = "; ".join(one.message for one in error.errors)
                    raise InvalidConfig.at(config.ladder_setting, said) from None
        self._inner = config.make_inner(setup)
        self.fresh_because = self._inner.fresh_because
        self._runners: dict[int, Runner] = {}
        self._held: dict[int, Result] = {}  # inner proposal → its best known result, not told yet
        self._outer_ids: dict[int, int] = {}  # inner proposal → ours, the latest only
        self._inner_read: State  # while a state is read: the inner strategy's, without its tensors

    @abstractmethod
    def _enter(self, entry: Entry, runner: Runner) -> None:
        """A training was judged at its rung. Calls `_release` for every candidate whose race is over by that."""

    @abstractmethod
    def _waiting_entries(self) -> Iterable[Entry]:
        """Those that may still be promoted."""

    # --- proposals -------------------------------------------------------------------------------------------------

    def _fidelity(self, rung: int) -> dict[str, int]:
        return {"epochs": self._ladder[rung], "schedule_epochs": self._ladder[-1]}

    def _newcomer(self, proposal_id: int, *, bracket: int, rung: int) -> Proposal | None:
        """What the inner strategy wants next, at that rung; None while it waits and when it has nothing more."""
        asked = self._inner.ask(1)
        if not asked and self._held and not self._inner.done():
            for inner in sorted(self._held):
                self._release(inner)
            asked = self._inner.ask(1)
        if not asked:
            return None
        (wish,) = asked
        if wish.kind != EVALUATE or wish.fidelity or wish.continues is not None:
            raise ProtocolError(f"{self._inner.title} plans trainings itself; choose another inner strategy")
        self._remember(wish.id, proposal_id)
        self._runners[proposal_id] = Runner(wish.id, proposal_id, bracket, rung)
        return replace(
            wish,
            id=proposal_id,
            fidelity=self._fidelity(rung),
            parents=tuple(self._outer_ids[parent] for parent in wish.parents if parent in self._outer_ids),
            meta={**wish.meta, "bracket": bracket, "rung": rung},
        )

    def _promotion(self, proposal_id: int, entry: Entry, *, bracket: int, rung: int) -> Proposal:
        """`entry` trained on, up to that rung."""
        self._runners[proposal_id] = Runner(entry.inner, entry.root, bracket, rung)
        proposal = Proposal(
            id=proposal_id,
            genotype=entry.genotype,
            fidelity=self._fidelity(rung),
            parents=(entry.id,),
            operator="promote",
            continues=entry.id,
            began_as=entry.root,
            meta={"bracket": bracket, "rung": rung},
        )
        entry.is_promoted = True
        return proposal

    def _may_go_on(self, entry: Entry) -> bool:
        is_open = entry.metrics is not None and not entry.is_promoted
        return is_open and entry.genotype is not None and self.setup.is_feasible(entry.genotype)

    def checkpoints_needed(self) -> frozenset[int]:
        """As `ContinuesTrainings` says."""
        on_the_way = {p.continues for p in (*self._pending.values(), *self._queue) if p.continues is not None}
        return frozenset(on_the_way | {entry.id for entry in self._waiting_entries()})

    # --- results ---------------------------------------------------------------------------------------------------

    def _learn(self, proposal: Proposal, result: Result) -> None:
        plain = replace(result, detail="", payload={})
        runner = self._runners.pop(proposal.id, None)
        if runner is None:
            self._learn_from_aside(proposal, plain)
            return
        if proposal.continues is None or (runner.inner in self._held and result.status.is_ok):
            self._held[runner.inner] = plain
        metrics = dict(result.metrics) if result.status.is_ok else None
        self._enter(Entry(proposal.id, runner.inner, runner.root, proposal.genotype, metrics), runner)

    def _learn_from_aside(self, proposal: Proposal, result: Result) -> None:
        """What a person asked for takes part in no rung; the inner strategy learns of it as of an added architecture."""
        if proposal.genotype is None:
            return
        self._inner.intervene(AddArchitecture(proposal.genotype))
        (added,) = self._inner.ask(1)
        self._remember(added.id, proposal.id)
        self._inner.tell(added.id, replace(result, proposal_id=added.id))

    def _release(self, inner: int) -> None:
        """Tell the inner strategy, unless it was told before."""
        result = self._held.pop(inner, None)
        if result is not None:
            self._inner.tell(inner, replace(result, proposal_id=inner))

    def _remember(self, inner: int, outer: int) -> None:
        self._outer_ids[inner] = outer
        if len(self._outer_ids) > REMEMBERED_IDS:
            del self._outer_ids[min(self._outer_ids)]

    def _trimmed(self, entry: Entry) -> None:
        """Nothing more than what its picture and its rank need: it can no longer go on."""
        entry.genotype = None
        if entry.metrics is not None:
            entry.metrics = {name: value for name, value in entry.metrics.items() if name in self.setup.wanted}

    def intervene(self, change: ForStrategy) -> None:
        super().intervene(change)
        if isinstance(change, AddArchitecture):
            # Trained fully at once: a person wants to know how good it is.
            self._queue[-1] = replace(self._queue[-1], fidelity=self._fidelity(len(self._ladder) - 1))
        elif isinstance(change, ChangeConstraints | ForbidOperations):
            self._inner.intervene(change)

    # --- memory and picture ----------------------------------------------------------------------------------------

    @abstractmethod
    def _save_race(self) -> Mapping[str, Any]: ...

    @abstractmethod
    def _load_race(self, data: Mapping[str, Any]) -> None: ...

    def _save(self) -> Mapping[str, Any]:
        inner = self._inner.state_dict()
        return {
            "inner": {"version": inner.version, "data": inner.data},
            "runners": [[number, asdict(runner)] for number, runner in self._runners.items()],
            "held": [[number, result.as_json()] for number, result in self._held.items()],
            "outer_ids": [min(self._outer_ids, default=0), list(self._outer_ids.values())],  # inner ids are consecutive
            "race": dict(self._save_race()),
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self._inner_read = State(int(data["inner"]["version"]), data["inner"]["data"])
        self._runners = {int(number): Runner(**runner) for number, runner in data["runners"]}
        self._held = {int(number): Result.from_json(result) for number, result in data["held"]}
        first, outer_ids = data["outer_ids"]
        self._outer_ids = {int(first) + place: int(outer) for place, outer in enumerate(outer_ids)}
        self._load_race(data["race"])

    def _save_tensors(self) -> Mapping[str, npt.NDArray[Any]]:
        return self._inner.state_dict().tensors

    def _load_tensors(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        """The inner strategy's: read last, so its whole state is put together here."""
        self._inner.load_state_dict(replace(self._inner_read, tensors=tensors))

    def _rungs_view(self, judged: Iterable[tuple[int, int, Entry]]) -> list[View]:
        """(bracket, rung, entry) as columns; `value` is null for a training that failed."""
        rows = list(judged)
        first = self.setup.objectives[0].metric
        columns: dict[str, Any] = {
            "id": [entry.id for _, _, entry in rows],
            "bracket": [bracket for bracket, _, _ in rows],
            "rung": [rung for _, rung, _ in rows],
            "epochs": [self._ladder[rung] for _, rung, _ in rows],
            "value": [entry.metrics[first] if entry.metrics is not None else None for _, _, entry in rows],
            "promoted": [entry.is_promoted for _, _, entry in rows],
            "candidate": [entry.root for _, _, entry in rows],
            "metric": first,
        }
        return [View("rungs", "Rungs", "rungs", columns), *self._inner.views()]
