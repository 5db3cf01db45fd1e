"""What all searches with shared weights have in common: legs of training, then a search among paths, then trainings from scratch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from numpy.random import Generator

from nas.core.config import setting
from nas.core.errors import ProtocolError
from nas.core.proposal import EVALUATE, Genotype, Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.space import Shareable
from nas.core.strategy import AskTell
from nas.strategies.supernet_history import History
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.task import SupernetTask

TRAIN_SUPERNET = "train_supernet"

MAX_LOST_LEGS = 3
"""Legs that may end by no fault of the training (a lost worker) before the search gives up."""

HOPELESS = frozenset({ResultStatus.DIVERGED, ResultStatus.OUT_OF_MEMORY, ResultStatus.TIMED_OUT, ResultStatus.CRASHED})
"""Ends of a leg that would come again."""


class SupernetSearchConfig(SupernetRecipe):
    num_trained: int = setting(
        1,
        title="Trained from scratch",
        description="How many of the architectures found are trained by themselves in the end, by the estimator.",
        ge=0,
        le=1000,
    )


class SupernetSearch(AskTell):
    """A subclass says which `training` it needs, and what of the facts of an epoch it learns from.

    Order of things: legs of `train_supernet`, each continuing the one before, until the epochs are done or `_stops_early`;
    then `_propose_search` until `_search_is_over`; then the `_finalists`, each an ordinary evaluation with the operator
    "derived". A leg that cannot be trained ends the first part; what was learned up to then still counts.
    """

    training: ClassVar[str]
    requires: ClassVar[tuple[type, ...]] = (Shareable,)
    fresh_because = "it learns from the shared weights of this run, and trains only a few architectures"

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._epoch = 0  # trained
        self._first_leg: int | None = None
        self._last_leg: int | None = None  # the last one that ended well
        self._num_lost = 0
        self._broken = ""  # why the training cannot go on
        self._stopped = ""  # why it was stopped before its end
        self._derived: Genotype | None = None
        self._finals: list[Genotype] | None = None
        self._num_finals_asked = 0
        self._trained: list[list[Any]] = []  # [number of the finalist, accuracy from scratch], as they end
        self.history = History()

    # What subclasses say -------------------------------------------------------------------------------------------------

    def _stops_early(self) -> str:
        """Why training should end now, in plain words; "" to go on. Asked after each leg; `self.history` holds its facts."""
        return ""

    def _propose_search(self, proposal_id: int, rng: Generator) -> Proposal | None:
        """The next step of the search with the trained weights; None while it must wait."""
        raise NotImplementedError

    def _search_is_over(self) -> bool:
        """Whether nothing more is to be asked about the trained weights."""
        return True

    def _learn_search(self, proposal: Proposal, result: Result) -> None:
        """The result of what `_propose_search` proposed."""
        raise NotImplementedError

    @abstractmethod
    def _finalists(self, rng: Generator) -> list[Genotype]:
        """What is to be trained from scratch, best first; called once, when the search is over."""

    # The course ----------------------------------------------------------------------------------------------------------

    @property
    def training_is_over(self) -> bool:
        return bool(self._broken or self._stopped) or self._epoch >= self.config.epochs

    @property
    def _has_weights(self) -> bool:
        return self._last_leg is not None

    def task(self, until_epoch: int) -> SupernetTask:
        """What a job is told that works with this run's shared weights."""
        known = "" if self._derived is None else self.setup.space.canonical(self._derived)
        return SupernetTask(self.training, self.config.as_json(), self._epoch, until_epoch, known)

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        if not self.training_is_over:
            return None if self._is_leg_pending else self._leg(proposal_id)
        if self._has_weights and not self._search_is_over():
            return self._propose_search(proposal_id, rng)
        if any(proposal.kind != EVALUATE for proposal in self._pending.values()):
            return None
        if self._finals is None:
            self._finals = self._finalists(rng) if self._has_weights else []
        if self._num_finals_asked == len(self._finals):
            return None
        genotype = self._finals[self._num_finals_asked]
        self._num_finals_asked += 1
        return Proposal(
            id=proposal_id,
            genotype=genotype,
            operator="derived",
            meta={"finalist": self._num_finals_asked - 1},
        )

    @property
    def _is_leg_pending(self) -> bool:
        return any(proposal.kind == TRAIN_SUPERNET for proposal in self._pending.values())

    def _leg(self, proposal_id: int) -> Proposal:
        until = min(self.config.epochs, self._epoch + self.config.epochs_per_leg)
        if self._first_leg is None:
            self._first_leg = proposal_id
        return Proposal(
            id=proposal_id,
            kind=TRAIN_SUPERNET,
            operator="leg",
            continues=self._last_leg,
            began_as=self._first_leg,
            payload=self.task(until).as_json(),
            meta={"epochs": [self._epoch, until]},
        )

    def _learn(self, proposal: Proposal, result: Result) -> None:
        if proposal.kind == TRAIN_SUPERNET:
            self._learn_leg(proposal, result)
        elif proposal.kind == EVALUATE:
            finalist = proposal.meta.get("finalist")
            if finalist is not None and result.status.is_ok and "accuracy" in result.metrics:
                self._trained.append([finalist, result.metrics["accuracy"]])
        else:
            self._learn_search(proposal, result)

    def _learn_leg(self, proposal: Proposal, result: Result) -> None:
        if not result.status.is_ok:
            self._num_lost += 1
            if result.status in HOPELESS or self._num_lost >= MAX_LOST_LEGS:
                self._broken = result.reason
            return
        facts = result.payload
        if facts["epoch"] != proposal.meta["epochs"][1]:
            raise ProtocolError(f"the leg to epoch {proposal.meta['epochs'][1]} came back from epoch {facts['epoch']}")
        self._epoch, self._last_leg = facts["epoch"], proposal.id
        if facts["genotype"] is not None:
            self._derived = self.setup.space.validate(facts["genotype"])
        self.history.add(facts)
        self._stopped = self._stops_early()

    def _is_exhausted(self) -> bool:
        if not self.training_is_over or (self._has_weights and not self._search_is_over()):
            return False
        return (self._finals is not None or not self._has_weights) and self._num_finals_asked == len(self._finals or [])

    def checkpoints_needed(self) -> frozenset[int] | None:
        """The shared weights as they are now: the next leg goes on from them, scores are taken with them."""
        return frozenset() if self._last_leg is None else frozenset({self._last_leg})

    def _save(self) -> Mapping[str, Any]:
        return {
            "epoch": self._epoch,
            "first_leg": self._first_leg,
            "last_leg": self._last_leg,
            "num_lost": self._num_lost,
            "broken": self._broken,
            "stopped": self._stopped,
            "derived": self._derived,
            "finals": None if self._finals is None else list(self._finals),
            "num_finals_asked": self._num_finals_asked,
            "trained": [list(pair) for pair in self._trained],
            "history": self.history.as_json(),
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self._epoch = int(data["epoch"])
        self._first_leg, self._last_leg = data["first_leg"], data["last_leg"]
        self._num_lost = int(data["num_lost"])
        self._broken, self._stopped = str(data["broken"]), str(data["stopped"])
        self._derived = data["derived"]
        self._finals = None if data["finals"] is None else list(data["finals"])
        self._num_finals_asked = int(data["num_finals_asked"])
        self._trained = [list(pair) for pair in data["trained"]]
        self.history = History.from_json(data["history"])
