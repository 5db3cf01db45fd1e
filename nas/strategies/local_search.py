"""Local search, also called hill climbing. White, Nolen and Savani 2020, arXiv 2005.02960.

Deviations: neighbours are tried in random order and only once; it runs with any number of evaluations in flight;
constraints and several objectives are understood (Deb et al. 2002).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar, Literal

from numpy.random import PCG64, Generator, SeedSequence

from nas.core.config import Config, setting
from nas.core.proposal import EVALUATE, Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.space import Neighbouring, Space
from nas.core.strategy import AskTell
from nas.core.view import View
from nas.strategies.population import Member, Selection, best_of

SHOWN_STEPS = 12
"""Moves that the view remembers."""

START = "random"  # the operator of starts

START_TRIES = 100
"""Draws that look for a start which was not evaluated lately; then any is taken, as in a space used up."""


class LocalSearchConfig(Config):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"paper": {"move": "best", "num_starts": 1}}

    move: Literal["first", "best"] = setting(
        "first",
        title="Move",
        description="To the first neighbour that is better, or, as the paper's basic form, to the best once all neighbours are evaluated.",
    )
    num_starts: int = setting(
        5,
        title="Random starts",
        description="Random architectures at each start, of which the best is where the climb begins. The paper's basic form has 1.",
        unit="architectures",
        ge=1,
        le=10_000,
    )
    selection: Selection = setting(
        "first_objective",
        title="Selection",
        description="What makes one architecture better than another: the first objective, or domination in all objectives.",
    )
    remembered: int = setting(
        250,
        title="Remembered architectures",
        description="How many of the latest proposals are not evaluated again.",
        unit="architectures",
        advanced=True,
        ge=1,
        le=100_000,
    )


class LocalSearch(AskTell):
    """Climbs from one architecture to a better neighbour until none is better, then begins again elsewhere.

    Every result counts, whoever asked for it: a better one is moved to as if it were a neighbour.
    """

    name = "local_search"
    title = "Local search"
    summary = "Tries what is one change away, moves where it is better, and begins again at random when nothing is."
    source = "White et al. 2020, arXiv 2005.02960"
    requires = (Space, Neighbouring)
    Config = LocalSearchConfig

    config: LocalSearchConfig

    def __init__(self, config: LocalSearchConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._centre: Member | None = None  # where the climb stands; None while starts are evaluated
        self._better: Member | None = None  # the best of what was found better than the centre
        self._num_started = 0  # starts evaluated since the last restart
        self._seed: int | None = None  # of the order of the centre's neighbours; None before the first is drawn
        self._position = 0  # neighbours of the centre that were proposed or passed over
        self._seen: dict[str, None] = {}  # an ordered set of digests: the oldest is forgotten first
        self._num_entered = 0
        self._climb = 0
        self._steps: list[list[float]] = []  # of the latest moves: climb, id, fitness
        self._neighbours: tuple[int, int, list[Genotype]] | None = None  # of (centre, seed); kept, never stored

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        on_the_way = [p.operator for p in self._pending.values() if p.kind == EVALUATE]
        if self._centre is not None:
            found = self._next_neighbour(self._centre, rng)
            if found is not None:
                return self._proposal(proposal_id, found, "neighbour", (self._centre.id,))
            if on_the_way:
                return None
            # All neighbours are evaluated. To the best of them, or away from this summit.
            if self._better is not None:
                self._move(self._better)
                return self._propose(proposal_id, rng)
            self._centre, self._num_started = None, 0
            self._climb += 1
        if self._num_started + on_the_way.count(START) >= self.config.num_starts:
            return None
        return self._proposal(proposal_id, self._draw_start(rng), START, ())

    def _proposal(self, proposal_id: int, genotype: Genotype, operator: str, parents: tuple[int, ...]) -> Proposal:
        self._seen[self._digest(genotype)] = None
        while len(self._seen) > self.config.remembered:
            del self._seen[next(iter(self._seen))]
        return Proposal(proposal_id, genotype, operator=operator, parents=parents, meta={"climb": self._climb})

    def _draw_start(self, rng: Generator) -> Genotype:
        for genotype in islice(self._feasible(lambda: self.setup.sample(rng)), START_TRIES):
            if self._digest(genotype) not in self._seen:
                break
        return genotype

    def _next_neighbour(self, centre: Member, rng: Generator) -> Genotype | None:
        """The next in the random order that may be proposed; None when there is none left."""
        if self._seed is None:
            self._seed = int(rng.integers(2**63))
        if self._neighbours is None or self._neighbours[:2] != (centre.id, self._seed):
            space = self.setup.space
            assert isinstance(space, Neighbouring)  # as `requires` says
            around = list(space.neighbours(centre.genotype))
            order = Generator(PCG64(SeedSequence(self._seed))).permutation(len(around))
            self._neighbours = (centre.id, self._seed, [around[int(i)] for i in order])
        for genotype in self._neighbours[2][self._position :]:
            self._position += 1
            is_new = self._digest(genotype) not in self._seen
            if is_new and not self._is_blacklisted(genotype) and self.setup.is_feasible(genotype):
                return genotype
        return None

    def _digest(self, genotype: Genotype) -> str:
        return hashlib.sha256(self.setup.space.canonical(genotype).encode()).hexdigest()[:16]

    def _learn(self, proposal: Proposal, result: Result) -> None:
        """What is allowed no more when its result arrives is no place to climb from."""
        if proposal.genotype is None or not result.status.is_ok or not self.setup.is_feasible(proposal.genotype):
            return
        member = Member(proposal.id, proposal.genotype, result.metrics, self._num_entered)
        self._num_entered += 1
        if self._centre is None:
            self._num_started += 1
        elif self._best(self._centre, member) is self._centre:
            return
        self._better = member if self._better is None else self._best(self._better, member)
        is_start_over = self._centre is None and self._num_started >= self.config.num_starts
        if is_start_over or (self._centre is not None and self.config.move == "first"):
            self._move(self._better)

    def _rules_changed(self) -> None:
        """Where nobody may stand any more the climb ends: at what was found better, else it begins anew. What was passed
        over around the centre may be allowed now, so it is looked at again."""
        self._position = 0
        if self._better is not None and not self.setup.is_feasible(self._better.genotype):
            self._better = None
            if self._centre is None:
                self._num_started = 0
        if self._centre is not None and not self.setup.is_feasible(self._centre.genotype):
            if self._better is not None:
                self._move(self._better)
            else:
                self._centre, self._num_started = None, 0
                self._climb += 1

    def _best(self, standing: Member, new: Member) -> Member:
        """Of equals the one that stands."""
        return best_of((standing, new), self.setup, self.config.selection)

    def _move(self, to: Member) -> None:
        self._centre, self._better = to, None
        self._seed, self._position = None, 0
        self._steps.append([self._climb, to.id, to.metrics[self.setup.objectives[0].metric]])
        del self._steps[:-SHOWN_STEPS]

    def views(self) -> list[View]:
        """The latest moves, oldest first, and how far the present neighbourhood is."""
        columns: dict[str, Any] = {
            "climb": [int(climb) + 1 for climb, _, _ in self._steps],
            "id": [int(number) for _, number, _ in self._steps],
            "fitness": [fitness for _, _, fitness in self._steps],
            "fitness_metric": self.setup.objectives[0].metric,
            "tried_neighbours": self._position,
        }
        return [View("climb", "Climbs", "climb", columns)]

    def _save(self) -> Mapping[str, Any]:
        return {
            "centre": None if self._centre is None else self._centre.as_json(),
            "better": None if self._better is None else self._better.as_json(),
            "num_started": self._num_started,
            "seed": self._seed,
            "position": self._position,
            "seen": list(self._seen),
            "num_entered": self._num_entered,
            "climb": self._climb,
            "steps": [list(step) for step in self._steps],
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self._centre = None if data["centre"] is None else Member(**data["centre"])
        self._better = None if data["better"] is None else Member(**data["better"])
        self._num_started = int(data["num_started"])
        self._seed = None if data["seed"] is None else int(data["seed"])
        self._position = int(data["position"])
        self._seen = dict.fromkeys(data["seen"])
        self._num_entered = int(data["num_entered"])
        self._climb = int(data["climb"])
        self._steps = [list(step) for step in data["steps"]]
