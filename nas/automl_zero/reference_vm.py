"""What programs mean, to read and to test against: one task at a time, one instruction after the other, in NumPy.

Formulas as executed by the released code of Real et al. 2020 (arXiv 2003.03384). Nothing is clipped, no epsilon is added:
division by zero, overflow and domain errors follow IEEE 754. About a hundred times slower than `nas.automl_zero.vm`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.automl_zero.ops import OPS, Kind
from nas.automl_zero.program import Instruction, Program
from nas.automl_zero.task_data import NUM_CLASSES, Labels, TaskData

MAX_ABS_ERROR = 100.0

Value = Any
"""A float, or an array (F,) or (F, F)."""

_WORD = (1 << 64) - 1


class Xoshiro:
    """xoshiro256++ started by splitmix64, in whole numbers."""

    def __init__(self, seed: int) -> None:
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & _WORD
            word = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
            word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
            self.state.append(word ^ (word >> 31))

    def uniform(self) -> float:
        """In [0, 1)."""
        s0, s1, s2, s3 = self.state
        drawn = (rotated((s0 + s3) & _WORD, 23) + s0) & _WORD
        shifted = (s1 << 17) & _WORD
        s2 ^= s0
        s3 ^= s1
        self.state = [s0 ^ s3, s1 ^ s2, s2 ^ shifted, rotated(s3, 45)]
        return (drawn >> 11) * 2.0**-53

    def gaussians(self, num: int) -> list[float]:
        """N(0, 1); a pair at a time, the odd one out is thrown away."""
        drawn: list[float] = []
        while len(drawn) < num:
            radius = math.sqrt(-2.0 * math.log(1.0 - self.uniform()))
            angle = 2.0 * math.pi * self.uniform()
            drawn += [radius * math.cos(angle), radius * math.sin(angle)]
        return drawn[:num]


def rotated(word: int, left: int) -> int:
    return ((word << left) | (word >> (64 - left))) & _WORD


class Memory:
    """All addresses of one task, zero at first."""

    def __init__(self, num_features: int, addresses: tuple[int, int, int]) -> None:
        scalars, vectors, matrices = addresses
        self.num_features = num_features
        self.scalars = np.zeros(scalars)
        self.vectors = np.zeros((vectors, num_features))
        self.matrices = np.zeros((matrices, num_features, num_features))

    def of(self, kind: Kind) -> npt.NDArray[np.float64]:
        return {Kind.SCALAR: self.scalars, Kind.VECTOR: self.vectors, Kind.MATRIX: self.matrices}[kind]


def _sum(values: npt.NDArray[np.float64]) -> Value:
    """Over the first axis, in the order of the index."""
    total = np.zeros(values.shape[1:])
    for value in values:
        total = total + value
    return total


def _norm(values: npt.NDArray[np.float64]) -> Value:
    return np.sqrt(_sum(values * values))


def _mean(values: npt.NDArray[np.float64]) -> Value:
    return _sum(values) / len(values)


def _deviation(values: npt.NDArray[np.float64]) -> Value:
    """As written: rounding can make it the root of a negative number, NaN."""
    return np.sqrt(_sum(values * values) / len(values) - _mean(values) * _mean(values))


def _by_libm(function: Callable[[float], float]) -> Callable[[Value], float]:
    """Python's functions refuse where C returns NaN or an infinity."""

    def computed(a: Value) -> float:
        try:
            return function(float(a))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return computed


def _log(a: Value) -> float:
    if a == 0:
        return -math.inf
    return _by_libm(math.log)(a)


def _above_zero(a: Value) -> Value:
    return np.where(a > 0, 1.0, 0.0)


def _matrix_vector(a: Value, b: Value) -> Value:
    return _sum((a * b).T)


def _matrix_matrix(a: Value, b: Value) -> Value:
    return _sum(a.T[:, :, None] * b[:, None, :])


_FUNCTIONS: dict[int, Callable[..., Value]] = {
    **dict.fromkeys((1, 23, 39), lambda a, b: a + b),
    **dict.fromkeys((2, 24, 40), lambda a, b: a - b),
    **dict.fromkeys((3, 25, 41, 18, 29), lambda a, b: a * b),
    **dict.fromkeys((4, 26, 42), lambda a, b: a / b),
    **dict.fromkeys((5, 22, 38), np.abs),
    **dict.fromkeys((6, 20, 30), lambda a: 1.0 / a),
    7: _by_libm(math.sin),
    8: _by_libm(math.cos),
    9: _by_libm(math.tan),
    10: _by_libm(math.asin),
    11: _by_libm(math.acos),
    12: _by_libm(math.atan),
    13: _by_libm(math.exp),
    14: _log,
    15: lambda a: 1.0 if a >= 0 else 0.0,
    16: _above_zero,
    17: _above_zero,
    21: _norm,
    27: lambda a, b: _sum(a * b),
    28: lambda a, b: a[:, None] * b[None, :],
    31: _matrix_vector,
    34: lambda a: _norm(a.reshape(-1)),
    35: _norm,
    36: lambda a: _norm(a.T),
    37: lambda a: a.T.copy(),
    43: _matrix_matrix,
    **dict.fromkeys((44, 45, 46), lambda a, b: np.where(b < a, b, a)),
    **dict.fromkeys((47, 48, 49), lambda a, b: np.where(a < b, b, a)),
    50: _mean,
    51: lambda a: _mean(a.reshape(-1)),
    52: lambda a: _mean(a.T),
    53: lambda a: _deviation(a.T),
    54: _deviation,
    55: lambda a: _deviation(a.reshape(-1)),
}
"""What is written, of what is read; the operations that only read their constants are below."""


