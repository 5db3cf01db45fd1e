"""Grid search: every combination of listed values, perhaps again and finer around the best one.

The oldest method there is, kept for pictures and for spaces of two or three axes; EfficientNet found its coefficients so (Tan and
Le 2019, arXiv 1905.11946, section 3.3). Points that break a constraint on costs are not trained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy.typing as npt
from numpy.random import Generator

from nas.core.errors import ConstraintLeavesNothing, InvalidGenotype
from nas.core.objective import unmet
from nas.core.parameter import Parametrised, Value, Values
from nas.core.proposal import Genotype, Proposal
from nas.core.randomness import STRATEGY_STREAM, generator_for
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.space import Space
from nas.core.strategy import MAX_TRIES, AskTell
from nas.core.view import View
from nas.strategies.grid_axes import Axis, axes_of
from nas.strategies.grid_config import GridConfig
from nas.strategies.grid_powers import read_powers
from nas.strategies.grid_stage import Stage
from nas.strategies.grid_view import grid_view


class Grid(AskTell):
    """Proposals carry the number of their stage and point; what people add lies beside the grid and is not the centre of one."""

    name = "grid"
    title = "Grid search"
    summary = "Tries every combination of listed values, then perhaps a finer grid around the best."
    source = "As in Tan and Le 2019, arXiv 1905.11946; compared with random search by Bergstra and Bengio 2012, JMLR 13"
    requires = (Parametrised,)
    Config = GridConfig

    config: GridConfig

    def __init__(self, config: GridConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        assert isinstance(setup.space, Parametrised)  # see `requires`
        self._space = setup.space
        self._parameters = self._space.parameters()
        axes = axes_of(self._parameters, config, _values_of_a_known_one(setup.space))
        self._powers = read_powers(config, axes)
        self._shown = tuple(i for i, axis in enumerate(axes) if len(axis.values) > 1)[:2] or (0,)
        self._stages: list[Stage] = []
        self._best: dict[str, Any] | None = None  # the centre of the next stage: values, loss, id
        self._open_stage(axes)

    # --- proposals ------------------------------------------------------------------------------------------------------

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        num_refused = 0
        while True:
            for number, stage in enumerate(self._stages):
                while not stage.is_walked:
                    point = stage.next_point()
                    if stage.was_proposed(point) or self._is_reused(number, point):
                        continue
                    genotype = self._genotype(stage, point)
                    is_allowed = genotype is not None and self.setup.is_feasible(genotype)
                    if not stage.is_judged_at_once:
                        self._count(stage, point, genotype, is_allowed=is_allowed)
                    if genotype is None or not is_allowed:
                        num_refused += 1
                        if num_refused == MAX_TRIES:
                            self._give_up()
                        continue
                    stage.mark_proposed(point)
                    return Proposal(
                        id=proposal_id,
                        genotype=genotype,
                        operator="grid" if number == 0 else "grid:finer",
                        parents=(self._best["id"],) if number and self._best is not None else (),
                        meta={"stage": number, "point": point},
                    )
            if self._has_proposed_nothing:
                raise self._nothing_left()
            if not self._may_refine:
                return None
            assert self._best is not None  # see `_may_refine`
            pairs = zip(self._stages[-1].axes, self._best["values"], strict=True)
            self._open_stage([axis.around(value, self.config.refine) for axis, value in pairs])

    def _give_up(self) -> None:
        """So many in a row were refused that, in a shuffled order, hardly one in a thousand of the rest may be proposed. All
        of them would keep the process busy for minutes."""
        for stage in self._stages:
            stage.give_up()

    def _is_exhausted(self) -> bool:
        if not all(stage.is_walked for stage in self._stages) or self._has_proposed_nothing:
            return False
        return not self._may_refine and not (self._has_finer_to_come and self._has_points_out)

    @property
    def _has_proposed_nothing(self) -> bool:
        return not any(stage.has_proposed for stage in self._stages)

    @property
    def _has_finer_to_come(self) -> bool:
        return len(self._stages) < self.config.stages

    @property
    def _has_points_out(self) -> bool:
        return any("point" in proposal.meta for proposal in self._pending.values())

    @property
    def _may_refine(self) -> bool:
        """A finer grid waits for all results of the one before it."""
        return self._has_finer_to_come and self._best is not None and not self._has_points_out

    def _open_stage(self, axes: Iterable[Axis]) -> None:
        stage = self._made_stage(tuple(axes))
        self._stages.append(stage)
        self._judge(stage)

    def _made_stage(self, axes: tuple[Axis, ...]) -> Stage:
        stage = Stage(axes, self._shown)
        stream = STRATEGY_STREAM + len(self._stages)
        is_shuffled = self.config.order == "shuffled"
        rng = generator_for(self.setup.run_seed, self.setup.replica, stream) if is_shuffled else None
        stage.order_by(rng, self._powers)
        return stage

    def _judge(self, stage: Stage) -> None:
        """Count what is open and what breaks a constraint at each place of a small grid; larger ones count as they go."""
        if not stage.is_judged_at_once:
            return
        number = self._stages.index(stage)
        for point in stage.meant.tolist():
            if self._is_reused(number, point):
                continue  # the coarser grid shows it
            genotype = self._genotype(stage, point)
            self._count(stage, point, genotype, is_allowed=genotype is not None and self.setup.is_feasible(genotype))

    def _count(self, stage: Stage, point: int, genotype: Genotype | None, *, is_allowed: bool) -> None:
        if genotype is not None:
            place = stage.place(point)
            place.open += is_allowed
            place.broken += not is_allowed

    def _genotype(self, stage: Stage, point: int) -> Genotype | None:
        """None where the space has no such architecture."""
        given: dict[str, Value] = {}
        for axis, value in zip(stage.axes, stage.values_at(point), strict=True):
            if axis.parameter.is_active(given):
                given[axis.parameter.name] = value
        try:
            return self._space.with_values(given)
        except InvalidGenotype:
            return None

    def _is_reused(self, number: int, point: int) -> bool:
        """Whether an earlier, coarser stage had the same point."""
        values = self._stages[number].values_at(point)
        return any(earlier.point_of(values) is not None for earlier in self._stages[:number])

    def _nothing_left(self) -> ConstraintLeavesNothing:
        stage = self._stages[0]
        some = f"{MAX_TRIES:,} of the " if len(stage.meant) > MAX_TRIES else "the "
        what = f"none of {some}{stage.num_points:,} points of the grid"
        limits = [f"meets {' and '.join(map(str, self.setup.constraints))}"] if self.setup.constraints else []
        limits += [f"does without {', '.join(sorted(self.setup.forbidden))}"] if self.setup.forbidden else []
        if self._powers.of:
            limits.append(f"has a product near {self.config.product_target:g}")
        return ConstraintLeavesNothing(
            f"{what} {' and '.join(limits) or 'lies in the space'}; choose other axes or limits"
        )

    def _rules_changed(self) -> None:
        """All points are looked at again; results stay as they are, but what is not allowed any more is no centre."""
        for number, stage in enumerate(self._stages):
            stage.cursor = 0
            for place in stage.places.values():
                place.open = place.broken = 0
            self._judge(self._stages[number])
        if self._best is not None and not self.setup.is_feasible(self._best["genotype"]):
            self._best = None

    # --- results --------------------------------------------------------------------------------------------------------

    def _learn(self, proposal: Proposal, result: Result) -> None:
        if "point" not in proposal.meta:
            return
        stage = self._stages[proposal.meta["stage"]]
        point = int(proposal.meta["point"])
        place = stage.place(point)
        place.told += 1
        if not result.status.is_ok:
            place.failed += 1
            return
        objective = self.setup.objectives[0]
        value = result.metrics[objective.metric]
        assert proposal.genotype is not None  # it is a point
        # Rules may have changed since it was proposed.
        is_kept = not unmet(self.setup.constraints, result.metrics) and self.setup.is_feasible(proposal.genotype)
        loss = objective.loss(value)
        if place.value is None or (is_kept, -loss) > (place.kept, -objective.loss(place.value)):
            place.value, place.kept, place.id = value, is_kept, proposal.id
        if is_kept and (self._best is None or loss < self._best["loss"]):
            self._best = {
                "values": list(stage.values_at(point)),
                "genotype": proposal.genotype,
                "loss": loss,
                "id": proposal.id,
            }

    # --- memory ---------------------------------------------------------------------------------------------------------

    def _save(self) -> Mapping[str, Any]:
        return {"stages": [stage.as_json() for stage in self._stages], "best": self._best and dict(self._best)}

    def _load(self, data: Mapping[str, Any]) -> None:
        self._best = data["best"]
        self._saved_stages = data["stages"]

    def _save_tensors(self) -> Mapping[str, npt.NDArray[Any]]:
        return {f"proposed.{number}": stage.proposed_bits() for number, stage in enumerate(self._stages)}

    def _load_tensors(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        if set(tensors) != {f"proposed.{number}" for number in range(len(self._saved_stages))}:
            raise ValueError("each stage has its tensor")
        coarse = self._stages[0].axes
        self._stages = []
        for number, saved in enumerate(self._saved_stages):
            rows = zip(coarse, saved["values"], strict=True)
            stage = self._made_stage(tuple(axis.with_values(values) for axis, values in rows))
            stage.load(saved, tensors[f"proposed.{number}"])
            self._stages.append(stage)

    def views(self) -> list[View]:
        running = [p for p in self._pending.values() if "point" in p.meta]
        best = self._best["id"] if self._best is not None else None
        return [grid_view(self._stages, running, best, self.setup.objectives[0].metric)]


def _values_of_a_known_one(space: Space) -> Values:
    """What parameters without an axis keep: a network that works, where the space knows one, not its first options, which
    may well be "nothing" everywhere."""
    known = space.presets()
    return space.values_of(known[0].genotype) if known and isinstance(space, Parametrised) else {}
