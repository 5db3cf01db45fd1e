"""Driving schedulers of fidelity by hand: values that the test chooses, in an order that it chooses."""

from __future__ import annotations

from typing import Any

from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.strategy import State
from nas.strategies.asha import Asha, AshaConfig
from nas.strategies.fidelity_race import FidelityRace
from nas.strategies.hyperband import Hyperband, HyperbandConfig
from tests.contracts.toys import toy_setup


def hyperband(setup: SearchSetup | None = None, **settings: Any) -> Hyperband:
    return Hyperband(HyperbandConfig.parse(settings), setup or toy_setup())


def asha(setup: SearchSetup | None = None, **settings: Any) -> Asha:
    return Asha(AshaConfig.parse(settings), setup or toy_setup())


def tell(race: FidelityRace, proposal: Proposal, accuracy: float | None, **metrics: float) -> None:
    """The result of a proposal; None for a failure."""
    if accuracy is None:
        race.tell(proposal.id, Result(proposal.id, ResultStatus.CRASHED, reason="made to fail"))
    else:
        measured = {"accuracy": accuracy, "params": 10.0, **metrics}
        race.tell(proposal.id, Result(proposal.id, ResultStatus.COMPLETED, measured, steps_done=1))


def one(race: FidelityRace) -> Proposal:
    (proposal,) = race.ask(1)
    return proposal


def epochs(proposal: Proposal) -> int:
    return int(proposal.fidelity["epochs"])


def inner_pending(race: FidelityRace) -> set[int]:
    """Inner proposals that were not told yet, as the stored state has them."""
    return {proposal["id"] for proposal in inner_state(race.state_dict())["pending"]}


def inner_state(state: State) -> dict[str, Any]:
    found: dict[str, Any] = state.data["own"]["inner"]["data"]
    return found
