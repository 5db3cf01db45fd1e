"""The arms of an experiment plan, each carried out with one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.random import Generator

from nas.core.problem import Problem, Splits
from nas.spaces.wann_config import WannSpaceConfig
from nas.wann.activations import ACTIVATION_IDS, ACTIVATIONS
from nas.wann.control import Control
from nas.wann.diagnostics.gains import SATURATING, gains
from nas.wann.experiment_plan import ArmName, ExperimentPlanConfig
from nas.wann.experiment_results import Cell, PlanState
from nas.wann.experiment_searches import searched
from nas.wann.island_settings import SEARCH_WEIGHTS
from nas.wann.module import WANNFCN
from nas.wann.topology import Topology
from nas.wann.tuning.backprop import fit
from nas.wann.tuning.climb import ShouldStop
from nas.wann.tuning.cma_es import cma_es
from nas.wann.tuning.control_ground import ControlGround
from nas.wann.tuning.dense import Dense, covering_width, nearest_width
from nas.wann.tuning.examples_ground import ExamplesGround
from nas.wann.tuning.ground import Floats
from nas.wann.tuning.pepg import reinforce
from nas.wann.tuning.shared import SWEEP, random_shared, random_weights, tuned_shared

DENSE_WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Tried in turn until one does as well as the topology."""

_SIGNIFICANT = 9


@dataclass(frozen=True)
class Bench:
    """Where arms are carried out: the topology, what it is tried on, and the settings.

    `splits` is None where networks act.
    """

    config: ExperimentPlanConfig
    problem: Problem
    topology: Topology
    splits: Splits | None
    device: torch.device
    seed: int
    should_stop: ShouldStop

    def ground(self, topology: Topology) -> ExamplesGround | ControlGround:
        if self.splits is not None:
            return ExamplesGround(topology, self.splits, self.device, self.config.batch_size, self.should_stop)
        assert isinstance(self.problem, Control)  # the plan was checked
        return ControlGround(topology, self.problem, episodes=self.config.episodes, should_stop=self.should_stop)

    @cached_property
    def own_ground(self) -> ExamplesGround | ControlGround:
        return self.ground(self.topology)

    @cached_property
    def examples(self) -> ExamplesGround:
        """Of arms that need examples."""
        assert isinstance(self.own_ground, ExamplesGround)
        return self.own_ground

    @cached_property
    def shared(self) -> float:
        """The tuned shared weight, from which tunings start."""
        return tuned_shared(self.own_ground)

    def generator(self, arm: ArmName, seed: int) -> Generator:
        """Of one arm with one seed; arms that are compared seed by seed still draw apart."""
        return np.random.default_rng([self.seed, seed, sum(arm.encode())])


Arm = Callable[[Bench, ArmName, int, PlanState], Cell]


def carry_out(bench: Bench, arm: ArmName, seed: int, state: PlanState) -> Cell:
    """Raises Interrupted."""
    return _ARMS[arm](bench, arm, seed, state)


def _random(bench: Bench, arm: ArmName, seed: int, _state: PlanState) -> Cell:
    draw = random_shared if arm == "random_shared" else random_weights
    found, watched = (
        draw(bench.own_ground, bench.generator(arm, seed), bench.config.random_draws, part)
        for part in ("test", "validation")
    )
    return Cell(
        test=float(found.mean()),
        validation=float(watched.mean()),
        params=1 if arm == "random_shared" else bench.topology.num_connections,
        connections=bench.topology.num_connections,
        evaluations=0,
        spread=float(found.std()),
        draws=len(found),
    )


def _ensemble(bench: Bench, _arm: ArmName, _seed: int, _state: PlanState) -> Cell:
    values = np.array(SEARCH_WEIGHTS)
    return Cell(
        test=bench.examples.ensemble(values, "test"),
        validation=bench.examples.ensemble(values, "validation"),
        params=1,
        connections=bench.topology.num_connections,
        evaluations=0,
        details={"shared_weights": list(SEARCH_WEIGHTS)},
    )


