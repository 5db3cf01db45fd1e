"""What all searches on islands have in common: legs that workers carry out, visits between them, and a closer look at the best."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from numpy.random import PCG64, Generator, SeedSequence

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import ProtocolError
from nas.core.finding import Finding
from nas.core.proposal import Genotype, Proposal
from nas.core.randomness import STRATEGY_STREAM
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.strategy import AskTell
from nas.core.view import View
from nas.islands.task import IslandTask
from nas.strategies.island_log import IslandLog
from nas.strategies.island_views import curves_view, islands_view
from nas.strategies.legs import HOPELESS, MAX_LOST_LEGS

EVOLVE = "evolve"

REMEMBERED_BEST = 2_000
"""Architectures whose evaluation was asked for; the first to be asked for is forgotten first, so state stays bounded."""


class IslandSearchConfig(BaseConfig):
    """A subclass adds the settings of its island, and may give these other titles and defaults."""

    num_steps: int = setting(
        100,
        title="Steps",
        description="How many steps each island lives.",
        ge=1,
        le=10_000_000,
    )
    steps_per_leg: int = setting(
        10,
        title="Steps between looks",
        description="After so many steps an island shows its population, its best are looked at closely, and candidates migrate.",
        ge=1,
        le=1_000_000,
    )
    num_islands: int = setting(
        1,
        title="Islands",
        description="Populations that live side by side, each on a worker of its own where there are enough.",
        ge=1,
        le=256,
    )
    num_migrants: int = setting(
        0,
        title="Migrants",
        description="How many candidates each island receives from the others between two legs; 0 keeps them apart.",
        unit="candidates",
        ge=0,
        le=10_000,
    )
    num_looked_at: int = setting(
        1,
        title="Looked at closely",
        description="How many of an island's best the estimator evaluates after each leg, where they are new.",
        unit="architectures",
        ge=1,
        le=100,
    )


class _Wish(NamedTuple):
    """One of the best of an island behind a leg, to be evaluated."""

    island: int
    step: int
    leg: int
    genotype: Genotype


class IslandSearch(AskTell):
    """A subclass says which `island` it advances, and draws pictures of the facts that islands bring.

    All islands end a leg before any begins the next one, and nothing that an island draws depends on the ids of proposals: with
    a seed the populations are the same on one worker as on ten. What an island calls its best becomes an ordinary evaluation
    with the operator "island", once per architecture.
    """

    island: ClassVar[str]
    """Its name in `nas.registry.islands`."""
    Settings: ClassVar[type[BaseConfig]]
    """The settings that the island reads, which are among those of the strategy."""
    fresh_because = "its islands find their own way; only what they call their best is evaluated"
    config: Any

    @classmethod
    def most_evaluations(cls, config: Any) -> int | None:
        num_legs = -(-config.num_steps // config.steps_per_leg)
        return int(config.num_islands * num_legs * config.num_looked_at)

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self.logs = [IslandLog() for _ in range(config.num_islands)]
        self._wishes: deque[_Wish] = deque()
        self._asked_for: dict[str, None] = {}  # canonical forms whose evaluation was asked for
        self._findings: list[Finding] = []
        self._pool: list[list[Any]] = []  # [home, migrant] of those on their way into the round that goes on
        self._pool_step = 0  # the step at which that round began

    # What subclasses say -------------------------------------------------------------------------------------------------

    @property
    def hands_down(self) -> bool:
        """Whether evaluations begin with the weights that the island trained."""
        return False

    @abstractmethod
    def own_views(self) -> list[View]:
        """Pictures of what is particular to the method, from `self.logs`."""

    # The course ----------------------------------------------------------------------------------------------------------

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        while self._wishes:
            wish = self._wishes.popleft()
            if self.setup.is_feasible(wish.genotype) and not self._is_blacklisted(
                wish.genotype
            ):  # rules may have changed
                return Proposal(
                    id=proposal_id,
                    genotype=wish.genotype,
                    operator="island",
                    inherits=wish.leg if self.hands_down else None,
                    keeps_network=self.hands_down,
                    meta={"island": wish.island, "step": wish.step},
                )
        number = self._next_island()
        return None if number is None else self._leg(proposal_id, number)

    def _next_island(self) -> int | None:
        """The island whose leg can begin: the round before must have ended everywhere."""
        out = {proposal.payload["number"] for proposal in self._pending.values() if proposal.kind == EVOLVE}
        living = [number for number, log in enumerate(self.logs) if not self._is_over(log)]
        if not living:
            return None
        # A round is over when all that live have come equally far: those that are out are still a leg behind.
        behind = min(self.logs[number].steps for number in living)
        return next((n for n in living if self.logs[n].steps == behind and n not in out), None)

    def _is_over(self, log: IslandLog) -> bool:
        return bool(log.broken) or log.steps >= self.config.num_steps

    def _leg(self, proposal_id: int, number: int) -> Proposal:
        log, config = self.logs[number], self.config
        if log.first_leg is None:
            log.first_leg = proposal_id
        until = min(config.num_steps, log.steps + config.steps_per_leg)
        migrates = config.num_migrants > 0 and config.num_islands > 1
        task = IslandTask(
            island=self.island,
            settings=config.model_dump(mode="json", include=set(self.Settings.model_fields)),
            number=number,
            seed=int(self._generator(number).integers(2**63)),
            from_step=log.steps,
            until_step=until,
            total_steps=config.num_steps,
            num_best=config.num_looked_at,
            hands_down=self.hands_down,
            num_emigrants=config.num_migrants if migrates and until < config.num_steps else 0,
            immigrants=self._visitors(number) if migrates else (),
            constraints=[constraint.as_json() for constraint in self.setup.constraints],
            forbidden=sorted(self.setup.forbidden),
        )
        return Proposal(
            id=proposal_id,
            kind=EVOLVE,
            operator="leg",
            continues=log.last_leg,
            began_as=log.first_leg,
            payload=task.as_json(),
            meta={"island": number, "done": log.steps, "total": config.num_steps},
        )

    def _generator(self, number: int, step: int = 0) -> Generator:
        """Draws for an island at a step, whatever the ids of proposals are."""
        return Generator(PCG64(SeedSequence([self.setup.run_seed, self.setup.replica, STRATEGY_STREAM, number, step])))

    def _visitors(self, number: int) -> list[Mapping[str, Any]]:
        """Drawn from what all other islands sent out (Real et al. 2020, arXiv 2003.03384, section 3.2: one pool for all)."""
        step = self.logs[number].steps
        if self._pool_step != step:  # the first leg of a round: all islands have just ended the one before
            self._pool_step = step
            self._pool = [[home, each] for home, log in enumerate(self.logs) for each in log.emigrants]
        others = [migrant for home, migrant in self._pool if home != number]
        wanted = min(self.config.num_migrants, len(others))
        places = self._generator(number, step).choice(len(others), wanted, replace=False) if wanted else ()
        return [others[place] for place in places]

    def _learn(self, proposal: Proposal, result: Result) -> None:
        if proposal.kind == EVOLVE:
            self._learn_leg(proposal, result)

    def _learn_leg(self, proposal: Proposal, result: Result) -> None:
        number = proposal.payload["number"]
        log = self.logs[number]
        if not result.status.is_ok:
            log.num_lost += 1
            if result.status in HOPELESS or log.num_lost >= MAX_LOST_LEGS:
                log.broken, log.emigrants = result.reason, ()
                what = f"Island {number + 1} ended after step {log.steps:,}: {result.reason}"
                self._findings.append(Finding(len(self._findings), "broken", what, stops=len(self.logs) == 1))
            return
        found = result.payload
        if found["steps"] != proposal.payload["until_step"]:
            raise ProtocolError(
                f"the leg to step {proposal.payload['until_step']} came back from step {found['steps']}"
            )
        log.last_leg, log.num_lost = proposal.id, 0
        log.steps, log.candidates = found["steps"], found["candidates"]
        log.seconds += result.cost_seconds
        log.facts, log.emigrants = found["facts"], found["emigrants"]
        log.curve.extend(found["curve"])
        for genotype in found["best"]:
            self._wish(_Wish(number, log.steps, proposal.id, self.setup.space.validate(genotype)))

    def _wish(self, wish: _Wish) -> None:
        form = self.setup.space.canonical(wish.genotype)
        if form in self._asked_for and not self.hands_down:  # with other weights it is another network
            return
        self._asked_for[form] = None
        if len(self._asked_for) > REMEMBERED_BEST:
            del self._asked_for[next(iter(self._asked_for))]
        self._wishes.append(wish)

    def _is_exhausted(self) -> bool:
        is_out = any(proposal.kind == EVOLVE for proposal in self._pending.values())
        return not is_out and not self._wishes and all(self._is_over(log) for log in self.logs)

    def checkpoints_needed(self) -> frozenset[int] | None:
        """The islands as they are now, for the next legs and the wishes, and those whose best are being evaluated."""
        now = {log.last_leg for log in self.logs if log.last_leg is not None}
        return frozenset(now | {p.inherits for p in self._pending.values() if p.inherits is not None})

    def findings(self) -> Sequence[Finding]:
        return tuple(self._findings)

    def views(self) -> list[View]:
        """None before the first leg has ended, so that what is particular to the method stands first on the page."""
        if not any(log.steps for log in self.logs):
            return []
        return [*self.own_views(), curves_view(self.logs), islands_view(self.logs, self.config.num_steps)]

    def _save(self) -> Mapping[str, Any]:
        return {
            "logs": [log.as_json() for log in self.logs],
            "wishes": [list(wish) for wish in self._wishes],
            "asked_for": list(self._asked_for),
            "findings": [finding.as_json() for finding in self._findings],
            "pool": list(self._pool),
            "pool_step": self._pool_step,
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self.logs = [IslandLog.from_json(log) for log in data["logs"]]
        self._wishes = deque(_Wish(*wish) for wish in data["wishes"])
        self._asked_for = dict.fromkeys(data["asked_for"])
        self._findings = [Finding.from_json(each) for each in data["findings"]]
        self._pool, self._pool_step = list(data["pool"]), int(data["pool_step"])
