"""Tasks laid out for the virtual machine: side by side in groups of lanes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nas.automl_zero import bytecode as b
from nas.automl_zero.lanes import WIDTH
from nas.automl_zero.task_data import Labels, TaskData

CACHE_BYTES = 24 * 1024
"""What a group may take of the memory next to a core: half to three quarters of what processors of today have."""


class LaneTasks(NamedTuple):
    """G groups of L lanes; lanes without a task hold zeros.

    Attributes:
      shape: (SHAPE,) sizes and places (`nas.automl_zero.bytecode`); NUM_TASKS is that of all groups.
      train_x: (G, n · F · L), train_y: (G, n · W · L) with W = 1, or 10 where there are classes.
      valid_x, valid_y: the same.
      orders: (G, epochs · n · L): which example each lane sees.
    """

    shape: npt.NDArray[np.int64]
    train_x: npt.NDArray[np.float64]
    train_y: npt.NDArray[np.float64]
    valid_x: npt.NDArray[np.float64]
    valid_y: npt.NDArray[np.float64]
    orders: npt.NDArray[np.int64]


def lanes_of_group(num_tasks: int, numbers_per_lane: int) -> int:
    """As many tasks side by side as the nearest memory holds, spread evenly; a multiple of the width of a vector."""
    widths = max(1, CACHE_BYTES // (numbers_per_lane * 8 * WIDTH))
    all_widths = -(-num_tasks // WIDTH)
    num_groups = -(-all_widths // widths)
    return WIDTH * -(-all_widths // num_groups)


def lay_out(tasks: TaskData, addresses: tuple[int, int, int], num_epochs: int) -> LaneTasks:
    """`addresses`: how many scalars, vectors and matrices programs have.

    Raises ValueError where the label or the prediction has no address.
    """
    shape = _shape(tasks, addresses, num_epochs)
    lanes = int(shape[b.LANES])
    orders = tasks.orders(num_epochs)  # (E, D, n)
    return LaneTasks(
        shape,
        _in_lanes(tasks.train_features, lanes),
        _in_lanes(_label_rows(tasks.labels, tasks.train_labels), lanes),
        _in_lanes(tasks.valid_features, lanes),
        _in_lanes(_label_rows(tasks.labels, tasks.valid_labels), lanes),
        _in_lanes(orders.transpose(1, 0, 2), lanes),
    )


def _shape(tasks: TaskData, addresses: tuple[int, int, int], num_epochs: int) -> npt.NDArray[np.int64]:
    scalars, vectors, matrices = addresses
    is_vector = tasks.labels is Labels.CLASSES
    if scalars < 2 or vectors < (3 if is_vector else 1):
        raise ValueError("programs need the addresses s0, s1, v0, and where labels are classes v1, v2")
    features = tasks.num_features
    per_lane = scalars + features * vectors + features * features * (matrices + 1) + 3
    lanes = lanes_of_group(tasks.num_tasks, per_lane)
    shape = np.zeros(b.SHAPE, dtype=np.int64)
    shape[b.LANES] = lanes
    shape[b.FEATURES] = features
    shape[b.NUM_TRAIN], shape[b.NUM_VALID], shape[b.NUM_EPOCHS] = tasks.num_train, tasks.num_valid, num_epochs
    shape[b.LABELS] = list(Labels).index(tasks.labels)
    shape[b.LABEL_ROWS] = b.NUM_CLASSES if is_vector else 1
    shape[b.NUM_TASKS] = tasks.num_tasks
    vector = features * lanes
    shape[b.VECTORS_AT] = shape[b.FEATURES_AT] = scalars * lanes
    shape[b.MATRICES_AT] = shape[b.VECTORS_AT] + vectors * vector
    shape[b.LABEL_AT] = shape[b.VECTORS_AT] + vector if is_vector else 0
    shape[b.LABEL_LENGTH] = vector if is_vector else lanes
    shape[b.PREDICTION_AT] = shape[b.VECTORS_AT] + 2 * vector if is_vector else lanes
    shape[b.ROOM_AT] = shape[b.MATRICES_AT] + matrices * features * vector
    shape[b.ERRORS_AT] = shape[b.ROOM_AT] + features * vector
    shape[b.LOSSES_AT] = shape[b.ERRORS_AT] + lanes
    shape[b.ALIVE_AT] = shape[b.LOSSES_AT] + lanes
    shape[b.MEMORY] = shape[b.ALIVE_AT] + lanes
    return shape


def _label_rows(labels: Labels, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(D, n) to (D, n, W)."""
    if labels is Labels.CLASSES:
        return np.eye(b.NUM_CLASSES)[values.astype(np.int64)]
    return values[:, :, None]


def _in_lanes(values: npt.NDArray[Any], lanes: int) -> npt.NDArray[Any]:
    """(D, …) to (G, … · L), the number of the task in its group running fastest."""
    num_groups = -(-values.shape[0] // lanes)
    padded = np.zeros((num_groups * lanes, *values.shape[1:]), dtype=values.dtype)
    padded[: values.shape[0]] = values
    grouped = padded.reshape(num_groups, lanes, -1)
    return np.ascontiguousarray(grouped.transpose(0, 2, 1)).reshape(num_groups, -1)
