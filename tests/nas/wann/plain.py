"""Networks drawn at random, and computed node by node from the genotype alone, to hold the real code against."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Weights = Mapping[tuple[int, int], float]

FUNCTIONS: dict[int, Callable[[float], float]] = {
    1: lambda z: z,
    2: lambda z: float(z > 0),
    3: lambda z: math.sin(math.pi * z),
    4: lambda z: math.exp(-z * z / 2),
    5: math.tanh,
    6: lambda z: 1 / (1 + math.exp(-z)),
    7: lambda z: -z,
    8: abs,
    9: lambda z: max(z, 0.0),
    10: lambda z: math.cos(math.pi * z),
    11: lambda z: z * z,
}


def drawn(
    rng: np.random.Generator, num_inputs: int, num_outputs: int, num_hidden: int, density: float = 0.4
) -> dict[str, Any]:
    """Hidden nodes in a random order of computation, some connections disabled, every activation possible."""
    first_hidden = 1 + num_inputs + num_outputs
    order = (first_hidden + rng.permutation(num_hidden)).tolist()
    outputs = list(range(1 + num_inputs, first_hidden))
    connections = []
    for place, destination in enumerate([*order, *outputs]):
        sources = [*range(1 + num_inputs), *order[: min(place, num_hidden)]]
        connections += [[source, destination, int(rng.random() < 0.85)] for source in sources if rng.random() < density]
    return {
        "activations": rng.integers(1, 12, size=num_hidden).tolist(),
        "connections": sorted(connections),
    }


def drawn_weights(
    rng: np.random.Generator, genotype: Mapping[str, Any], scale: float = 1.0
) -> dict[tuple[int, int], float]:
    return {(a, b): float(scale * rng.standard_normal()) for a, b, enabled in genotype["connections"] if enabled}


def answers(
    genotype: Mapping[str, Any], num_inputs: int, num_outputs: int, weights: Weights, inputs: Sequence[float]
) -> list[float]:
    """The outputs for one example, by asking each node for its value when it is needed."""
    first_hidden = 1 + num_inputs + num_outputs
    known: dict[int, float] = {0: 1.0, **dict(enumerate(inputs, 1))}

    def value(node: int) -> float:
        if node not in known:
            total = sum(weights[a, b] * value(a) for a, b, enabled in genotype["connections"] if enabled and b == node)
            kind = genotype["activations"][node - first_hidden] if node >= first_hidden else 1
            known[node] = FUNCTIONS[kind](total)
        return known[node]

    return [value(node) for node in range(1 + num_inputs, first_hidden)]


def swing(genotype: Mapping[str, Any], weights: Weights, state: Sequence[float], dt: float, steps: int) -> float:
    """The return of one episode of the swing-up, step by step as the equations stand in the publication's code."""
    x, x_dot, theta, theta_dot = state
    total = 0.0
    for _ in range(steps):
        (action,) = answers(genotype, 5, 1, weights, [x, x_dot, math.cos(theta), math.sin(theta), theta_dot])
        force = 10.0 * min(max(action, -1.0), 1.0)
        s, c = math.sin(theta), math.cos(theta)
        gravity, cart, pole, length, friction = 9.82, 0.5, 0.5, 0.6, 0.1
        mass, pole_moment = cart + pole, pole * length
        x_accel = (
            -2 * pole_moment * theta_dot**2 * s + 3 * pole * gravity * s * c + 4 * force - 4 * friction * x_dot
        ) / (4 * mass - 3 * pole * c**2)
        theta_accel = (
            -3 * pole_moment * theta_dot**2 * s * c + 6 * mass * gravity * s + 6 * (force - friction * x_dot) * c
        ) / (4 * length * mass - 3 * pole_moment * c**2)
        x, theta = x + x_dot * dt, theta + theta_dot * dt
        x_dot, theta_dot = x_dot + x_accel * dt, theta_dot + theta_accel * dt
        total += (math.cos(theta) + 1) / 2 * math.cos(math.pi / 2 * x / 2.4)
        if abs(x) > 2.4:
            break
    return total