def _tuned_shared(bench: Bench, _arm: ArmName, _seed: int, _state: PlanState) -> Cell:
    where, value = bench.own_ground, np.array([bench.shared])
    return Cell(
        test=float(where.quality_shared(value, "test")[0]),
        validation=float(where.quality_shared(value, "validation")[0]),
        params=1,
        connections=bench.topology.num_connections,
        evaluations=len(SWEEP) * where.tries_of_training_part,
        details={"shared_weight": bench.shared},
    )


def _backprop(bench: Bench, arm: ArmName, seed: int, _state: PlanState) -> Cell:
    return _trained(bench, bench.examples, bench.shared, arm, seed)


def _relu_wiring(bench: Bench, arm: ArmName, seed: int, _state: PlanState) -> Cell:
    only = np.full_like(bench.topology.activations, ACTIVATION_IDS["relu"])
    where = bench.ground(replace(bench.topology, activations=only))
    assert isinstance(where, ExamplesGround)
    return _trained(bench, where, tuned_shared(where), arm, seed)


def _trained(bench: Bench, where: ExamplesGround, shared: float, arm: ArmName, seed: int) -> Cell:
    network = WANNFCN(where.topology, mode="offset", shared_weight=shared).to(bench.device)
    found = fit(
        network,
        where,
        bench.generator(arm, seed),
        budget=bench.config.budget,
        learning_rate=bench.config.learning_rate,
        should_stop=bench.should_stop,
    )
    weights = network.connection_weights().detach().double().cpu().numpy()
    return _of_weights(where, weights, found.evaluations, found.curve, seed=seed, details={"shared_weight": shared})


def _climbed(bench: Bench, arm: ArmName, seed: int, _state: PlanState) -> Cell:
    config, where, rng = bench.config, bench.own_ground, bench.generator(arm, seed)
    common: dict[str, Any] = {
        "start": bench.shared,
        "budget": config.budget,
        "sigma": config.sigma,
        "should_stop": bench.should_stop,
    }
    if arm == "reinforce":
        found = reinforce(where, rng, population=config.population, **common)
    else:
        found = cma_es(where, rng, population=config.cma_population, **common)
    details = {"shared_weight": bench.shared}
    return _of_weights(where, bench.shared + found.weights, found.evaluations, found.curve, seed=seed, details=details)


def _of_weights(
    where: ExamplesGround | ControlGround,
    weights: Floats,
    evaluations: int,
    curve: tuple[tuple[int, float], ...],
    *,
    seed: int,
    details: dict[str, Any],
) -> Cell:
    return Cell(
        test=float(where.quality(weights[None], "test")[0]),
        validation=float(where.quality(weights[None], "validation")[0]),
        params=where.num_weights,
        connections=where.num_weights,
        evaluations=evaluations,
        details=details,
        curve=curve,
        weights=tuple(float(f"{weight:.{_SIGNIFICANT}g}") for weight in weights) if seed == 0 else None,
    )


def _dense(bench: Bench, arm: ArmName, seed: int, _state: PlanState) -> Cell:
    params, (num_inputs, num_outputs) = bench.topology.num_connections, _sizes(bench)
    if arm == "dense_nearest":
        return _trained_dense(bench, nearest_width(num_inputs, num_outputs, params), arm, seed)
    return _trained_dense(bench, covering_width(num_inputs, num_outputs, params), arm, seed, kept=params)


def _dense_needed(bench: Bench, arm: ArmName, seed: int, state: PlanState) -> Cell:
    """The smallest width that does on validation examples as well as the best tuning of the topology did with this seed."""
    tunings: tuple[ArmName, ...] = ("backprop", "reinforce", "cma_es")
    there = [cells[seed].validation for name in tunings if len(cells := state.of(name)) > seed]
    target = max(there, default=float(bench.examples.quality_shared(np.array([bench.shared]), "validation")[0]))
    for width in DENSE_WIDTHS:
        cell = _trained_dense(bench, width, arm, seed)
        if cell.validation >= target:
            break
    return replace(cell, details={**cell.details, "target": target, "is_reached": cell.validation >= target})


