"""The virtual machine: one program on a group of tasks that step side by side (compiled by numba).

A program comes as bytecode (`nas.automl_zero.bytecode`) with its harness: Setup, Predict, check of the error, Learn, next
example …, Predict, loss, next example …, in one loop, so that an instruction costs one jump for all tasks of the group.
Memory is one array; the number at each address has L lanes, one per task, the lane index running fastest:
scalars (L,), vectors (F, L), matrices (F, F, L), then room for one matrix and for L errors.

The meaning of every operation is that of `nas.automl_zero.reference_vm`; sums run in the order of the index.
"""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

import math
from typing import Any

from numba import types

from nas.automl_zero import bytecode as b
from nas.automl_zero.answers import is_one, last_largest, sigmoid, softmax, task_fitness
from nas.automl_zero.array_ops import (
    column_norm,
    copy,
    dot,
    fill,
    gather,
    matrix_matrix,
    matrix_vector,
    outer,
    statistic,
    transpose,
)
from nas.automl_zero.compiled import compiled
from nas.automl_zero.generator import gaussians, uniform
from nas.automl_zero.lanes import (
    WIDTH,
    absolute,
    any_beyond,
    get,
    is_not_negative,
    is_positive,
    larger,
    load,
    put,
    smaller,
    splat,
    squared_within,
    store,
)

MAX_ABS_ERROR = 100.0
"""Of a prediction; a larger one ends the task (section S3)."""

_numbers = types.float64[::1]
_integers = types.int64[::1]
SIGNATURE = types.int64(
    _integers,
    _numbers,
    _numbers,
    _integers,
    _numbers,
    _numbers,
    _numbers,
    _numbers,
    _integers,
    types.uint64[::1],
    _numbers,
    _numbers,
)


