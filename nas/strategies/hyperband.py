"""Hyperband: brackets of successive halving. Li et al. 2018 (JMLR 18), arXiv 1603.06560, algorithm 1.

Deviations: the inner strategy proposes instead of uniform draws; a bracket that waits for its last results does not keep
workers idle, the next one begins; the brackets repeat until the budget is spent; promotions continue trainings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol

from numpy.random import Generator

from nas.core.config import setting
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.core.view import View
from nas.strategies.fidelity_race import MAX_RUNGS, FidelityRace, FidelityRaceConfig, LadderConfig, RaceConfig, Runner
from nas.strategies.rung_entries import Entry, best_first, entries_from_json


class BracketsConfig(LadderConfig):
    num_brackets: int | None = setting(
        None,
        title="Brackets",
        description="How many of the brackets take turns, the most eager to stop first; empty means all. "
        "1 is successive halving.",
        ge=1,
        le=MAX_RUNGS,
    )


class HyperbandConfig(BracketsConfig, FidelityRaceConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"max_epochs": 81},
        "successive_halving": {"num_brackets": 1},
    }


class HasBrackets(RaceConfig, Protocol):
    """What brackets must be told."""

    @property
    def reduction_factor(self) -> int: ...

    @property
    def num_brackets(self) -> int | None: ...


@dataclass(slots=True)
class Bracket:
    """One successive halving. `eagerness` is the paper's s: how many times the field is cut."""

    number: int
    eagerness: int
    size: int  # candidates it begins with
    num_asked: int = 0
    is_cut: bool = False  # the inner strategy has nothing more: it stays smaller than planned
    rungs: list[list[Entry]] = field(default_factory=lambda: [[]])  # judged so far; the last is the current one
    waiting: list[int] = field(default_factory=list)  # of the rung before it, who goes on and is not proposed yet

    @property
    def rung(self) -> int:
        return len(self.rungs) - 1

    @property
    def has_begun_all(self) -> bool:
        return not self.waiting and (self.rung > 0 or self.num_asked == self.size or self.is_cut)

    def next_waiting(self) -> Entry:
        number = self.waiting.pop(0)
        return next(entry for entry in self.rungs[-2] if entry.id == number)


