"""Networks that act: what a problem without examples must offer, and the network in the form that acting needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidConfig
from nas.core.problem import Problem
from nas.wann.topology import Topology

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LANES = 64
"""Episodes computed at once: the values of a network of some dozen nodes then stay in the first cache."""

TEST_SEED = 1_000_000
"""From here on seeds are those of reports; searches use smaller ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Acting:
    """A topology as the compiled loops read it (`nas.wann.kernels.forward`); outputs are the last rows, linear."""

    start: Integers
    source: Integers
    activation: Integers
    num_inputs: int
    num_outputs: int

    @classmethod
    def of(cls, topology: Topology) -> Acting:
        outputs = np.ones(topology.num_outputs, dtype=np.int64)
        return cls(
            start=np.ascontiguousarray(topology.starts, dtype=np.int64),
            source=np.ascontiguousarray(topology.columns, dtype=np.int64),
            activation=np.concatenate([topology.activations.astype(np.int64), outputs]),
            num_inputs=topology.num_inputs,
            num_outputs=topology.num_outputs,
        )


@runtime_checkable
class Control(Protocol):
    """A problem in which a network acts; larger returns are better."""

    @property
    def worst_return(self) -> float:
        """What an episode counts whose network gives no numbers."""
        ...

    def check_installed(self) -> None:
        """Raises InvalidConfig where a package that the episodes need is missing."""
        ...

    def returns(self, topology: Topology, weights: Floats, *, episodes: int, seed: int) -> Floats:
        """(K, episodes) finite: the sums of rewards of one topology under K vectors of weights.

        Args:
          weights: (K, connections), in the order of `Topology.columns`.
          seed: episode r starts from what seed + r draws, whatever the topology and the weights.
        """
        ...


def rollout(
    control: Control, topologies: Sequence[Topology], weights: Floats | Sequence[float], *, episodes: int, seed: int
) -> Floats:
    """(P, W, episodes): returns of each topology with each of W weights shared by all its connections."""
    shared = np.asarray(weights, dtype=np.float64)
    found = np.empty((len(topologies), len(shared), episodes))
    for number, topology in enumerate(topologies):
        spread = np.repeat(shared[:, None], topology.num_connections, axis=1)
        found[number] = control.returns(topology, spread, episodes=episodes, seed=seed)
    return found


def control(problem: Problem) -> Control:
    """`problem`, known to be one in which a network acts. Raises InvalidConfig at "problem" where it is not."""
    if not isinstance(problem, Control):
        raise InvalidConfig.at("problem", f"{problem.title} has no episodes to act in; choose a control problem")
    return problem
