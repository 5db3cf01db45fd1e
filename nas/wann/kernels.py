"""Compiled loops: a network of single nodes over many episodes at once, and the cart with its pole.

A lane is one episode under one vector of weights. Lanes lie innermost, so that the sums over connections are vector
instructions, and a lane that ends gives its place to the last one that goes on: a network that fails at once costs little.
No lane reads another, so a return does not depend on how many lanes there are.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from nas.wann.compiled import compiled
from nas.wann.vector_math import activate

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@compiled
def forward(  # noqa: PLR0917 - compiled code takes plain arguments
    start: Ints, source: Ints, activation: Ints, weight: Floats, value: Floats, live: int
) -> None:
    """Fill the rows of `value` that are computed, from those given, for the first `live` lanes.

    Args:
      start, source: computed node i reads the rows `source[start[i]:start[i + 1]]`.
      activation: of each computed node (`nas.wann.activations`).
      weight: (connections, lanes).
      value: (rows, lanes): bias and inputs, then the computed nodes in order.
    """
    first = len(value) - len(activation)
    for node in range(len(activation)):
        z = value[first + node]
        z[:live] = 0.0
        for edge in range(start[node], start[node + 1]):
            row = source[edge]
            for lane in range(live):
                z[lane] += weight[edge, lane] * value[row, lane]
        activate(activation[node], z[:live])


@compiled
def swing_up(  # noqa: PLR0917 - compiled
    start: Ints, source: Ints, activation: Ints, weight: Floats, states: Floats, dt: float, steps: int
) -> tuple[Floats, int]:
    """Returns of the swing-up, one per lane, and the number of steps of all lanes together.

    An episode in which the network's answer is no number returns 0, as one that never leaves the ground.

    Args:
      weight: (connections, lanes).
      states: (lanes, 4): position, its speed, angle (0 is upright), its speed.
    """
    lanes = len(states)
    weight = weight.copy()  # columns move when a lane ends
    x, dx, angle, turn = states[:, 0].copy(), states[:, 1].copy(), states[:, 2].copy(), states[:, 3].copy()
    sin, cos = np.sin(angle), np.cos(angle)
    sums, returns, lane_of = np.zeros(lanes), np.zeros(lanes), np.arange(lanes)
    value = np.zeros((6 + len(activation), lanes))
    value[0] = 1.0
    answer = len(value) - 1
    live, done = lanes, 0
    for _ in range(steps):
        for lane in range(live):
            value[1, lane] = x[lane]
            value[2, lane] = dx[lane]
            value[3, lane] = cos[lane]
            value[4, lane] = sin[lane]
            value[5, lane] = turn[lane]
        forward(start, source, activation, weight, value, live)
        for lane in range(live):
            s, c, v, w = sin[lane], cos[lane], dx[lane], turn[lane]
            force = 10.0 * min(1.0, max(-1.0, value[answer, lane]))
            push = (-2 * 0.3 * w * w * s + 3 * 0.5 * 9.82 * s * c + 4 * force - 4 * 0.1 * v) / (
                4 * 1.0 - 3 * 0.5 * c * c
            )
            spin = (-3 * 0.3 * w * w * s * c + 6 * 1.0 * 9.82 * s + 6 * (force - 0.1 * v) * c) / (
                4 * 0.6 * 1.0 - 3 * 0.3 * c * c
            )
            x[lane] += v * dt
            angle[lane] += w * dt
            dx[lane] += push * dt
            turn[lane] += spin * dt
        for lane in range(live):
            sin[lane] = math.sin(angle[lane])
            cos[lane] = math.cos(angle[lane])
            sums[lane] += (cos[lane] + 1) / 2 * math.cos(math.pi / 2 * x[lane] / 2.4)
        done += live
        lane = 0
        while lane < live:
            is_number = value[answer, lane] == value[answer, lane]
            if is_number and abs(x[lane]) <= 2.4:
                lane += 1
                continue
            returns[lane_of[lane]] = sums[lane] if is_number else 0.0
            live -= 1
            x[lane], dx[lane], angle[lane], turn[lane] = x[live], dx[live], angle[live], turn[live]
            sin[lane], cos[lane], sums[lane], lane_of[lane] = sin[live], cos[live], sums[live], lane_of[live]
            value[answer, lane] = value[answer, live]
            weight[:, lane] = weight[:, live]
        if live == 0:
            break
    for lane in range(live):
        returns[lane_of[lane]] = sums[lane]
    return returns, done
