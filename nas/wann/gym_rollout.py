"""Episodes in environments of gymnasium, many side by side: one pass through the network per step for all of them."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.wann.control import LANES, Acting
from nas.wann.gym_tasks import FALL_PENALTY, GymTask
from nas.wann.topology import Topology

Floats = npt.NDArray[np.float64]


class GymPool:
    """Environments of one kind, made when they are needed and used again: what an episode brings is decided by its seed."""

    def __init__(self, task: GymTask, max_steps: int, *, fall_penalty: bool) -> None:
        self._task = task
        self._max_steps = max_steps
        self._forgives_falls = task.walks and not fall_penalty
        self._environments: list[Any] = []

    def returns(self, topology: Topology, weights: Floats, *, episodes: int, seed: int) -> Floats:
        """(K, episodes), as `nas.wann.control.Control` says."""
        acting = Acting.of(topology)
        vector, episode = np.divmod(np.arange(len(weights) * episodes), episodes)
        found = np.empty(len(vector))
        for first in range(0, len(found), LANES):
            lanes = slice(first, first + LANES)
            spread = np.ascontiguousarray(weights[vector[lanes]].T, dtype=np.float64)
            found[lanes] = self._together(acting, spread, (seed + episode[lanes]).tolist())
        return found.reshape(len(weights), episodes)

    def _together(self, acting: Acting, weight: Floats, seeds: list[int]) -> Floats:
        """(lanes,) from weights (connections, lanes), one episode each."""
        from nas.wann.kernels import forward

        task = self._task
        value = np.zeros((1 + acting.num_inputs + len(acting.activation), len(seeds)))
        value[0] = 1.0
        inputs, outputs = value[1 : 1 + acting.num_inputs], value[len(value) - acting.num_outputs :]
        running = self._made(len(seeds))
        lane_of = list(range(len(seeds)))
        sums = np.zeros(len(seeds))
        for lane, environment in enumerate(running):
            inputs[:, lane] = environment.reset(seed=seeds[lane])[0]
        for _ in range(self._max_steps):
            live = len(running)
            if not live:
                break
            forward(acting.start, acting.source, acting.activation, weight, value, live)
            is_number = np.logical_and.reduce(np.isfinite(outputs[:, :live]), axis=0)
            best = outputs[:, :live].argmax(axis=0)
            for place in range(live - 1, -1, -1):  # from the end: the last one takes the place of one that is over
                environment, lane = running[place], lane_of[place]
                if not is_number[place]:
                    sums[lane] = task.worst_return
                    is_over = True
                else:
                    action = int(best[place]) if task.is_discrete else self._cut_off(environment, outputs[:, place])
                    seen, reward, is_terminated, is_truncated, _ = environment.step(action)
                    is_fall = is_terminated and float(reward) == FALL_PENALTY
                    sums[lane] += 0.0 if is_fall and self._forgives_falls else float(reward)
                    inputs[:, place] = seen
                    is_over = is_terminated or is_truncated
                if is_over:
                    last = len(running) - 1
                    running[place], lane_of[place] = running[last], lane_of[last]
                    weight[:, place], inputs[:, place] = weight[:, last], inputs[:, last]
                    running.pop()
                    lane_of.pop()
        return np.where(np.isfinite(sums), sums, task.worst_return)

    @staticmethod
    def _cut_off(environment: Any, outputs: Floats) -> npt.NDArray[np.float32]:
        limits = environment.action_space
        return np.clip(outputs, limits.low, limits.high).astype(np.float32)

    def _made(self, number: int) -> list[Any]:
        gymnasium: Any = import_module("gymnasium")
        while len(self._environments) < number:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about versions and rendering; nobody who searches can act on them
                made = gymnasium.make(
                    self._task.id, max_episode_steps=self._max_steps, disable_env_checker=True, **self._task.options
                )
            self._environments.append(made)
        return self._environments[:number]