def _trained_dense(bench: Bench, width: int, arm: ArmName, seed: int, kept: int | None = None) -> Cell:
    where, rng = bench.examples, bench.generator(arm, seed)
    network = Dense(_sizes(bench)[0], width, _sizes(bench)[1], rng, kept=kept).to(bench.device)
    found = fit(
        network,
        where,
        rng,
        budget=bench.config.budget,
        learning_rate=bench.config.learning_rate,
        should_stop=bench.should_stop,
    )
    return Cell(
        test=where.accuracy(network, "test"),
        validation=where.accuracy(network, "validation"),
        params=network.num_trained,
        connections=network.num_trained,
        evaluations=found.evaluations,
        details={"width": width},
        curve=found.curve,
    )


def _sizes(bench: Bench) -> tuple[int, int]:
    return bench.topology.num_inputs, bench.topology.num_outputs


def _search(bench: Bench, arm: ArmName, seed: int, state: PlanState) -> Cell:
    """Topologies of its own, with the same number of networks scored; reported with the best one's tuned shared weight."""
    used = sorted({*map(int, bench.topology.activations), *_LISTED})
    if arm == "search_relu":
        allowed = [ACTIVATION_IDS["relu"]]
    elif arm == "search_no_vanishing":
        vanishing = _vanishing(bench, state)
        allowed = [kind for kind in used if kind not in vanishing] or [ACTIVATION_IDS["relu"]]
    else:
        allowed = used
    names = [ACTIVATIONS[kind].name for kind in allowed]
    found = searched(
        bench.problem,
        bench.splits,
        names,
        bench.config,
        seed=int(bench.generator(arm, seed).integers(2**31)),
        should_stop=bench.should_stop,
    )
    where = bench.ground(found.topology)
    value = tuned_shared(where)
    details: dict[str, Any] = {"activations": names, "shared_weight": value, "genotype": found.genotype}
    if isinstance(where, ExamplesGround):
        details["ensemble"] = where.ensemble(np.array(SEARCH_WEIGHTS), "test")
    return Cell(
        test=float(where.quality_shared(np.array([value]), "test")[0]),
        validation=float(where.quality_shared(np.array([value]), "validation")[0]),
        params=1,
        connections=found.topology.num_connections,
        evaluations=found.num_candidates,
        details=details,
        curve=found.curve,
    )


_LISTED = WannSpaceConfig().allowed
"""What the published code allows for classification."""


def _vanishing(bench: Bench, state: PlanState) -> frozenset[int]:
    """Activations to do without: those listed, or those with a small slope in the trained network of the first seed."""
    if bench.config.vanishing == "listed" or bench.splits is None:
        return SATURATING
    cells = state.of("backprop")
    weights = cells[0].weights if cells else None
    if weights is None:
        weights = (bench.shared,) * bench.topology.num_connections
    inputs, targets = bench.examples.parts["train"]
    found = gains(bench.examples.wiring, torch.tensor(weights, device=bench.device), inputs, targets)
    return frozenset(found.vanishing())


_ARMS: dict[ArmName, Arm] = {
    "random_weights": _random,
    "random_shared": _random,
    "ensemble": _ensemble,
    "tuned_shared": _tuned_shared,
    "backprop": _backprop,
    "reinforce": _climbed,
    "cma_es": _climbed,
    "relu_wiring": _relu_wiring,
    "search_all": _search,
    "search_relu": _search,
    "search_no_vanishing": _search,
    "dense_nearest": _dense,
    "dense_exact": _dense,
    "dense_needed": _dense_needed,
}
