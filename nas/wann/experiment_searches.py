"""A whole search of topologies in one go, as an arm of an experiment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from nas.core.errors import Interrupted
from nas.core.objective import Objective
from nas.core.problem import Problem, Splits
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.estimators.shared_weight import SharedWeight, SharedWeightConfig
from nas.islands.island import IslandPlace
from nas.spaces.wann import Wann
from nas.spaces.wann_config import WannSpaceConfig
from nas.wann.control import Control
from nas.wann.experiment_plan import ExperimentPlanConfig
from nas.wann.island import WannIsland
from nas.wann.island_settings import WannIslandSettings
from nas.wann.topology import Topology
from nas.wann.tuning.climb import ShouldStop, thinned


@dataclass(frozen=True, slots=True)
class Searched:
    """`curve`: (networks scored so far, mean reward of the best of a generation)."""

    genotype: Genotype
    topology: Topology
    num_candidates: int
    curve: tuple[tuple[int, float], ...]


def searched(
    problem: Problem,
    splits: Splits | None,
    activations: Sequence[str],
    config: ExperimentPlanConfig,
    *,
    seed: int,
    should_stop: ShouldStop,
) -> Searched:
    """One population over the generations of `config`, and the best that it confirmed. Raises Interrupted."""
    num_inputs = prod(problem.input_shape)
    space = Wann(
        WannSpaceConfig.parse(
            {
                "num_inputs": num_inputs,
                "num_outputs": problem.num_classes,
                "activations": list(activations),
                "initial_enabled": 0.5 if num_inputs <= 64 else 0.05,  # as published, for digits and for 16 × 16 pixels
            }
        )
    )
    acts = isinstance(problem, Control)
    setup = SearchSetup(
        space=space,
        problem=problem,
        estimator=SharedWeight(SharedWeightConfig()),
        objectives=(Objective.from_text("mean_return" if acts else "accuracy"),),
        constraints=(),
        run_seed=seed,
    )
    settings = WannIslandSettings(population_size=config.search_population, repeats=config.episodes if acts else 1)

    def kept(key: str, make: Callable[[], Any]) -> Any:
        """The only thing that an island keeps are the splits."""
        assert splits is not None and key.startswith("splits:")
        return splits

    island = WannIsland(settings, setup, IslandPlace(seed=seed, number=0, device="cpu", cached=kept))
    curve = []
    for _ in range(config.search_generations):
        if should_stop():
            raise Interrupted("stopped between two generations")
        point = island.step()
        curve.append((island.num_candidates, float(point["best_mean_reward"])))
    (genotype,) = island.best(1)
    topology = Topology.of(genotype, num_inputs, problem.num_classes)
    return Searched(genotype, topology, island.num_candidates, thinned(curve))