@compiled(SIGNATURE)
def run(  # noqa: PLR0912, PLR0915 - one loop with one branch per instruction is what is fast
    code: Any,
    constants: Any,
    memory: Any,
    shape: Any,
    train_x: Any,
    train_y: Any,
    valid_x: Any,
    valid_y: Any,
    orders: Any,
    generators: Any,
    fitness: Any,
    record: Any,
) -> int:
    """Train and validate; returns the number of training steps, summed over the tasks.

    Args:
      code, constants: bytecode.
      memory: as the module says; set to zero here.
      shape: sizes and places, see `nas.automl_zero.bytecode`.
      train_x, train_y: of the group: (n, F, L) and (n, W, L), flat. valid_x, valid_y: the same.
      orders: (epochs, n, L), flat; the first epoch takes the natural order whatever is written.
      generators: (L, 4), flat: one for each task, already started.
      fitness: (L,), filled here.
      record: (steps, R, L), flat: predictions or errors of each step, where `shape` asks for them.
    """
    lanes = get(shape, b.LANES)
    features = get(shape, b.FEATURES)
    num_train = get(shape, b.NUM_TRAIN)
    num_valid = get(shape, b.NUM_VALID)
    num_epochs = get(shape, b.NUM_EPOCHS)
    labels = get(shape, b.LABELS)
    label_rows = get(shape, b.LABEL_ROWS)
    num_alive = get(shape, b.NUM_TASKS)
    features_at = get(shape, b.FEATURES_AT)
    label_at = get(shape, b.LABEL_AT)
    label_length = get(shape, b.LABEL_LENGTH)
    prediction_at = get(shape, b.PREDICTION_AT)
    room_at = get(shape, b.ROOM_AT)
    errors_at = get(shape, b.ERRORS_AT)
    losses_at = get(shape, b.LOSSES_AT)
    alive_at = get(shape, b.ALIVE_AT)
    recording = get(shape, b.RECORDING)
    x_length = features * lanes
    y_length = label_rows * lanes

    fill(memory, 0, 0.0, room_at)
    for lane in range(lanes):
        put(memory, alive_at + lane, 1.0 if lane < num_alive else 0.0)
        put(fitness, lane, 0.0)
    pc = 0
    example = 0
    epoch = 0
    recorded = 0
    num_steps = 0
    while True:
        at = pc * b.ROW
        op = get(code, at)
        in1 = get(code, at + 1)
        in2 = get(code, at + 2)
        out = get(code, at + 3)
        n = get(code, at + 4)
        pc += 1
        i = 0
        if op == b.ADD:
            while i < n:
                store(memory, out + i, load(memory, in1 + i) + load(memory, in2 + i))
                i += WIDTH
        elif op == b.SUBTRACT:
            while i < n:
                store(memory, out + i, load(memory, in1 + i) - load(memory, in2 + i))
                i += WIDTH
        elif op == b.MULTIPLY:
            while i < n:
                store(memory, out + i, load(memory, in1 + i) * load(memory, in2 + i))
                i += WIDTH
        elif op == b.DIVIDE:
            while i < n:
                store(memory, out + i, load(memory, in1 + i) / load(memory, in2 + i))
                i += WIDTH
        elif op == b.MINIMUM:
            while i < n:
                store(memory, out + i, smaller(load(memory, in1 + i), load(memory, in2 + i)))
                i += WIDTH
        elif op == b.MAXIMUM:
            while i < n:
                store(memory, out + i, larger(load(memory, in1 + i), load(memory, in2 + i)))
                i += WIDTH
        elif op == b.ABSOLUTE:
            while i < n:
                store(memory, out + i, absolute(load(memory, in1 + i)))
                i += WIDTH
        elif op == b.RECIPROCAL:
            while i < n:
                store(memory, out + i, splat(1.0) / load(memory, in1 + i))
                i += WIDTH
        elif op == b.STEP_FROM_ZERO:
            while i < n:
                store(memory, out + i, is_not_negative(load(memory, in1 + i)))
                i += WIDTH
        elif op == b.STEP_ABOVE_ZERO:
            while i < n:
                store(memory, out + i, is_positive(load(memory, in1 + i)))
                i += WIDTH
        elif op == b.FILL:
            fill(memory, out, get(constants, 2 * pc - 2), n)
        elif op == b.SCALE:  # scalar in1 times n numbers
            j = 0
            while j < lanes:
                factor = load(memory, in1 + j)
                i = j
                while i < n:
                    store(memory, out + i, factor * load(memory, in2 + i))
                    i += lanes
                j += WIDTH
        elif op == b.BROADCAST:
            while i < n:
                copy(memory, out + i, memory, in1, lanes)
                i += lanes
        elif op == b.DOT:
            dot(memory, in1, in2, out, n, lanes)
        elif op == b.OUTER:
            outer(memory, in1, in2, out, features, lanes)
        elif op == b.MATRIX_VECTOR:
            matrix_vector(memory, in1, in2, out, features, lanes, room_at)
        elif op == b.MATRIX_MATRIX:
            matrix_matrix(memory, in1, in2, out, features, lanes, room_at)
        elif op == b.TRANSPOSE:
            transpose(memory, in1, out, features, lanes, room_at)
        elif op == b.ALONG_ROWS:  # out_ij = a_i
            for row in range(features):
                for column in range(features):
                    copy(memory, out + (row * features + column) * lanes, memory, in1 + row * lanes, lanes)
        elif op == b.ALONG_COLUMNS:  # out_ij = a_j
            for row in range(features):
                copy(memory, out + row * x_length, memory, in1, x_length)
        elif op == b.STATISTIC:  # of in2 blocks of n numbers each, one after the other
            statistic(memory, in1, in2, out, n, get(code, at + 5), lanes)
        elif op == b.COLUMN_NORM:
            column_norm(memory, in1, out, features, lanes)
        elif op == b.SINE:
            for lane in range(lanes):
                put(memory, out + lane, math.sin(get(memory, in1 + lane)))
        elif op == b.COSINE:
            for lane in range(lanes):
                put(memory, out + lane, math.cos(get(memory, in1 + lane)))
        elif op == b.TANGENT:
            for lane in range(lanes):
                put(memory, out + lane, math.tan(get(memory, in1 + lane)))
        elif op == b.ARC_SINE:
            for lane in range(lanes):
                put(memory, out + lane, math.asin(get(memory, in1 + lane)))
        elif op == b.ARC_COSINE:
            for lane in range(lanes):
                put(memory, out + lane, math.acos(get(memory, in1 + lane)))
        elif op == b.ARC_TANGENT:
            for lane in range(lanes):
                put(memory, out + lane, math.atan(get(memory, in1 + lane)))
        elif op == b.EXPONENTIAL:
            for lane in range(lanes):
                put(memory, out + lane, math.exp(get(memory, in1 + lane)))
        elif op == b.LOGARITHM:
            for lane in range(lanes):
                put(memory, out + lane, math.log(get(memory, in1 + lane)))
        elif op == b.UNIFORM:  # n numbers for each task
            low = get(constants, 2 * pc - 2)
            span = max(get(constants, 2 * pc - 1) - low, 0.0)
            for lane in range(lanes):
                for k in range(n):
                    put(memory, out + k * lanes + lane, low + span * uniform(generators, 4 * lane))
        elif op == b.GAUSSIAN:
            center = get(constants, 2 * pc - 2)
            deviation = get(constants, 2 * pc - 1)
            for lane in range(lanes):
                for k in range(0, n, 2):
                    one, other = gaussians(generators, 4 * lane)
                    put(memory, out + k * lanes + lane, center + deviation * one)
                    if k + 1 < n:
                        put(memory, out + (k + 1) * lanes + lane, center + deviation * other)
        elif op == b.FIRST_EXAMPLE:
            example = 0
            if epoch == 0:
                copy(memory, features_at, train_x, 0, x_length)
            else:
                gather(memory, features_at, train_x, features, lanes, orders, epoch * num_train * lanes)
            fill(memory, label_at, 0.0, label_length)
        elif op == b.CHECK:
            order_at = (epoch * num_train + example) * lanes
            # label
            if epoch == 0:
                copy(memory, label_at, train_y, example * y_length, y_length)
            else:
                gather(memory, label_at, train_y, label_rows, lanes, orders, order_at)
            if label_length > y_length:
                fill(memory, label_at + y_length, 0.0, label_length - y_length)
            # normalise, and how far off
            if labels == b.CLASSES:
                for lane in range(lanes):
                    is_number = softmax(memory, prediction_at, lane, lanes, features)
                    put(memory, errors_at + lane, 0.0 if is_number else math.nan)
            else:
                if labels == b.BINARY:
                    for lane in range(lanes):
                        put(memory, prediction_at + lane, sigmoid(get(memory, prediction_at + lane)))
                j = 0
                while j < lanes:
                    difference = load(memory, label_at + j) - load(memory, prediction_at + j)
                    store(memory, errors_at + j, absolute(difference))
                    j += WIDTH
            beyond = splat(0.0)  # the sum: beyond the limit if one is, and at times when none is
            j = 0
            while j < lanes:
                beyond = beyond + load(memory, errors_at + j)
                j += WIDTH
            if recording:
                for row in range(label_rows):
                    for lane in range(lanes):
                        value = get(memory, prediction_at + row * lanes + lane) + 0.0  # both zeros are one
                        if recording == b.ERRORS:
                            value = abs(get(memory, label_at + row * lanes + lane) - value)
                        is_alive = get(memory, alive_at + lane) > 0.0
                        put(record, recorded + lane, value if is_alive else math.nan)
                    recorded += lanes
            if any_beyond(beyond, MAX_ABS_ERROR):
                for lane in range(lanes):
                    if get(memory, alive_at + lane) > 0.0 and not get(memory, errors_at + lane) <= MAX_ABS_ERROR:
                        put(memory, alive_at + lane, 0.0)
                        num_alive -= 1
                if num_alive == 0:
                    return num_steps
            if n:  # Predict writes v0
                if epoch == 0:
                    copy(memory, features_at, train_x, example * x_length, x_length)
                else:
                    gather(memory, features_at, train_x, features, lanes, orders, order_at)
        elif op == b.NEXT_EXAMPLE:
            num_steps += num_alive
            example += 1
            if example < num_train:
                if epoch == 0:
                    copy(memory, features_at, train_x, example * x_length, x_length)
                else:
                    order_at = (epoch * num_train + example) * lanes
                    gather(memory, features_at, train_x, features, lanes, orders, order_at)
                pc = n
            else:
                example = 0
                fill(memory, losses_at, 0.0, lanes)
                copy(memory, features_at, valid_x, 0, x_length)
            fill(memory, label_at, 0.0, label_length)
        else:  # NEXT_VALIDATION
            y_at = example * y_length
            if labels == b.NUMBER:
                j = 0
                while j < lanes:
                    error = load(valid_y, y_at + j) - load(memory, prediction_at + j)
                    store(memory, losses_at + j, load(memory, losses_at + j) + squared_within(error, MAX_ABS_ERROR))
                    j += WIDTH
            elif labels == b.BINARY:
                for lane in range(lanes):
                    logit = get(memory, prediction_at + lane)
                    says_one = is_one(logit)
                    wrong = 1.0 if says_one != (get(valid_y, y_at + lane) > 0.5) else 0.0
                    if math.isnan(logit):
                        wrong = math.inf
                    put(memory, losses_at + lane, get(memory, losses_at + lane) + wrong)
            else:
                copy(memory, room_at, memory, prediction_at, x_length)
                for lane in range(lanes):
                    wrong = math.inf
                    if softmax(memory, room_at, lane, lanes, features):
                        said = last_largest(memory, room_at, lane, lanes)
                        wrong = 0.0 if get(valid_y, y_at + said * lanes + lane) > 0.5 else 1.0
                    put(memory, losses_at + lane, get(memory, losses_at + lane) + wrong)
            if recording:
                for row in range(label_rows):
                    for lane in range(lanes):
                        said_at = (room_at if labels == b.CLASSES else prediction_at) + row * lanes + lane
                        value = get(memory, said_at) + 0.0
                        if labels == b.BINARY:
                            value = sigmoid(value)
                        if recording == b.ERRORS:
                            value = abs(get(valid_y, y_at + row * lanes + lane) - value)
                        is_alive = get(memory, alive_at + lane) > 0.0
                        put(record, recorded + lane, value if is_alive else math.nan)
                    recorded += lanes
            example += 1
            if example < num_valid:
                copy(memory, features_at, valid_x, example * x_length, x_length)
                fill(memory, label_at, 0.0, label_length)
                pc = n
            else:
                for lane in range(lanes):
                    if get(memory, alive_at + lane) > 0.0:
                        value = task_fitness(get(memory, losses_at + lane), num_valid, labels)
                        put(fitness, lane, max(get(fitness, lane), value))
                epoch += 1
                if epoch == num_epochs:
                    return num_steps
                pc = in1
