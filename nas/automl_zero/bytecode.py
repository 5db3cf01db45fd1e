"""Programs as the virtual machine reads them: places of memory instead of addresses, and the harness around the components.

An instruction is a row of ROW words (operation of the machine, in1, in2, out, n) and two constants. Instructions that write
what nobody reads, and those that do nothing, are left out.

    Setup; FIRST_EXAMPLE; [train] Predict; CHECK; Learn; NEXT_EXAMPLE -> train; [validate] Predict; NEXT_VALIDATION -> validate
"""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

from typing import Any

import numpy as np

from nas.automl_zero.compiled import jit
from nas.automl_zero.lanes import get, put
from nas.automl_zero.ops import OPS, Kind

ROW = 8
"""Words from one instruction to the next."""

NUM_CLASSES = 10

# What is predicted (`Labels`, in this order).
NUMBER, BINARY, CLASSES = range(3)

# What a machine that is RECORDING writes down.
ERRORS, PREDICTIONS = 1, 2

# Places in `shape`.
(
    LANES,
    FEATURES,
    NUM_TRAIN,
    NUM_VALID,
    NUM_EPOCHS,
    LABELS,
    LABEL_ROWS,
    NUM_TASKS,
    VECTORS_AT,
    MATRICES_AT,
    FEATURES_AT,
    LABEL_AT,
    LABEL_LENGTH,
    PREDICTION_AT,
    ROOM_AT,
    ERRORS_AT,
    LOSSES_AT,
    ALIVE_AT,
    MEMORY,
    RECORDING,
    SHAPE,
) = range(21)

# Operations of the machine.
(
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    MINIMUM,
    MAXIMUM,
    ABSOLUTE,
    RECIPROCAL,
    STEP_FROM_ZERO,
    STEP_ABOVE_ZERO,
    FILL,
    SCALE,
    BROADCAST,
    DOT,
    OUTER,
    MATRIX_VECTOR,
    MATRIX_MATRIX,
    TRANSPOSE,
    ALONG_ROWS,
    ALONG_COLUMNS,
    STATISTIC,
    COLUMN_NORM,
    SINE,
    COSINE,
    TANGENT,
    ARC_SINE,
    ARC_COSINE,
    ARC_TANGENT,
    EXPONENTIAL,
    LOGARITHM,
    UNIFORM,
    GAUSSIAN,
    FIRST_EXAMPLE,
    CHECK,
    NEXT_EXAMPLE,
    NEXT_VALIDATION,
) = range(36)

# What a STATISTIC is.
NORM, MEAN, DEVIATION = range(3)

_SAME_FOR_ALL_KINDS = {
    ADD: (1, 23, 39),
    SUBTRACT: (2, 24, 40),
    MULTIPLY: (3, 25, 41),
    DIVIDE: (4, 26, 42),
    MINIMUM: (44, 45, 46),
    MAXIMUM: (47, 48, 49),
    ABSOLUTE: (5, 22, 38),
    RECIPROCAL: (6, 20, 30),
    STEP_FROM_ZERO: (15,),
    STEP_ABOVE_ZERO: (16, 17),
    FILL: (56, 57, 58),
    SCALE: (18, 29),
    BROADCAST: (19,),
    DOT: (27,),
    OUTER: (28,),
    MATRIX_VECTOR: (31,),
    MATRIX_MATRIX: (43,),
    TRANSPOSE: (37,),
    ALONG_ROWS: (32,),
    ALONG_COLUMNS: (33,),
    STATISTIC: (21, 34, 36, 50, 51, 52, 53, 54, 55),
    COLUMN_NORM: (35,),
    SINE: (7,),
    COSINE: (8,),
    TANGENT: (9,),
    ARC_SINE: (10,),
    ARC_COSINE: (11,),
    ARC_TANGENT: (12,),
    EXPONENTIAL: (13,),
    LOGARITHM: (14,),
    UNIFORM: (59, 60, 61),
    GAUSSIAN: (62, 63, 64),
}

_KINDS = {Kind.SCALAR: 1, Kind.VECTOR: 2, Kind.MATRIX: 3, None: 0}


def _machine_ops() -> Any:
    table = np.zeros(len(OPS), dtype=np.int64)
    for machine_op, numbers in _SAME_FOR_ALL_KINDS.items():
        table[list(numbers)] = machine_op
    return table


def _kinds_of_input(place: int) -> Any:
    return np.array([_KINDS[op.inputs[place]] if len(op.inputs) > place else 0 for op in OPS], dtype=np.int64)


SCALAR, VECTOR, MATRIX = 1, 2, 3
"""Kinds of memory, as the tables below say them; 0 for none."""

NO_OP = 0
IN1_KINDS, IN2_KINDS = _kinds_of_input(0), _kinds_of_input(1)
OUT_KINDS = np.array([_KINDS[op.output] for op in OPS], dtype=np.int64)
NUM_CONSTANTS = np.array([len(op.constants) for op in OPS], dtype=np.int64)
COSTS = np.array([op.cost for op in OPS], dtype=np.int64)
_MACHINE_OPS = _machine_ops()
_SCALAR_SET, _VECTOR_SET, _MATRIX_SET, FIRST_RANDOM = 56, 57, 58, 59
_FIRST_MEAN, _FIRST_DEVIATION = 50, 53


