"""Well-known control tasks of gymnasium, an optional package. No data; scored by return."""

from __future__ import annotations

import hashlib
import json
from importlib.util import find_spec
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import InvalidConfig
from nas.core.graph import Shape
from nas.core.problem import DataLibrary
from nas.wann.gym_rollout import GymPool
from nas.wann.gym_tasks import GYM_TASKS, Environment
from nas.wann.topology import Topology


class GymControlConfig(BaseConfig):
    environment: Environment = setting(
        "cartpole", title="Environment", description="The task; landers and walkers need the package box2d as well."
    )
    max_steps: int | None = setting(
        None,
        title="Steps",
        description="Longest episode; empty means that of the environment.",
        unit="steps",
        ge=10,
        le=10_000,
        advanced=True,
    )
    fall_penalty: bool = setting(
        True,
        title="Penalty for falling",
        description="A walker that falls loses 100. Published searches did without, and reported with it.",
        advanced=True,
    )


class GymControl:
    """Observations go in as they are. Discrete actions are the largest output, others are cut off to their limits."""

    name: ClassVar[str] = "gym_control"
    title: ClassVar[str] = "Gymnasium control"
    summary: ClassVar[str] = "Act in an environment of gymnasium (an optional package), scored by return."
    source: ClassVar[str] = "Towers et al. 2024, Gymnasium, arXiv 2407.17032"
    version: ClassVar[int] = 1
    Config: ClassVar[type[BaseConfig]] = GymControlConfig

    def __init__(self, config: GymControlConfig, library: DataLibrary) -> None:
        self._config = config
        self._task = GYM_TASKS[config.environment]
        self._max_steps = config.max_steps or self._task.max_steps
        self._pool = GymPool(self._task, self._max_steps, fall_penalty=config.fall_penalty)

    @property
    def config(self) -> GymControlConfig:
        return self._config

    @property
    def input_shape(self) -> Shape:
        return (self._task.num_inputs, 1, 1)

    @property
    def num_classes(self) -> int:
        """One output per discrete action, or per number of an action."""
        return self._task.num_outputs

    @property
    def worst_return(self) -> float:
        return self._task.worst_return

    def metrics(self) -> tuple[str, ...]:
        return ("mean_return", "best_return")

    def fingerprint(self) -> str:
        named = [self.name, self.version, self._config.environment, self._max_steps, self._config.fall_penalty]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()

    def check_installed(self) -> None:
        """As `nas.wann.control.Control` says."""
        wanted = {"gymnasium": "gymnasium", **({"box2d": "Box2D"} if self._task.needs_box2d else {})}
        if missing := [package for package, module in wanted.items() if find_spec(module) is None]:
            raise InvalidConfig.at(
                "problem.environment",
                f"needs {' and '.join(missing)}, which this installation lacks: pip install -r requirements-rl.txt",
            )

    def returns(
        self, topology: Topology, weights: npt.NDArray[np.float64], *, episodes: int, seed: int
    ) -> npt.NDArray[np.float64]:
        """As `nas.wann.control.Control` says. Raises InvalidConfig where the package is missing."""
        self.check_installed()
        return self._pool.returns(topology, weights, episodes=episodes, seed=seed)