def _broadcast(op: int, a: Value, num_features: int) -> Value:
    if op == 19:
        return np.full(num_features, a)
    if op == 32:
        return np.repeat(a[:, None], num_features, axis=1)
    return np.repeat(a[None, :], num_features, axis=0)


def _index(share: float, num_features: int) -> int:
    return min(max(int(num_features * share), 0), num_features - 1)


def execute(instruction: Instruction, memory: Memory, rng: Xoshiro) -> None:
    op = OPS[instruction.op]
    if op.output is None:
        return
    features, out = memory.num_features, memory.of(op.output)
    c0, c1, c2 = instruction.constants
    if op.number == 56:
        out[instruction.out] = c0
    elif op.number == 57:
        out[instruction.out, _index(c0, features)] = c1
    elif op.number == 58:
        out[instruction.out, _index(c0, features), _index(c1, features)] = c2
    elif op.is_random:
        shape = out[instruction.out].shape
        num = math.prod(shape)
        if op.number <= 61:
            drawn = [c0 + max(c1 - c0, 0.0) * rng.uniform() for _ in range(num)]
        else:
            drawn = [c0 + c1 * value for value in rng.gaussians(num)]
        out[instruction.out] = np.reshape(drawn, shape)
    else:
        addresses = (instruction.in1, instruction.in2)
        read = [memory.of(kind)[address] for kind, address in zip(op.inputs, addresses, strict=False)]
        with np.errstate(all="ignore"):
            if op.number in (19, 32, 33):
                out[instruction.out] = _broadcast(op.number, read[0], features)
            else:
                out[instruction.out] = _FUNCTIONS[op.number](*read)


class Harness:
    """One task with its memory: what stands around the components."""

    def __init__(
        self, program: Program, tasks: TaskData, task: int, addresses: tuple[int, int, int], seed: int
    ) -> None:
        self.program, self.labels, self.tasks, self.task = program, tasks.labels, tasks, task
        self.memory = Memory(tasks.num_features, addresses)
        self.rng = Xoshiro(seed)
        self.run(program.setup)

    def run(self, component: Sequence[Instruction]) -> None:
        for instruction in component:
            execute(instruction, self.memory, self.rng)

    def set_label(self, label: float | None) -> None:
        if self.labels is not Labels.CLASSES:
            self.memory.scalars[0] = label or 0.0
            return
        self.memory.vectors[1] = 0.0
        if label is not None:
            self.memory.vectors[1, int(label)] = 1.0

    def predict(self, features: npt.NDArray[np.float64]) -> None:
        self.memory.vectors[0] = features
        self.set_label(None)
        self.run(self.program.predict)

    def normalised(self) -> Value:
        """Of the prediction in memory: as it is, sigmoid, or softmax over the first entries with zeros behind them."""
        if self.labels is Labels.NUMBER:
            return float(self.memory.scalars[1])
        with np.errstate(all="ignore"):
            if self.labels is Labels.BINARY:
                return 1.0 / (1.0 + _by_libm(math.exp)(-self.memory.scalars[1]))
            logits = self.memory.vectors[2, :NUM_CLASSES]
            powers = np.array([_by_libm(math.exp)(value) for value in logits - np.max(logits)])
            probabilities = np.zeros(self.memory.num_features)
            probabilities[:NUM_CLASSES] = powers / _sum(powers)
            return probabilities

    def train_step(self, example: int) -> bool:
        """Predict, then Learn. False where the error is too large or no number: Learn did not run."""
        features = self.tasks.train_features[self.task, example]
        label = float(self.tasks.train_labels[self.task, example])
        self.predict(features)
        prediction = self.normalised()
        if self.labels is Labels.CLASSES:
            self.memory.vectors[2] = prediction
            goes_on = not np.isnan(prediction).any()
        else:
            self.memory.scalars[1] = prediction
            goes_on = abs(label - prediction) <= MAX_ABS_ERROR
        if goes_on:
            self.memory.vectors[0] = features
            self.set_label(label)
            self.run(self.program.learn)
        return goes_on

    def validate(self) -> float:
        loss = 0.0
        for features, label in zip(
            self.tasks.valid_features[self.task], self.tasks.valid_labels[self.task], strict=True
        ):
            self.predict(features)
            prediction = self.normalised()
            if self.labels is Labels.NUMBER:
                error = float(label) - prediction
                loss += error * error if abs(error) <= MAX_ABS_ERROR else math.inf
            elif np.isnan(prediction).any():
                loss = math.inf
            elif self.labels is Labels.BINARY:
                loss += float((label > 0.5) != (prediction > 0.5))
            else:
                said = NUM_CLASSES - 1 - int(np.argmax(prediction[:NUM_CLASSES][::-1]))
                loss += float(said != int(label))
        mean = loss / self.tasks.num_valid
        if math.isinf(mean):
            return 0.0
        return 1.0 - (2.0 / math.pi) * math.atan(math.sqrt(mean)) if self.labels is Labels.NUMBER else 1.0 - mean


def evaluate(
    program: Program, tasks: TaskData, task: int, *, addresses: tuple[int, int, int], num_epochs: int, seed: int
) -> tuple[float, int]:
    """Fitness on one task, in [0, 1], and how many training steps were completed.

    Validated after each epoch, the best counts. A task that is stopped keeps what it had after earlier epochs.
    """
    harness = Harness(program, tasks, task, addresses, seed)
    best, num_steps = 0.0, 0
    for order in tasks.orders(num_epochs)[:, task]:
        for example in order:
            if not harness.train_step(int(example)):
                return best, num_steps
            num_steps += 1
        best = max(best, harness.validate())
    return best, num_steps
