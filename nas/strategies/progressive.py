"""Progressive search: from small architectures to larger ones, a model choosing which to grow. Liu et al. 2018, arXiv 1712.00559.

Deviations: the smallest architectures may be a random part of all; the model reads sums over blocks, not tokens in a row; its
targets are spread out; when the largest size is reached, the search goes on with the next best of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.analysis.statistics import spearman
from nas.core.errors import ConstraintLeavesNothing
from nas.core.proposal import Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.space import Growing, Space
from nas.core.strategy import AskTell
from nas.core.view import View
from nas.strategies.bayesian_target import Target
from nas.strategies.bayesian_views import plain
from nas.strategies.progressive_config import ProgressiveConfig
from nas.strategies.progressive_level import LOOKED_AT, Grown, Kept, Level, Ways, looked_at
from nas.strategies.progressive_model import Model
from nas.strategies.progressive_views import Forecast, Observation, Row, progressive_views
from nas.surrogates.surrogate import Array


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate of the present level, and what the model expects of it."""

    number: int
    forecast: Forecast | None

    def as_json(self) -> list[Any]:
        return [self.number, None if self.forecast is None else list(self.forecast)]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> Chosen:
        number, forecast = value
        return cls(int(number), None if forecast is None else (forecast[0], forecast[1], forecast[2]))


