"""A population of connections that one worker trains as a whole: one step is one generation.

A genetic algorithm over connection matrices. It begins with random wiring (Xie et al. 2019, arXiv 1904.01569) and changes it:
survival as in NSGA-II (Deb et al. 2002) by score and number of edges, children by crossover and edits of edges. Children may
begin with the weights of their parent, which belong to nodes and so outlive a change of edges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from numpy.random import PCG64, Generator, SeedSequence

from nas.connections.alone import state_of
from nas.connections.config import ConnectionSettings
from nas.connections.facts import front_of, population_facts
from nas.connections.form import Form, Weights, inherited
from nas.connections.population import WORST, Member, expected, standings, survivors, tournament
from nas.connections.searchable import scored_metric
from nas.connections.stacked import StackedNetworks
from nas.connections.training import PopulationRecipe, scores, train
from nas.connections.variation import edges_of, wires_of
from nas.core.config import Config as BaseConfig
from nas.core.errors import ConstraintLeavesNothing, StateMismatch
from nas.core.metric import METRICS, Direction
from nas.core.problem import OutputScored
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.islands.island import Island, IslandPlace, IslandState, Migrant
from nas.spaces.connections import Connections
from nas.training.environment import named_failures, reproducible, stream
from nas.training.warm import warm_examples

_TRIES = 50
"""Draws of a child that look for one which is allowed and which the population does not have."""

_WEIGHTS, _ORDER, _MIGRANTS_WEIGHTS, _MIGRANTS_ORDER = range(1, 5)  # words of a step's torch generators


class ConnectionIsland(Island):
    name: ClassVar[str] = "connections"
    Config: ClassVar[type[BaseConfig]] = ConnectionSettings
    config: ConnectionSettings

    def __init__(self, config: ConnectionSettings, setup: SearchSetup, at: IslandPlace) -> None:
        """Raises InvalidConfig for another space than `connections`, or where no objective is measured by training."""
        super().__init__(config, setup, at)
        self._metric = scored_metric(setup)
        assert isinstance(setup.space, Connections)  # as that function says
        self._space = setup.space
        self._form = _form_of(setup)
        self._weights: Weights | None = None  # of the members, in their order; None before the first step
        self._steps = 0
        self._num_trained = 0
        self._members: list[Member] = []
        rng, there = self._rng(), set[str]()
        for _ in range(config.population_size):
            wires = wires_of(self._allowed(lambda: setup.sample(rng), there))
            self._members.append(Member(wires, wires.edges, born=0, operator="random"))

    @property
    def num_steps(self) -> int:
        return self._steps

    @property
    def num_candidates(self) -> int:
        return self._num_trained

    def step(self) -> Mapping[str, float]:
        """The first one trains the random population; each further one makes, trains and sorts a generation."""
        if self._weights is None:
            self._begin()
        else:
            self._generation()
        self._steps += 1
        best = self._by_score()[0]
        scored = [member.score for member in self._members if member.score > WORST]
        edges = [len(member.wires.edges) for member in self._members]
        return {
            self._metric: best.metrics.get(self._metric, math.nan),
            "mean_score": float(np.mean(scored)) if scored else math.nan,
            "edges_of_best": float(len(best.wires.edges)),
            "mean_edges": float(np.mean(edges)),
            "front_size": float(len(front_of(self._members))),
        }

    def best(self, num: int) -> Sequence[Genotype]:
        """By turns the best score that is left, and the next on the front of score and edges."""
        scored, front = self._by_score(), front_of(self._members)
        ranked = [each for pair in zip_longest(scored, front) for each in pair if each is not None]
        return list({self._space.canonical(member.genotype): member.genotype for member in ranked}.values())[:num]

    def weights_of(self, genotype: Genotype) -> Mapping[str, npt.NDArray[Any]] | None:
        key = self._space.canonical(genotype)
        row = next((n for n, member in enumerate(self._members) if self._space.canonical(member.genotype) == key), None)
        if row is None or self._weights is None:
            return None
        state = state_of(self._form, self._members[row].wires, self._weights, row)
        return {name: tensor.numpy() for name, tensor in state.items()}

    def facts(self) -> Mapping[str, Any]:
        found = population_facts(self._by_score(), self._form.num_nodes, self._steps)
        return {**found, "metric": self._metric, "inherit": self.config.inherit}

    def emigrants(self, num: int, rng: Generator) -> Sequence[Migrant]:
        standing = standings(self._members, counts_edges=self.config.minimises_edges)
        chosen = {tournament(standing, rng) for _ in range(num)}
        return [
            Migrant(member.genotype, member.score, {"origin": sorted(map(list, member.origin))})
            for member in (self._members[place] for place in sorted(chosen))
        ]

    def immigrate(self, migrants: Sequence[Migrant], rng: Generator) -> None:
        """Those that the population does not have take the places of the worst, and train from scratch as its own did."""
        arrived: list[Member] = []
        there = self._keys()
        for migrant in migrants:
            genotype = self._space.validate(migrant.genotype)
            if self._space.canonical(genotype) not in there and self.setup.is_feasible(genotype):
                there.add(self._space.canonical(genotype))
                wires = wires_of(genotype)
                origin = edges_of(migrant.data.get("origin", wires.edges))
                arrived.append(Member(wires, origin, born=self._steps, operator="migrant"))
        arrived = arrived[: len(self._members) - 1]
        if not arrived:
            return
        if self._weights is None:
            self._members[-len(arrived) :] = arrived
            return
        fresh = self._form.fresh(len(arrived), self._stream(_MIGRANTS_WEIGHTS))
        trained, weights = self._trained(arrived, fresh, self.config.epochs, self._stream(_MIGRANTS_ORDER))
        kept = survivors(self._members, len(self._members) - len(arrived), counts_edges=self.config.minimises_edges)
        self._become(
            [*(self._members[place] for place in kept), *trained], _stacked(_rows(self._weights, kept), weights)
        )

    def state(self) -> IslandState:
        data = {
            "config": self.config.as_json(),
            "nodes": self._form.num_nodes,
            "steps": self._steps,
            "num_trained": self._num_trained,
            "members": [member.as_json() for member in self._members],
        }
        return IslandState(data, {name: tensor.numpy() for name, tensor in (self._weights or {}).items()})

    def restore(self, state: IslandState) -> None:
        if state.data["config"] != self.config.as_json() or state.data["nodes"] != self._form.num_nodes:
            raise StateMismatch("the stored island searched with other settings or other numbers of nodes")
        self._steps, self._num_trained = int(state.data["steps"]), int(state.data["num_trained"])
        self._members = [Member.from_json(member) for member in state.data["members"]]
        self._weights = {name: torch.from_numpy(np.array(array)) for name, array in state.arrays.items()} or None

    # A generation ----------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        fresh = self._form.fresh(len(self._members), self._stream(_WEIGHTS))
        self._become(*self._trained(self._members, fresh, self.config.epochs, self._stream(_ORDER)))

    def _generation(self) -> None:
        assert self._weights is not None
        config = self.config
        children, parents = self._children(self._rng())
        weights = self._form.fresh(len(children), self._stream(_WEIGHTS))
        if config.inherit == "parent":
            kin = [(self._members[p].wires, child.wires) for p, child in zip(parents, children, strict=True)]
            weights = inherited(self._form, weights, self._weights, parents, kin)
            # Parents train as long as their children: else the young would win by their longer training alone.
            everybody = [*self._members, *children]
            trained, weights = self._trained(
                everybody, _stacked(self._weights, weights), config.inherited_epochs, self._stream(_ORDER)
            )
        elif config.parents_train_again:
            everybody = [*self._members, *children]
            fresh = self._form.fresh(len(everybody), self._stream(_WEIGHTS))
            trained, weights = self._trained(everybody, fresh, config.epochs, self._stream(_ORDER), again=True)
            trained = expected(trained)
        else:
            made, weights = self._trained(children, weights, config.epochs, self._stream(_ORDER))
            trained, weights = [*self._members, *made], _stacked(self._weights, weights)
        kept = survivors(trained, config.population_size, counts_edges=config.minimises_edges)
        self._become([trained[place] for place in kept], _rows(weights, kept))

    def _children(self, rng: Generator) -> tuple[list[Member], list[int]]:
        """As many as there are members, and the place of the parent whose weights each may take."""
        standing = standings(self._members, counts_edges=self.config.minimises_edges)
        there = self._keys()
        children: list[Member] = []
        parents: list[int] = []
        for _ in range(self.config.population_size):
            place = tournament(standing, rng)
            first = self._members[place]
            is_crossed = bool(rng.random() < self.config.crossover_probability)
            second = self._members[tournament(standing, rng)].genotype if is_crossed else None
            child = self._allowed(partial(self._child, first.genotype, second, rng), there)
            operator = "crossover+mutation" if is_crossed else "mutation"
            children.append(Member(wires_of(child), first.origin, born=self._steps, operator=operator))
            parents.append(place)
        return children, parents

    def _child(self, first: Genotype, second: Genotype | None, rng: Generator) -> Genotype:
        mixed = first if second is None else self._space.crossover(first, second, rng)
        return self._space.mutate(mixed, rng).genotype

    def _allowed(self, draw: Callable[[], Genotype], there: set[str]) -> Genotype:
        """The first draw that is feasible and new, noted in `there`; one that is feasible where none is new.

        Raises ConstraintLeavesNothing where none is feasible.
        """
        known: Genotype | None = None
        for _ in range(_TRIES):
            genotype = draw()
            if self.setup.is_feasible(genotype):
                if (key := self._space.canonical(genotype)) not in there:
                    there.add(key)
                    return genotype
                known = genotype
        if known is None:
            raise ConstraintLeavesNothing(f"none of {_TRIES} draws keeps the constraints; allow more")
        return known

    def _keys(self) -> set[str]:
        return {self._space.canonical(member.genotype) for member in self._members}

    def _trained(
        self,
        members: Sequence[Member],
        weights: Weights,
        epochs: int,
        order: torch.Generator,
        *,
        again: bool = False,
    ) -> tuple[list[Member], Weights]:
        """Members with their scores, and the weights behind the training. `again`: earlier trainings count as well."""
        problem, config = self.setup.problem, self.config
        device = torch.device(self.at.device)
        judge = problem if isinstance(problem, OutputScored) else None
        recipe = PopulationRecipe(
            config.learning_rate,
            weight_decay=config.weight_decay,
            batch_size=config.batch_size,
            gradient_clip=config.gradient_clip,
        )
        with named_failures(device, config.batch_size), reproducible(device, 0):
            examples, validation = (
                warm_examples(problem, part, device, self.at.cached) for part in ("train", "validation")
            )
            networks = StackedNetworks(self._form, [member.wires for member in members], weights, device)
            train(networks, examples, recipe, epochs, order, judge=judge)
            measured = scores(networks, validation, judge)
        self._num_trained += len(members)
        found = []
        for member, metrics in zip(members, measured, strict=True):
            value = metrics.get(self._metric, math.nan)
            sign = 1.0 if METRICS[self._metric].direction is Direction.MAXIMISE else -1.0
            score = sign * value if math.isfinite(value) else WORST
            found.append(member.trained(score, metrics, again=again))
        return found, networks.export()

    def _become(self, members: list[Member], weights: Weights) -> None:
        self._members, self._weights = members, weights

    def _by_score(self) -> list[Member]:
        return sorted(self._members, key=lambda member: (-member.score, len(member.wires.edges)))

    def _rng(self) -> Generator:
        """Draws of the present step."""
        return Generator(PCG64(SeedSequence([self.at.seed, self._steps])))

    def _stream(self, word: int) -> torch.Generator:
        return stream(self.at.seed, 8 * self._steps + word)


def _form_of(setup: SearchSetup) -> Form:
    config: Any = setup.space.config
    return Form(
        config.substrate,
        config.nodes,
        config.widths,
        config.operations,
        setup.problem.input_shape,
        setup.problem.num_classes,
    )


def _rows(weights: Weights, places: Sequence[int]) -> Weights:
    return {name: tensor[list(places)] for name, tensor in weights.items()}


def _stacked(first: Weights, second: Weights) -> Weights:
    return {name: torch.cat([tensor, second[name]]) for name, tensor in first.items()}
