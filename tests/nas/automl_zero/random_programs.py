"""Programs and tasks for tests: every operation, every address, numbers of all sorts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from nas.automl_zero.ops import OPS, Constant
from nas.automl_zero.program import Instruction, Program
from nas.automl_zero.task_data import Labels, TaskData


def random_instruction(rng: Generator, ops: Sequence[int], addresses: tuple[int, int, int]) -> Instruction:
    """Any address may be written, also label and features."""
    op = OPS[int(rng.choice(ops))]
    limits = dict(zip("svm", addresses, strict=True))
    in1, in2 = [*(int(rng.integers(limits[kind])) for kind in op.inputs), 0, 0][:2]
    out = int(rng.integers(limits[op.output])) if op.output is not None else 0
    numbers = []
    for constant in op.constants:
        low = 0.0 if constant in (Constant.INDEX, Constant.DEVIATION) else -1.0
        numbers.append(float(rng.uniform(low, 1.0)))
    c0, c1, c2 = [*numbers, 0.0, 0.0, 0.0][:3]
    return Instruction(op.number, in1, in2, out, (c0, c1, c2))


def random_program(
    rng: Generator,
    addresses: tuple[int, int, int],
    sizes: tuple[int, int, int] = (6, 5, 8),
    ops: Sequence[int] = range(65),
) -> Program:
    setup, predict, learn = (tuple(random_instruction(rng, ops, addresses) for _ in range(size)) for size in sizes)
    return Program(setup, predict, learn)


def make_tasks(
    rng: Generator,
    *,
    labels: Labels = Labels.NUMBER,
    num_tasks: int = 5,
    num_features: int = 4,
    num_train: int = 12,
    num_valid: int = 7,
) -> TaskData:
    """Linear tasks; of classes: which of the first ten features is the largest."""
    weights = rng.standard_normal((num_tasks, 1, num_features))

    def lot(num: int) -> tuple[np.ndarray, np.ndarray]:
        features = rng.standard_normal((num_tasks, num, num_features))
        if labels is Labels.CLASSES:
            return features, features[:, :, :10].argmax(axis=2).astype(float)
        targets = (features * weights).sum(axis=2)
        return features, (targets > 0).astype(float) if labels is Labels.BINARY else targets

    train, valid = lot(num_train), lot(num_valid)
    seeds = rng.integers(2**63, size=num_tasks).astype(np.uint64)
    return TaskData(labels, train[0], train[1], valid[0], valid[1], seeds)