class Progressive(AskTell):
    """Evaluates the smallest architectures, learns from all results, extends the best of each size in every way, and evaluates
    those of them that the model expects most of. A size is complete before the next begins.
    """

    name = "progressive"
    title = "Progressive search"
    summary = "Starts with the smallest architectures and grows the best; a learned model picks among thousands of larger ones."
    source = "Liu et al. 2018, arXiv 1712.00559"
    requires = (Space, Growing)
    Config = ProgressiveConfig

    config: ProgressiveConfig

    def __init__(self, config: ProgressiveConfig, setup: SearchSetup) -> None:
        """Raises InvalidConfig when the space has no smaller architectures."""
        super().__init__(config, setup)
        self._space = cast(Growing, setup.space)  # as required
        self._num_ways = self._space.num_ways()
        self._target = Target.of_first(setup.objectives)
        self._features = lru_cache(maxsize=None)(self._space.way_features)  # per step; as many as there are
        self._levels = [Level(1, [Grown(None, ())], self._num_ways[0])]  # of sizes 1, 2 … up to the present one
        self._chosen: list[Chosen] = []  # of the present level, not proposed yet, best first
        self._on_the_way: dict[int, Chosen] = {}
        self._observations: list[Observation] = []
        self._num_unlearned = 0
        self._model: Model | None = None
        self._rows: dict[int, Row] = {}  # by size
        self._is_at_end = False

    @property
    def _level(self) -> Level:
        return self._levels[-1]

    def _is_exhausted(self) -> bool:
        return self._is_at_end

    # --- proposing -------------------------------------------------------------------------------------------------

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        """The next that was chosen; None while the last ones of a size are on the way."""
        while True:
            while self._chosen:
                chosen = self._chosen.pop(0)
                genotype = self._space.grown(self._level.ways_of(chosen.number))
                if not self._is_blacklisted(genotype) and self.setup.is_feasible(genotype):
                    self._on_the_way[proposal_id] = chosen
                    return self._proposal(proposal_id, chosen)
            if self._on_the_way or self._is_at_end:
                return None
            self._next_level(rng)
            self._choose(rng)

    def _proposal(self, proposal_id: int, chosen: Chosen) -> Proposal:
        parent = self._level.parent_of(chosen.number)
        meta: dict[str, Any] = {"size": self._level.size}
        if chosen.forecast is not None:
            meta |= dict(zip(("predicted", "low", "high"), chosen.forecast, strict=True))
        return Proposal(
            id=proposal_id,
            genotype=self._space.grown(self._level.ways_of(chosen.number)),
            parents=() if parent is None else (parent,),
            operator="random" if parent is None else "grow",
            meta=meta,
        )

    def _next_level(self, rng: Generator) -> None:
        """Learn from what came in; with results of this size, the best of them grow, unless they are of the largest."""
        level = self._level
        if not level.kept or not level.tried.any():
            return
        if self._num_unlearned:
            self._refit(rng)
        if level.size < len(self._num_ways):
            parents = [Grown(kept.id, kept.ways) for kept in level.kept[: self.config.beam]]
            self._levels.append(Level(level.size + 1, parents, self._num_ways[level.size]))

    def _choose(self, rng: Generator) -> None:
        """The best untried candidates that are allowed, each network once; random ones while nothing is known. Where none is
        left of this size, those that grew have had their turn, and the next best of the size before come to grow.

        Raises ConstraintLeavesNothing when of the smallest none may be proposed, and no result is known that still may be.
        """
        level, canonical = self._level, self.setup.space.canonical
        num_wanted = self.config.beam if level.size > 1 else self.config.first_level or level.num_candidates
        known = [level.ways_of(number) for number in level.tried_numbers()]
        known += [observation.ways for observation in self._observations if len(observation.ways) == level.size]
        seen = {canonical(self._space.grown(ways)) for ways in set(known)}
        numbers: list[int] = []
        num_refused = num_passed = 0
        for number in looked_at(level.ranked(self._scores(), rng), LOOKED_AT):
            genotype = self._space.grown(level.ways_of(number))
            if not self.setup.is_feasible(genotype) or self._is_blacklisted(genotype):
                num_refused += 1
                continue
            if canonical(genotype) in seen:
                continue
            if len(self._space.ways_of(genotype)) < level.size:
                num_passed += self._pass(number)
                continue
            seen.add(canonical(genotype))
            numbers.append(number)
            if len(numbers) == num_wanted:
                break
        if num_passed and not numbers:
            return  # some of the size before grow on as if they were of this one
        if not numbers and level.size > 1:
            self._levels.pop()
            del self._level.kept[: self.config.beam]
            return
        if num_refused and not numbers and not any(self._may_be(o.ways) for o in self._observations):
            raise ConstraintLeavesNothing(self._refusal(num_refused))
        self._is_at_end = not numbers
        for number in numbers:
            level.mark(number)
        self._chosen = [
            Chosen(number, forecast) for number, forecast in zip(numbers, self._forecasts(numbers), strict=True)
        ]

    def _pass(self, number: int) -> bool:
        """A candidate whose last step adds nothing needs no trial: its result is that of the architecture it came from."""
        level, parent = self._level, self._level.parent_of(number)
        found = next((kept for kept in self._levels[-2].kept if kept.id == parent), None)
        if found is None or level.size == len(self._num_ways):
            return False
        level.mark(number)
        level.keep(replace(found, ways=level.ways_of(number)), self.config.remembered)
        return True

    def _refusal(self, num_refused: int) -> str:
        limits = [f"meets {' and '.join(map(str, self.setup.constraints))}"] if self.setup.constraints else []
        limits += [f"does without {', '.join(sorted(self.setup.forbidden))}"] if self.setup.forbidden else []
        limits = limits or ["is left: each failed several times"]
        return (
            f"none of the {num_refused:,} smallest architectures {' and '.join(limits)}; "
            "loosen the constraint or change the space"
        )

    # --- the model -------------------------------------------------------------------------------------------------

    def _scores(self) -> npt.NDArray[np.float64] | None:
        """(num_parents, num_ways), larger is better; None while there is no model."""
        if self._model is None:
            return None
        size = self._level.size
        first = np.array([self._inputs(parent.ways, size) for parent in self._level.parents])
        second = np.pad(self._features(size - 1) / size, ((0, 0), (0, 1)))  # the size is in `first` already
        return self._model.predictor.predict_sums(first, second)

    def _inputs(self, ways: Ways, size: int) -> Array:
        """What the model reads of an architecture of `size` steps, of which `ways` are known: means over steps, and the size."""
        total = np.zeros(self._features(0).shape[1])
        for step, way in enumerate(ways):
            total += self._features(step)[way]
        return np.append(total / size, size / len(self._num_ways))

    def _refit(self, rng: Generator) -> None:
        inputs = np.array([self._inputs(o.ways, len(o.ways)) for o in self._observations])
        losses = np.array([observation.loss for observation in self._observations])
        if self._model is None:
            self._model = Model.first(inputs, losses, self.config, rng)
        else:
            self._model = self._model.taught(inputs, losses, self.config, rng)
        self._num_unlearned = 0
        here = [place for place, o in enumerate(self._observations) if len(o.ways) == self._level.size]
        self._rows[self._level.size] = self._row(here, self._model.losses(inputs[here])[0])

    def _row(self, here: list[int], expected: Array) -> Row:
        """What the present size came to. `here`: its results among those remembered; `expected`: their losses to the model now."""
        results = [self._observations[place] for place in here]
        foretold = [(o.forecast[0], o.measured) for o in results if o.forecast is not None]
        before = spearman(*zip(*foretold, strict=True)) if len(foretold) > 1 else None
        after = spearman(expected, [o.loss for o in results]) if len(results) > 1 else None
        return Row(
            size=self._level.size,
            candidates=self._level.num_candidates,
            trained=self._level.num_trained,
            failed=self._level.num_failed,
            kept=min(len(self._level.kept), self.config.beam),
            best=plain(self._target.shown(self._level.kept[0].loss)),
            before=None if before is None else plain(before),
            after=None if after is None else plain(after),
        )

    def _forecasts(self, numbers: list[int]) -> list[Forecast | None]:
        if self._model is None or not numbers:
            return [None] * len(numbers)
        inputs = np.array([self._inputs(self._level.ways_of(number), self._level.size) for number in numbers])
        rows = zip(*(losses.tolist() for losses in self._model.losses(inputs)), strict=True)
        shown = ([plain(self._target.shown(loss)) for loss in row] for row in rows)
        return [(expected, min(ends), max(ends)) for expected, *ends in shown]

    # --- learning --------------------------------------------------------------------------------------------------

    def _learn(self, proposal: Proposal, result: Result) -> None:
        """What people added or retried is learned from as well, and grows on where it has the present size."""
        level, chosen = self._level, self._on_the_way.pop(proposal.id, None)
        if proposal.genotype is None:
            return
        if not result.status.is_ok:
            level.num_failed += chosen is not None
            return
        ways, loss = self._space.ways_of(proposal.genotype), self._target.value(result.metrics)
        measured = plain(self._target.shown(loss))
        broken = (c.violation(result.metrics[c.metric]) for c in self.setup.constraints if c.metric in result.metrics)
        forecast = None if chosen is None else chosen.forecast
        observation = Observation(proposal.id, ways, loss, measured, sum(broken), forecast)
        self._observations.append(observation)
        del self._observations[: -self.config.remembered]
        self._num_unlearned += 1
        if len(ways) == level.size:
            level.num_trained += 1
            level.keep(_kept(observation), self.config.remembered)

    def _rules_changed(self) -> None:
        """What is allowed no more does not grow; others of the results, as far as they are remembered, take its place."""
        while not all(not parent.ways or self._may_be(parent.ways) for parent in self._level.parents):
            self._levels.pop()
            self._chosen = []
        allowed = [o for o in self._observations if self._may_be(o.ways)]
        for level in self._levels:
            level.kept = []
            for observation in allowed:
                if len(observation.ways) == level.size:
                    level.keep(_kept(observation), self.config.remembered)
        self._is_at_end = False

    def _may_be(self, ways: Ways) -> bool:
        return self.setup.is_feasible(self._space.grown(ways))

    def views(self) -> list[View]:
        return progressive_views(list(self._rows.values()), self._observations, self._target.metric)

    # --- state -----------------------------------------------------------------------------------------------------

    def _save(self) -> Mapping[str, Any]:
        return {
            "levels": [level.as_json() for level in self._levels],
            "chosen": [chosen.as_json() for chosen in self._chosen],
            "on_the_way": [[number, chosen.as_json()] for number, chosen in self._on_the_way.items()],
            "observations": [observation.as_json() for observation in self._observations],
            "num_unlearned": self._num_unlearned,
            "rows": [row.as_json() for row in self._rows.values()],
            "is_at_end": self._is_at_end,
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self._levels = [
            Level.from_json(level, ways) for level, ways in zip(data["levels"], self._num_ways, strict=False)
        ]
        self._chosen = [Chosen.from_json(stored) for stored in data["chosen"]]
        self._on_the_way = {int(number): Chosen.from_json(stored) for number, stored in data["on_the_way"]}
        self._observations = [Observation.from_json(stored) for stored in data["observations"]]
        self._num_unlearned = int(data["num_unlearned"])
        self._rows = {row["size"]: Row(**row) for row in data["rows"]}
        self._is_at_end = bool(data["is_at_end"])

    def _save_tensors(self) -> Mapping[str, npt.NDArray[Any]]:
        """Which candidates of each size were tried, a bit each, and the weights of the model."""
        tried = {f"tried{level.size}": np.packbits(level.tried) for level in self._levels}
        return tried if self._model is None else {**tried, **self._model.tensors()}

    def _load_tensors(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        for level in self._levels:
            bits = np.unpackbits(tensors[f"tried{level.size}"], count=level.num_candidates)
            level.tried = bits.astype(np.bool_).reshape(level.tried.shape)
        if len(tensors) > len(self._levels):
            self._model = Model.from_tensors(tensors, len(self._inputs((), 1)), self.config)


def _kept(observation: Observation) -> Kept:
    return Kept(observation.violation, observation.loss, observation.id, observation.ways)
