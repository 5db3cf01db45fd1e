"""What the scalars of a program are while it learns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nas.automl_zero.program import Program
from nas.automl_zero.reference_vm import Harness
from nas.automl_zero.task_data import TaskData


def scalar_trace(
    program: Program, tasks: TaskData, task: int, *, addresses: tuple[int, int, int], num_steps: int, seed: int = 0
) -> npt.NDArray[np.float64]:
    """(steps, scalars): all scalars after each training step of one epoch, in natural order; shorter where the task ends early.

    By the machine that is made to be read: about a thousand steps a second.
    """
    harness = Harness(program, tasks, task, addresses, seed)
    rows = []
    for example in range(min(num_steps, tasks.num_train)):
        if not harness.train_step(example):
            break
        rows.append(harness.memory.scalars.copy())
    return np.array(rows).reshape(len(rows), addresses[0])
