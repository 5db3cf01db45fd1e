"""Whole searches carried out once, with real jobs, and what can be asked of the record of one: replays, views, states."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from nas.core.errors import ProtocolError, StateMismatch
from nas.core.job import Reported
from nas.core.proposal import Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.strategy import State, Strategy
from nas.core.view import View
from nas.jobs.local import LocalContext
from nas.registry import job_kinds

Made = Callable[[], Strategy]
"""Makes the strategy of the record anew."""


@dataclass
class Searched:
    """(Proposal as JSON, its result) in the order told, and all that was reported."""

    setup: SearchSetup
    strategy: Strategy
    record: list[tuple[dict[str, Any], Result]] = field(default_factory=list)
    reported: list[Reported] = field(default_factory=list)

    def go_on(self, folder: Path, slots: int = 1, most: int = 200) -> Searched:
        """`slots`: how many are out at a time; the last one asked for ends first, as on workers of unequal speed."""
        out: list[Proposal] = []
        while len(self.record) < most:
            out += self.strategy.ask(slots - len(out))
            if not out:
                assert self.strategy.done(), "it waits, though nothing is out"
                return self
            proposal = out.pop()
            context = LocalContext(proposal.kind, self.setup, [proposal], folder=folder)
            job_kinds.get(proposal.kind)().run(context)
            (result,) = context.results
            self.reported += context.reported
            self.strategy.tell(proposal.id, result)
            self.record.append((proposal.as_json(), result))
        raise AssertionError(f"it does not end after {most} proposals")


def through_storage(state: State) -> State:
    """As it comes back: JSON, the order of keys lost, tensors copied."""
    data = json.loads(json.dumps(state.data, allow_nan=False, sort_keys=True))
    return State(state.version, data, {key: value.copy() for key, value in state.tensors.items()})


def replays_when_cut_at_every_step(searched: Searched, make: Made) -> None:
    strategy = make()
    for expected, result in searched.record:
        state = through_storage(strategy.state_dict())
        strategy = make()
        strategy.load_state_dict(state)
        (proposal,) = strategy.ask(1)
        assert json.loads(json.dumps(proposal.as_json())) == json.loads(json.dumps(expected))
        state = through_storage(strategy.state_dict())  # while it is out
        strategy = make()
        strategy.load_state_dict(state)
        strategy.tell(proposal.id, result)
    assert strategy.ask(1) == []
    assert strategy.done()


def views_at_every_step(searched: Searched, make: Made) -> list[View]:
    """Plain JSON all the way; returns those at the end, whose names differ."""
    strategy = make()
    for _, result in searched.record:
        json.dumps([view.as_json() for view in strategy.views()], allow_nan=False)
        (proposal,) = strategy.ask(1)
        strategy.tell(proposal.id, result)
    views = strategy.views()
    assert len({view.name for view in views}) == len(views)
    json.dumps([view.as_json() for view in views], allow_nan=False)
    return views


def refuses_foreign_states(searched: Searched, make: Made) -> None:
    state = through_storage(searched.strategy.state_dict())
    for broken in (
        replace(state, version=state.version + 1),
        replace(state, data={**state.data, "strategy": "another"}),
        replace(state, data={**state.data, "own": {}}),
    ):
        with pytest.raises(StateMismatch):
            make().load_state_dict(broken)


def takes_a_result_once(searched: Searched, make: Made) -> None:
    strategy = make()
    (proposal,) = strategy.ask(1)
    strategy.tell(proposal.id, searched.record[0][1])
    with pytest.raises(ProtocolError):
        strategy.tell(proposal.id, searched.record[0][1])
