"""Searches among the paths of a trained supernet: scored in batches that several workers can take, the best trained alone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

from nas.analysis.ranking import crowding_distances, non_dominated_ranks
from nas.core.errors import ConstraintLeavesNothing, InvalidGenotype
from nas.core.metric import METRICS, MetricSource
from nas.core.proposal import Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.view import View
from nas.strategies.legs import HOPELESS
from nas.strategies.path_latency import LATENCY, PathLatency
from nas.strategies.path_pool import Path, PathPool, Scored
from nas.strategies.shared_score_config import SharedScoreConfig
from nas.strategies.supernet_search import SCORE_SHARED, SupernetSearch

MAX_FAILED_BATCHES = 3
"""Batches that may end by no fault of the weights before the search gives up."""

MOST_SLOW = 300
"""Architectures over a limit on latency, drawn one after the other, after which drawing ends; the very first so many say that the
limit is impossible."""

RANDOM = "random"

Batch = dict[str, Path]
"""Architectures to score: canonical form → path, in the order of drawing."""


class SharedScoreSearch(SupernetSearch):
    """A subclass says how many random paths are wanted; it may search by other means too.

    Every batch is scored with the same calibration batches: a path has one score, whoever asks for it.
    """

    config: SharedScoreConfig

    @classmethod
    def most_evaluations(cls, config: Any) -> int | None:
        return int(config.num_trained + config.rank_check)

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self.pools: dict[str, PathPool] = {RANDOM: PathPool()}
        self._path_latency = PathLatency(getattr(config, "latency_table", None), setup)
        self._is_random_empty = False  # all paths there are were drawn
        self._num_failed = 0
        self._broken_search = ""  # why no more can be scored

    # What subclasses say -------------------------------------------------------------------------------------------------

    @abstractmethod
    def _num_random(self) -> int:
        """How many random paths are to be scored, beside those that the check of the ranking needs."""

    def _next_paths(self, rng: Generator) -> tuple[str, Batch, int | None] | None:
        """The next batch: its pool, its paths, the generation they belong to; None while there is none."""
        paths = self._random_batch(rng)
        return (RANDOM, paths, None) if paths else None

    def _random(self, rng: Generator) -> Genotype:
        """One random path, whatever the constraints."""
        return self.setup.sample(rng)

    # The course ----------------------------------------------------------------------------------------------------------

    def _propose_search(self, proposal_id: int, rng: Generator) -> Proposal | None:
        batch = self._next_paths(rng)
        if batch is None:
            return None
        pool, paths, generation = batch
        return Proposal(
            id=proposal_id,
            kind=SCORE_SHARED,
            operator=pool,
            inherits=self._last_leg,
            began_as=self._first_leg,  # one seed for all: one set of calibration batches
            payload={
                "task": self.task(self._epoch).as_json(),
                "genotypes": [self._genotype(path) for path in paths.values()],
                "batches": self.config.calibration_batches,
            },
            meta={"pool": pool, "first": self.pools[pool].ask(paths), "generation": generation},
        )

    def _search_is_over(self) -> bool:
        if self._broken_search:
            return True
        return not self._num_out(RANDOM) and self._num_random_left == 0

    def _learn_search(self, proposal: Proposal, result: Result) -> None:
        if result.status.is_ok:
            meta = proposal.meta
            self.pools[meta["pool"]].learn(meta["first"], result.payload["scores"], result.payload["losses"])
            return
        self._num_failed += 1
        if result.status in HOPELESS or self._num_failed >= MAX_FAILED_BATCHES:
            self._broken_search = result.reason

    def _num_out(self, pool: str) -> int:
        """Batches of it on their way."""
        return sum(proposal.meta.get("pool") == pool for proposal in self._pending.values())

    # Paths ---------------------------------------------------------------------------------------------------------------

    @property
    def _num_random_left(self) -> int:
        wanted = max(self._num_random(), self.config.rank_check)
        return 0 if self._is_random_empty else max(0, wanted - len(self.pools[RANDOM]))

    def _random_batch(self, rng: Generator) -> Batch:
        wanted = min(self.config.per_job, self._num_random_left)
        if not wanted:
            return {}
        paths = self._drawn(rng, wanted, self.pools[RANDOM])
        # Under a limit on latency drawing ends long before all paths there are were drawn.
        is_cut_short = bool(self._path_latency.limits(self.setup.constraints))
        self._is_random_empty = not paths if is_cut_short else len(paths) < wanted
        return paths

    def _drawn(self, rng: Generator, wanted: int, pool: PathPool) -> Batch:
        """Up to that many architectures as the space draws them, new to the pool, that may be proposed.

        Raises ConstraintLeavesNothing when nothing that may be proposed is found.
        """
        canonical = self.setup.space.canonical
        found: Batch = {}
        num_slow = 0
        for genotype in self._feasible(lambda: self._random(rng)):
            if not self._path_latency.keeps(genotype, self.setup.constraints):
                num_slow += 1
            elif (form := canonical(genotype)) not in pool and form not in found:
                found[form] = self._path(genotype)
                num_slow = 0
            if len(found) == wanted or num_slow == MOST_SLOW:
                break
        if num_slow == MOST_SLOW and not found and not any(map(len, self.pools.values())):
            limits = " and ".join(str(c) for c in self._path_latency.limits(self.setup.constraints))
            raise ConstraintLeavesNothing(
                f"none of {MOST_SLOW:,} architectures drawn meets {limits} by the latency table; loosen the constraint or "
                "change the space"
            )
        return found

    def _collected(self, draw: Callable[[], Path], wanted: int, found: Batch, pool: PathPool) -> None:
        """Add to `found` what of 10 · `wanted` draws is new and may be proposed, at most `wanted`."""
        aim = len(found) + wanted
        for _ in range(10 * wanted):
            if len(found) == aim:
                return
            path = draw()
            if self._is_architecture(path) and self._may_be_proposed(path):
                form = self._form(path)
                if form not in pool:
                    found.setdefault(form, path)

    def _may_be_proposed(self, path: Path) -> bool:
        genotype = self._genotype(path)
        if self._is_blacklisted(genotype) or not self.setup.is_feasible(genotype):
            return False
        return self._path_latency.keeps(genotype, self.setup.constraints)

    def _is_architecture(self, path: Path) -> bool:
        try:
            self._genotype(path)
        except InvalidGenotype:
            return False
        return True

    def _form(self, path: Path) -> str:
        return self.setup.space.canonical(self._genotype(path))

    # What is trained from scratch ----------------------------------------------------------------------------------------

    def _finalists(self, rng: Generator) -> list[Genotype]:
        """Of all that was scored and may still be proposed; what is the same network counts once."""
        scored = self._distinct(found for pool in self.pools.values() for found in pool.scored())
        if self.config.trained_by == "front":
            scored = self._by_front(scored)
        return [self._genotype(found.path) for found in scored[: self.config.num_trained]]

    def _to_check(self, found: list[Genotype], rng: Generator) -> list[Genotype]:
        """Of the random ones as many as wanted, evenly over their scores from the best to the worst."""
        there = {self.setup.space.canonical(genotype) for genotype in found}
        others = [one for one in self._distinct(self.pools[RANDOM].scored()) if one.form not in there]
        places = np.linspace(0, len(others) - 1, min(self.config.rank_check, len(others))).round().astype(int)
        return [self._genotype(others[place].path) for place in places]

    def _distinct(self, scored: Iterable[Scored]) -> list[Scored]:
        """Those that may still be proposed, best first; of those that are the same network the best."""
        by_form: dict[str, Scored] = {}
        for found in sorted(scored, key=lambda one: one.rank):
            if found.form not in by_form and self._may_be_proposed(found.path):
                by_form[found.form] = found
        return list(by_form.values())

    def _by_front(self, scored: Sequence[Scored]) -> list[Scored]:
        """Front by front against the objectives that are counted; in each the best accuracy first, then who stands alone."""
        counted = [o for o in self.setup.objectives if METRICS[o.metric].source is MetricSource.COST]
        counted += [o for o in self.setup.objectives if o.metric == LATENCY and self._path_latency.is_known]
        if not counted or not scored:
            return list(scored)
        losses = []
        for found in scored:
            genotype = self._genotype(found.path)
            latency = self._path_latency.of(genotype)
            costs = {**self.setup.cost(genotype).as_metrics(), **({} if latency is None else {LATENCY: latency})}
            losses.append([-found.accuracy, *(o.loss(costs[o.metric]) for o in counted)])
        ranks = non_dominated_ranks(losses)
        ordered: list[Scored] = []
        for rank in range(int(ranks.max()) + 1):
            front = [place for place, its in enumerate(ranks) if its == rank]
            crowding = crowding_distances([losses[place] for place in front])
            others = sorted(range(1, len(front)), key=lambda place: -crowding[place])  # `scored`: the best comes first
            ordered += [scored[front[place]] for place in (0, *others)]
        return ordered

    # What it shows and remembers -----------------------------------------------------------------------------------------

    def views(self) -> list[View]:
        curves = {pool: kept.best_so_far() for pool, kept in self.pools.items()}
        if not any(curves.values()):
            return super().views()
        data = {
            "search": [pool for pool, bests in curves.items() for _ in bests],
            "number": [number + 1 for bests in curves.values() for number in range(len(bests))],
            "best": [best for bests in curves.values() for best in bests],
        }
        return [*super().views(), View("shared_search", "Best so far with shared weights", "shared_search", data)]

    def _save(self) -> Mapping[str, Any]:
        return {
            **super()._save(),
            "pools": {pool: kept.as_json() for pool, kept in self.pools.items()},
            "is_random_empty": self._is_random_empty,
            "num_failed": self._num_failed,
            "broken_search": self._broken_search,
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self.pools = {pool: PathPool.from_json(data["pools"][pool]) for pool in self.pools}
        self._is_random_empty = bool(data["is_random_empty"])
        self._num_failed = int(data["num_failed"])
        self._broken_search = str(data["broken_search"])
