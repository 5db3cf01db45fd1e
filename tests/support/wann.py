"""Weight agnostic networks small enough for tests: topologies, a search on a few hundred digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.objective import Objective
from nas.core.problem import Problem
from nas.core.setup import SearchSetup
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import estimators, problems
from nas.spaces.wann import Wann
from nas.spaces.wann_config import WannSpaceConfig
from nas.wann.activations import ACTIVATIONS
from nas.wann.genome import Genome
from nas.wann.topology import Topology
from nas.wann.variation import Variation

Floats = npt.NDArray[np.float64]

FUNCTIONS: Mapping[int, Callable[[Floats], Floats]] = {
    1: lambda z: z,
    2: lambda z: (z > 0).astype(z.dtype),
    3: lambda z: np.sin(np.pi * z),
    4: lambda z: np.exp(-z * z / 2),
    5: np.tanh,
    6: lambda z: np.where(z >= 0, 1.0, np.exp(-np.abs(z))) / (1.0 + np.exp(-np.abs(z))),
    7: np.negative,
    8: np.abs,
    9: lambda z: np.maximum(z, 0),
    10: lambda z: np.cos(np.pi * z),
    11: np.square,
}
"""What activations are, by id, on arrays of any shape."""

ALL = Variation(tuple(ACTIVATIONS), 200)


def wann_space(**config: Any) -> Wann:
    return Wann(WannSpaceConfig.parse(config))


def digits(max_examples: int | None = 300) -> Problem:
    kind = problems.get("image_classification")
    return kind(kind.Config.parse({"max_examples": max_examples}), BundledLibrary())


def wann_setup(
    problem: Problem | None = None, *, objective: str = "accuracy", seed: int = 0, **space: Any
) -> SearchSetup:
    estimator = estimators.get("shared_weight")
    return SearchSetup(
        space=wann_space(**space),
        problem=digits() if problem is None else problem,
        estimator=estimator(estimator.Config.parse({"sweep_points": 5, "random_draws": 4})),
        objectives=(Objective.from_text(objective), Objective.from_text("params")),
        constraints=(),
        run_seed=seed,
    )


def grown(
    rng: Generator, num_changes: int, *, num_inputs: int = 6, num_outputs: int = 3, by: Variation = ALL
) -> Genome:
    """A network after so many changes."""
    genome = by.initial(num_inputs, num_outputs, 0.5, rng)
    for _ in range(num_changes):
        genome, _operator = by.changed(genome, rng)
    return genome


def node_by_node(topology: Topology, inputs: Floats, weight: float) -> Floats:
    """(n, O), computed as the definition says, a node at a time in double precision."""
    values = [np.ones(len(inputs)), *inputs.T]
    for row in range(topology.num_rows):
        total = np.zeros(len(inputs))
        for column in topology.columns[topology.starts[row] : topology.starts[row + 1]]:
            total = total + weight * values[column]
        is_hidden = row < topology.num_hidden
        values.append(FUNCTIONS[int(topology.activations[row])](total) if is_hidden else total)
    return np.stack(values[len(values) - topology.num_outputs :], axis=1)
