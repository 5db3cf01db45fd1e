"""What becomes of a prediction: normalised, compared, turned into a fitness (compiled; section S3)."""

from __future__ import annotations

import math
from typing import Any

from nas.automl_zero import bytecode as b
from nas.automl_zero.compiled import jit
from nas.automl_zero.lanes import get, put

SURELY_ABOVE = 1e-9
"""A logit above this has a sigmoid above one half, however it is rounded."""


@jit
def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


@jit
def is_one(logit: float) -> bool:
    """Whether its sigmoid, as rounded, is above one half."""
    return logit > SURELY_ABOVE or (logit > 0.0 and sigmoid(logit) > 0.5)


@jit
def softmax(memory: Any, at: int, lane: int, lanes: int, features: int) -> bool:
    """In place over the first entries of a vector, the others become 0. False where it is not a number."""
    most = get(memory, at + lane)
    for k in range(1, b.NUM_CLASSES):
        value = get(memory, at + k * lanes + lane)
        if most < value:  # noqa: PLR1730 - not as max() has it: NaN is smaller than nothing
            most = value
    total = 0.0
    for k in range(b.NUM_CLASSES):
        value = math.exp(get(memory, at + k * lanes + lane) - most)
        put(memory, at + k * lanes + lane, value)
        total += value
    for k in range(b.NUM_CLASSES):
        put(memory, at + k * lanes + lane, get(memory, at + k * lanes + lane) / total)
    for k in range(b.NUM_CLASSES, features):
        put(memory, at + k * lanes + lane, 0.0)
    return not math.isnan(total)


@jit
def last_largest(memory: Any, at: int, lane: int, lanes: int) -> int:
    """Where the largest of the first entries is; of equal ones the last."""
    best = 0
    for k in range(1, b.NUM_CLASSES):
        if get(memory, at + k * lanes + lane) >= get(memory, at + best * lanes + lane):
            best = k
    return best


@jit
def task_fitness(loss: float, num_valid: int, labels: int) -> float:
    """1 - 2/pi atan(RMS error), or the accuracy; 0 where the loss is infinite."""
    mean = loss / num_valid
    if math.isinf(mean):
        return 0.0
    if labels == b.NUMBER:
        return 1.0 - (2.0 / math.pi) * math.atan(math.sqrt(mean))
    return 1.0 - mean