@jit
def entry(share: float, features: int) -> Any:
    """Where a share of the length points to; inside whatever it is."""
    if not share > 0.0:
        return 0
    if share >= 1.0:
        return features - 1
    return min(int(features * share), features - 1)


@jit
def _place(kind: int, address: int, shape: Any) -> Any:
    lanes, features = get(shape, LANES), get(shape, FEATURES)
    if kind == SCALAR:
        return address * lanes
    if kind == VECTOR:
        return get(shape, VECTORS_AT) + address * features * lanes
    if kind == MATRIX:
        return get(shape, MATRICES_AT) + address * features * features * lanes
    return 0


@jit
def _length(kind: int, shape: Any) -> Any:
    """Numbers of something of that kind in all lanes."""
    length = get(shape, LANES)
    for _ in range(1, kind):
        length *= get(shape, FEATURES)
    return length


@jit
def _row(code: Any, pc: int, op: int, in1: int, in2: int, out: int, n: int) -> Any:
    at = pc * ROW
    put(code, at, op)
    put(code, at + 1, in1)
    put(code, at + 2, in2)
    put(code, at + 3, out)
    put(code, at + 4, n)
    return pc + 1


@jit
def _instruction(rows: Any, numbers: Any, k: int, shape: Any, code: Any, constants: Any, pc: int) -> Any:
    op = rows[k, 0]
    kind1, kind2, out_kind = IN1_KINDS[op], IN2_KINDS[op], OUT_KINDS[op]
    in1, in2 = _place(kind1, rows[k, 1], shape), _place(kind2, rows[k, 2], shape)
    out = _place(out_kind, rows[k, 3], shape)
    lanes, features = get(shape, LANES), get(shape, FEATURES)
    machine_op = _MACHINE_OPS[op]
    n = _length(out_kind, shape)
    put(constants, 2 * pc, numbers[k, 0])
    put(constants, 2 * pc + 1, numbers[k, 1])
    if op in (_VECTOR_SET, _MATRIX_SET):
        where = entry(numbers[k, 0], features)
        put(constants, 2 * pc, numbers[k, 1])
        if op == _MATRIX_SET:
            where = where * features + entry(numbers[k, 1], features)
            put(constants, 2 * pc, numbers[k, 2])
        out += where * lanes
        n = lanes
    elif op >= FIRST_RANDOM:
        n = n // lanes
    elif machine_op == DOT:
        n = _length(kind1, shape)
    elif machine_op == STATISTIC:
        put(code, pc * ROW + 5, (1 if op >= _FIRST_MEAN else 0) + (1 if op >= _FIRST_DEVIATION else 0))
        n, in2 = _length(kind1, shape), 1
        if out_kind == VECTOR:
            n, in2 = n // features, features
    return _row(code, pc, machine_op, in1, in2, out, n)


@jit
def _component(
    rows: Any, numbers: Any, begin: int, end: int, live: Any, shape: Any, code: Any, constants: Any, pc: int
) -> Any:
    for k in range(begin, end):
        if live[k]:
            pc = _instruction(rows, numbers, k, shape, code, constants, pc)
    return pc


@jit
def assemble(
    rows: Any, numbers: Any, sizes: Any, begins: Any, live: Any, shape: Any, code: Any, constants: Any
) -> None:
    """Write the bytecode of a program.

    Args:
      rows, numbers, sizes, begins: the program (`nas.automl_zero.packed`), addresses inside the memory.
      live: (rows,) which instructions are written.
      shape: sizes of the group that it shall run on.
      code, constants: filled; with room for setup + 2 predict + learn + 4 instructions.
    """
    features_at, vectors_at = get(shape, FEATURES_AT), get(shape, VECTORS_AT)
    writes_features = 0
    for k in range(begins[1], begins[1] + sizes[1]):
        if live[k] and OUT_KINDS[rows[k, 0]] == VECTOR and rows[k, 3] == 0:
            writes_features = 1
    assert features_at == vectors_at  # v0 is the first
    pc = _component(rows, numbers, begins[0], begins[0] + sizes[0], live, shape, code, constants, 0)
    first = pc
    pc = _row(code, pc, FIRST_EXAMPLE, 0, 0, 0, 0)
    train = pc
    pc = _component(rows, numbers, begins[1], begins[1] + sizes[1], live, shape, code, constants, pc)
    pc = _row(code, pc, CHECK, 0, 0, 0, writes_features)
    pc = _component(rows, numbers, begins[2], begins[2] + sizes[2], live, shape, code, constants, pc)
    pc = _row(code, pc, NEXT_EXAMPLE, 0, 0, 0, train)
    validate = pc
    pc = _component(rows, numbers, begins[1], begins[1] + sizes[1], live, shape, code, constants, pc)
    _row(code, pc, NEXT_VALIDATION, first, 0, 0, validate)
