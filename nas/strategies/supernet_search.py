"""What all searches with shared weights have in common: legs of training, then a search among paths, then trainings from scratch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from numpy.random import Generator

from nas.core.config import setting
from nas.core.errors import InvalidConfig, ProtocolError
from nas.core.finding import Finding
from nas.core.metric import METRICS, MetricSource
from nas.core.problem import OutputScored
from nas.core.proposal import EVALUATE, Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.space import Row, Shareable
from nas.core.strategy import AskTell
from nas.core.view import View
from nas.strategies.legs import HOPELESS, MAX_LOST_LEGS
from nas.strategies.shared_scores import SharedScore, SharedScores
from nas.strategies.supernet_alarms import AlarmConfig, Alarms
from nas.strategies.supernet_history import History
from nas.strategies.supernet_views import Finalist, supernet_views
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.task import SupernetTask

TRAIN_SUPERNET = "train_supernet"
SCORE_SHARED = "score_shared"


class SupernetSearchConfig(SupernetRecipe, AlarmConfig):
    num_trained: int = setting(
        3,
        title="Trained from scratch",
        description="How many of the architectures found are trained by themselves in the end, by the estimator.",
        ge=0,
        le=1000,
    )


class SupernetSearch(AskTell):
    """A subclass says which `training` it needs, and what of the facts of an epoch it learns from.

    Order of things: legs of `train_supernet`, each continuing the one before, until the epochs are done or `_stops_early`;
    then `_propose_search` until `_search_is_over`; then the `_finalists`, each an ordinary evaluation with the operator
    "derived", and behind them those `_to_check`, with the operator "rank_check". A leg that cannot be trained ends the first
    part; what was learned up to then still counts.
    """

    training: ClassVar[str]
    Recipe: ClassVar[type[SupernetRecipe]]
    """The settings that the training reads, which are among those of the strategy."""
    requires: ClassVar[tuple[type, ...]] = (Shareable,)
    fresh_because = "it learns from the shared weights of this run, and trains only a few architectures"

    @classmethod
    def most_evaluations(cls, config: Any) -> int | None:
        return int(config.num_trained)

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        if isinstance(setup.problem, OutputScored):
            raise InvalidConfig.at(
                "problem",
                f"a supernet is trained and scored on classes, and {setup.problem.title} judges outputs in its own way; choose "
                "classification, or a strategy that trains each architecture",
            )
        self._epoch = 0  # trained
        self._first_leg: int | None = None
        self._last_leg: int | None = None  # the last one that ended well
        self._num_lost = 0
        self._broken = ""  # why the training cannot go on
        self._stopped = ""  # why it was stopped before its end
        self._derived: Genotype | None = None
        self._finals: list[Genotype] | None = None  # those that are only trained to compare come last
        self._num_derived = 0  # of them, those that the search found
        self._num_finals_asked = 0
        self._trained: list[list[Any]] = []  # [finalist, accuracy from scratch, score before it, proposal], as they end
        self.history = History()
        self.scores = SharedScores()
        self._rows = self._choices()
        self._alarms = Alarms(config, self._rows)

    # What subclasses say -------------------------------------------------------------------------------------------------

    def _choices(self) -> tuple[Row, ...]:
        """What the search keeps open."""
        rows: tuple[Row, ...] = self.setup.space.rows()  # type: ignore[attr-defined]  # `requires` has Shareable
        return rows

    def _path(self, genotype: Genotype) -> tuple[int, ...]:
        """The option that an architecture takes of each of the choices."""
        return tuple(self.setup.space.path_of(genotype))  # type: ignore[attr-defined]

    def _genotype(self, path: Sequence[int]) -> Genotype:
        """The inverse of `_path`. Raises InvalidGenotype for a path that is no architecture."""
        genotype: Genotype = self.setup.space.genotype_of(path)  # type: ignore[attr-defined]
        return genotype

    def _stops_early(self) -> str:
        """Why training should end now, in plain words; "" to go on. Asked after each leg; `self.history` holds its facts."""
        return ""

    def _propose_search(self, proposal_id: int, rng: Generator) -> Proposal | None:
        """The next step of the search with the trained weights; None while it must wait."""
        return None

    def _search_is_over(self) -> bool:
        """Whether nothing more is to be asked about the trained weights."""
        return True

    def _learn_search(self, proposal: Proposal, result: Result) -> None:  # where nothing is proposed
        """The result of what `_propose_search` proposed; `self.scores` holds those of a `score_shared` already."""

    @abstractmethod
    def _finalists(self, rng: Generator) -> list[Genotype]:
        """What is to be trained from scratch, best first; called once, when the search is over."""

    def _to_check(self, found: list[Genotype], rng: Generator) -> list[Genotype]:
        """What is trained from scratch beside what was `found`, to see how far shared scores can be trusted."""
        return []

    # The course ----------------------------------------------------------------------------------------------------------

    @property
    def training_is_over(self) -> bool:
        return bool(self._broken or self._stopped) or self._epoch >= self.config.total_epochs

    @property
    def _has_weights(self) -> bool:
        return self._last_leg is not None

    def task(self, until_epoch: int) -> SupernetTask:
        """What a job is told that works with this run's shared weights."""
        known = "" if self._derived is None else self.setup.space.canonical(self._derived)
        settings = self.config.model_dump(mode="json", include=set(self.Recipe.model_fields))
        constraints = [constraint.as_json() for constraint in self.setup.constraints]
        forbidden = sorted(self.setup.forbidden)
        return SupernetTask(self.training, settings, self._epoch, until_epoch, known, constraints, forbidden)

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        if not self.training_is_over:
            return None if self._is_leg_pending else self._leg(proposal_id)
        if self._has_weights and not self._search_is_over():
            proposal = self._propose_search(proposal_id, rng)
            # It may have found just now that there is nothing left to ask; else None waits for what is out.
            if proposal is not None or not self._search_is_over():
                return proposal
        if any(proposal.kind != EVALUATE for proposal in self._pending.values()):
            return None
        if self._finals is None:
            found = self._finalists(rng) if self._has_weights else []
            self._finals = [*found, *(self._to_check(found, rng) if self._has_weights else [])]
            self._num_derived = len(found)
        for number in range(self._num_finals_asked, len(self._finals)):
            self._num_finals_asked = number + 1
            if self.setup.is_feasible(self._finals[number]):  # rules may have changed since they were chosen
                return Proposal(
                    id=proposal_id,
                    genotype=self._finals[number],
                    operator="derived" if number < self._num_derived else "rank_check",
                    meta={"finalist": number},
                )
        return None

    @property
    def _rules(self) -> str:
        """What limits the architectures that may be proposed, in words."""
        return ", ".join([*map(str, self.setup.constraints), *sorted(self.setup.forbidden)])

    @property
    def _is_leg_pending(self) -> bool:
        return any(proposal.kind == TRAIN_SUPERNET for proposal in self._pending.values())

    def _leg(self, proposal_id: int) -> Proposal:
        until = min(self.config.total_epochs, self._epoch + self.config.epochs_per_leg)
        if self._first_leg is None:
            self._first_leg = proposal_id
        return Proposal(
            id=proposal_id,
            kind=TRAIN_SUPERNET,
            operator="leg",
            continues=self._last_leg,
            began_as=self._first_leg,
            payload=self.task(until).as_json(),
            meta={
                "epochs": [self._epoch, until],
                "done": self._epoch,  # of so many; what a page shows until the leg reports
                "total": self.config.total_epochs,
            },
        )

    def _learn(self, proposal: Proposal, result: Result) -> None:
        if proposal.kind == TRAIN_SUPERNET:
            self._learn_leg(proposal, result)
        elif proposal.kind == EVALUATE:
            finalist = proposal.meta.get("finalist")
            if finalist is not None and result.status.is_ok and "accuracy" in result.metrics:
                score = self._score_before(proposal.genotype)
                self._trained.append([finalist, result.metrics["accuracy"], score, proposal.id])
        else:
            if proposal.kind == SCORE_SHARED and result.status.is_ok:
                self._keep_scores(proposal, result.payload["scores"])
            self._learn_search(proposal, result)

    def _keep_scores(self, proposal: Proposal, found: Sequence[float]) -> None:
        generation = proposal.meta.get("generation")
        rows = zip(proposal.payload["genotypes"], found, strict=True)
        for serial, (genotype, accuracy) in enumerate(rows):
            form = self.setup.space.canonical(genotype)
            self.scores.add(SharedScore(proposal.id, serial, form, accuracy, self._cost_of(genotype), generation))

    def _score_before(self, genotype: Genotype | None) -> float | None:
        """What shared weights said of it: when it was scored by itself, else when training last derived it."""
        if genotype is None:
            return None
        form = self.setup.space.canonical(genotype)
        if (score := self.scores.of(form)) is not None:
            return score
        for facts in reversed(self.history.epochs):
            if facts["genotype"] is not None and self.setup.space.canonical(facts["genotype"]) == form:
                shared: float | None = facts["metrics"].get("shared_accuracy")
                return shared
        return None

    @property
    def _cost_metric(self) -> str:
        """What pictures set against accuracy: the first cost among objectives and constraints, else the MACs."""
        named = [o.metric for o in self.setup.objectives] + [c.metric for c in self.setup.constraints]
        costs = [name for name in named if METRICS[name].source in (MetricSource.COST, MetricSource.DEVICE)]
        return costs[0] if costs else "macs"

    def _cost_of(self, genotype: Genotype) -> float | None:
        return self.setup.cost(genotype).as_metrics().get(self._cost_metric)

    def _learn_leg(self, proposal: Proposal, result: Result) -> None:
        if not result.status.is_ok:
            self._num_lost += 1
            if result.status in HOPELESS or self._num_lost >= MAX_LOST_LEGS:
                self._broken = result.reason
                self._alarms.note(
                    "broken", f"The supernet's training ended after epoch {self._epoch}: {result.reason}", stops=True
                )
            return
        facts = result.payload
        if facts["epoch"] != proposal.meta["epochs"][1]:
            raise ProtocolError(f"the leg to epoch {proposal.meta['epochs'][1]} came back from epoch {facts['epoch']}")
        self._epoch, self._last_leg = facts["epoch"], proposal.id
        if facts["genotype"] is not None:
            self._derived = self.setup.space.validate(facts["genotype"])
        self.history.add(facts)
        self._judge(facts)

    def _judge(self, facts: Mapping[str, Any]) -> None:
        """End the training early where the method or an alarm says so; either is noticed."""
        path = None if facts["genotype"] is None else self._path(facts["genotype"])
        found = self._alarms.judge(facts, path)
        if own := self._stops_early():
            found += self._alarms.note("stopped_early", f"Epoch {facts['epoch']}: {own}", stops=True)
        self._stopped = next((finding.text for finding in found if finding.stops), "")

    def findings(self) -> Sequence[Finding]:
        """What the alarms said so far, and why training was ended before its time."""
        return tuple(self._alarms.findings)

    def views(self) -> list[View]:
        """What every search with shared weights shows; a subclass adds what is its own."""
        return supernet_views(
            self.history,
            self._rows,
            self._path,
            scores=self.scores.all(),
            finalists=[Finalist(proposal, accuracy, score) for _, accuracy, score, proposal in self._trained],
            has_finalists=self.config.num_trained > 0,
            cost=self._cost_metric,
        )

    def _is_exhausted(self) -> bool:
        if not self.training_is_over or (self._has_weights and not self._search_is_over()):
            return False
        return (self._finals is not None or not self._has_weights) and self._num_finals_asked == len(self._finals or [])

    def checkpoints_needed(self) -> frozenset[int] | None:
        """The shared weights as they are now: the next leg goes on from them, scores are taken with them."""
        return frozenset() if self._last_leg is None else frozenset({self._last_leg})

    def checkpoints_left(self) -> frozenset[int]:
        """The shared weights, for the estimator `inherit`."""
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
            "num_derived": self._num_derived,
            "num_finals_asked": self._num_finals_asked,
            "trained": [list(row) for row in self._trained],
            "history": self.history.as_json(),
            "scores": self.scores.as_json(),
            "alarms": self._alarms.as_json(),
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self._epoch = int(data["epoch"])
        self._first_leg, self._last_leg = data["first_leg"], data["last_leg"]
        self._num_lost = int(data["num_lost"])
        self._broken, self._stopped = str(data["broken"]), str(data["stopped"])
        self._derived = data["derived"]
        self._finals = None if data["finals"] is None else list(data["finals"])
        self._num_derived = int(data["num_derived"])
        self._num_finals_asked = int(data["num_finals_asked"])
        self._trained = [list(row) for row in data["trained"]]
        self.history = History.from_json(data["history"])
        self.scores = SharedScores.from_json(data["scores"])
        self._alarms.load(data["alarms"])
