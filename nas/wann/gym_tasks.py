"""The environments of gymnasium that networks may act in, as far as can be known without the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Environment = Literal[
    "cartpole",
    "pendulum",
    "mountain_car",
    "mountain_car_continuous",
    "acrobot",
    "lunar_lander",
    "lunar_lander_continuous",
    "bipedal_walker",
    "bipedal_walker_hardcore",
]


@dataclass(frozen=True, slots=True)
class GymTask:
    """One environment.

    Attributes:
      is_discrete: the largest output is the action; else outputs are cut off to the limits of the action.
      worst_return: what an episode counts whose network gives no numbers; about what the worst networks get.
      needs_box2d: it is simulated by a further package.
      walks: an episode ends with `FALL_PENALTY` when it falls.
    """

    id: str
    num_inputs: int
    num_outputs: int
    is_discrete: bool
    max_steps: int
    worst_return: float
    needs_box2d: bool = False
    walks: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


GYM_TASKS: Mapping[Environment, GymTask] = {
    "cartpole": GymTask("CartPole-v1", 4, 2, True, 500, 0.0),
    "pendulum": GymTask("Pendulum-v1", 3, 1, False, 200, -3300.0),
    "mountain_car": GymTask("MountainCar-v0", 2, 3, True, 200, -200.0),
    "mountain_car_continuous": GymTask("MountainCarContinuous-v0", 2, 1, False, 999, -100.0),
    "acrobot": GymTask("Acrobot-v1", 6, 3, True, 500, -500.0),
    "lunar_lander": GymTask("LunarLander-v3", 8, 4, True, 1000, -1000.0, needs_box2d=True),
    "lunar_lander_continuous": GymTask(
        "LunarLander-v3", 8, 2, False, 1000, -1000.0, needs_box2d=True, options={"continuous": True}
    ),
    "bipedal_walker": GymTask("BipedalWalker-v3", 24, 4, False, 1600, -300.0, needs_box2d=True, walks=True),
    "bipedal_walker_hardcore": GymTask(
        "BipedalWalkerHardcore-v3", 24, 4, False, 2000, -300.0, needs_box2d=True, walks=True
    ),
}
"""The walker is that of version 3: its lidar differs from the version 2 of published scores."""

FALL_PENALTY = -100.0
"""What a walker gets in the step in which it falls, in place of that step's reward."""