def bracket_size(eagerness: int, num_rungs: int, factor: int) -> int:
    """n of the paper's algorithm 1, line 3: the smallest whole number that is at least (s_max + 1) / (s + 1) · η^s."""
    return -(-num_rungs * int(factor**eagerness) // (eagerness + 1))


def num_kept(size: int, rung: int, factor: int) -> int:
    """Candidates of a bracket of `size` that are trained at `rung`: ⌊n · η^-i⌋, line 5."""
    return size // int(factor**rung)


class Hyperband(FidelityRace):
    """Many short trainings, fewer longer ones; brackets differ in how early they stop."""

    name = "hyperband"
    title = "Hyperband"
    summary = (
        "Starts many short trainings and lets only the best go on, in brackets that differ in how early they judge."
    )
    source = "Li et al. 2018, arXiv 1603.06560"
    Config: ClassVar[type[LadderConfig]] = HyperbandConfig

    config: HasBrackets

    def __init__(self, config: HasBrackets, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._num_brackets = min(config.num_brackets or len(self._ladder), len(self._ladder))
        self._open: list[Bracket] = []  # the oldest first
        self._closed: list[Bracket] = []  # the latest round of them, for the picture
        self._num_begun = 0

    def _is_exhausted(self) -> bool:
        return self._inner.done() and not self._open

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        for bracket in tuple(self._open):
            proposal = self._next_of(bracket, proposal_id)
            if proposal is not None:
                return proposal
            if not bracket.has_begun_all and not self._inner.done():
                return None  # the inner strategy waits; another bracket would get nothing either
        if self._inner.done():
            return None
        bracket = self._begin()
        return self._next_of(bracket, proposal_id)

    def _begin(self) -> Bracket:
        top = len(self._ladder) - 1
        eagerness = top - self._num_begun % self._num_brackets
        size = bracket_size(eagerness, top + 1, self.config.reduction_factor)
        self._open.append(Bracket(self._num_begun, eagerness, size))
        self._num_begun += 1
        return self._open[-1]

    def _next_of(self, bracket: Bracket, proposal_id: int) -> Proposal | None:
        """A promotion that waits, or a newcomer while its first rung is not full."""
        while bracket.waiting:
            entry = bracket.next_waiting()
            if self._may_go_on(entry):
                rung = self._ladder_rung(bracket, bracket.rung)
                proposal = self._promotion(proposal_id, entry, bracket=bracket.number, rung=rung)
                self._trimmed(entry)  # its rung is decided
                return proposal
            self._settle(entry)  # a constraint was changed since
        if not bracket.has_begun_all:
            try:
                newcomer = self._newcomer(proposal_id, bracket=bracket.number, rung=self._ladder_rung(bracket, 0))
            finally:
                bracket.is_cut = self._inner.done()
            if newcomer is not None:
                bracket.num_asked += 1
                return newcomer
        self._close_what_is_over(bracket)
        return self._next_of(bracket, proposal_id) if bracket.waiting else None

    def _ladder_rung(self, bracket: Bracket, rung: int) -> int:
        return len(self._ladder) - 1 - bracket.eagerness + rung

    def _enter(self, entry: Entry, runner: Runner) -> None:
        bracket = next(one for one in self._open if one.number == runner.bracket)
        bracket.rungs[-1].append(entry)
        self._close_what_is_over(bracket)

    def _close_what_is_over(self, bracket: Bracket) -> None:
        """Judge the current rung when its last result is there, and end the bracket when nobody goes on."""
        if bracket.has_begun_all and not self._is_running(bracket):
            num_places = 0
            if bracket.rung < bracket.eagerness:
                num_places = num_kept(bracket.size, bracket.rung + 1, self.config.reduction_factor)
            judged = best_first(bracket.rungs[-1], self.setup)
            going_on = [entry.id for entry in judged if self._may_go_on(entry)][:num_places]
            for entry in judged:
                if entry.id not in going_on:
                    self._settle(entry)
            if going_on:
                bracket.waiting = going_on
                bracket.rungs.append([])
                return
            self._open.remove(bracket)
            if bracket.num_asked:
                self._closed = [*self._closed, bracket][-self._num_brackets :]

    def _is_running(self, bracket: Bracket) -> bool:
        return any(runner.bracket == bracket.number for runner in self._runners.values())

    def _settle(self, entry: Entry) -> None:
        self._release(entry.inner)
        self._trimmed(entry)

    def _waiting_entries(self) -> Iterable[Entry]:
        for bracket in self._open:
            if bracket.rung > 0:
                yield from (entry for entry in bracket.rungs[-2] if entry.id in bracket.waiting)
            if bracket.rung < bracket.eagerness:
                yield from (entry for entry in bracket.rungs[-1] if entry.metrics is not None)

    def _judged(self) -> Iterator[tuple[int, int, Entry]]:
        for bracket in sorted((*self._closed, *self._open), key=lambda one: one.number):
            for rung, entries in enumerate(bracket.rungs):
                yield from ((bracket.number, self._ladder_rung(bracket, rung), entry) for entry in entries)

    def views(self) -> list[View]:
        """The latest brackets, those that are closed up to one of each kind; then what the inner strategy shows."""
        return self._rungs_view(self._judged())

    def _save_race(self) -> Mapping[str, Any]:
        return {
            "open": [asdict(bracket) for bracket in self._open],
            "closed": [asdict(bracket) for bracket in self._closed],
            "num_begun": self._num_begun,
        }

    def _load_race(self, data: Mapping[str, Any]) -> None:
        self._open = [_bracket_from_json(bracket) for bracket in data["open"]]
        self._closed = [_bracket_from_json(bracket) for bracket in data["closed"]]
        self._num_begun = int(data["num_begun"])


def _bracket_from_json(value: Mapping[str, Any]) -> Bracket:
    rungs = [entries_from_json(rung) for rung in value["rungs"]]
    return Bracket(**{**value, "rungs": rungs, "waiting": [int(number) for number in value["waiting"]]})
