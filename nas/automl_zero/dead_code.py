"""Which instructions of a program matter, and the name of what is left (compiled; section S8a says why, the method is ours).

Backward liveness over the flow of control Setup; loop {Predict; Learn}; loop {Predict}: after Predict the prediction is read,
and whatever the next Predict or Learn reads before writing it. The harness writes label and features before each of them.
"""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

from typing import Any

import numpy as np

from nas.automl_zero.bytecode import IN1_KINDS, IN2_KINDS, MATRIX, NO_OP, NUM_CONSTANTS, OUT_KINDS, SCALAR, VECTOR
from nas.automl_zero.compiled import jit
from nas.automl_zero.generator import mix

_VECTOR_SET, _MATRIX_SET = 57, 58


@jit
def _slot(kind: int, address: int, addresses: Any) -> Any:
    """The addresses of all kinds in one row: scalars, vectors, matrices."""
    if kind == VECTOR:
        return addresses[0] + address
    if kind == MATRIX:
        return addresses[0] + addresses[1] + address
    return address


@jit
def _walk(rows: Any, begin: int, end: int, addresses: Any, live: Any, needed: Any) -> None:
    """From the end to the beginning; `needed` is what is read after it, then what is read before it."""
    for k in range(end - 1, begin - 1, -1):
        op = rows[k, 0]
        live[k] = False
        if op == NO_OP:
            continue
        out = _slot(OUT_KINDS[op], rows[k, 3], addresses)
        if not needed[out]:
            continue
        live[k] = True
        if op not in (_VECTOR_SET, _MATRIX_SET):  # these leave the rest of their output as it was
            needed[out] = False
        if IN1_KINDS[op]:
            needed[_slot(IN1_KINDS[op], rows[k, 1], addresses)] = True
        if IN2_KINDS[op]:
            needed[_slot(IN2_KINDS[op], rows[k, 2], addresses)] = True


@jit
def find_live(rows: Any, sizes: Any, begins: Any, addresses: Any, vector_labels: bool, live: Any, room: Any) -> None:
    """Fill `live` (M,) of one program.

    Args:
      rows, sizes, begins: of `nas.automl_zero.packed`.
      addresses: (3,): how many scalars, vectors, matrices there are.
      room: (3, at least the sum of addresses) bool, anything in it.
    """
    num = addresses[0] + addresses[1] + addresses[2]
    if vector_labels:
        label, prediction = _slot(VECTOR, 1, addresses), _slot(VECTOR, 2, addresses)
    else:
        label, prediction = _slot(SCALAR, 0, addresses), _slot(SCALAR, 1, addresses)
    features = _slot(VECTOR, 0, addresses)
    before_predict, before_learn, needed = room[0], room[1], room[2]
    for i in range(num):
        before_predict[i] = False
        before_learn[i] = False
    while True:
        for i in range(num):
            needed[i] = before_learn[i] or before_predict[i]
        needed[label] = False
        needed[features] = False
        needed[prediction] = True
        _walk(rows, begins[1], begins[1] + sizes[1], addresses, live, needed)
        has_changed = False
        needed[label] = False
        needed[features] = False
        for i in range(num):
            has_changed |= needed[i] != before_predict[i]
            before_predict[i] = needed[i]
        _walk(rows, begins[2], begins[2] + sizes[2], addresses, live, needed)
        needed[label] = False
        needed[features] = False
        for i in range(num):
            has_changed |= needed[i] != before_learn[i]
            before_learn[i] = needed[i]
        if not has_changed:
            break
    for i in range(num):
        needed[i] = before_predict[i]
    _walk(rows, begins[0], begins[0] + sizes[0], addresses, live, needed)


@jit
def name_of(rows: Any, numbers: Any, sizes: Any, begins: Any, live: Any) -> Any:
    """A word (uint64) that two programs share when their live instructions are the same."""
    word = np.uint64(0x243F6A8885A308D3)
    bits = numbers.view(np.uint64)
    for c in range(3):
        word = mix(word, np.uint64(c))
        for k in range(begins[c], begins[c] + sizes[c]):
            if not live[k]:
                continue
            op = rows[k, 0]
            line = op | (rows[k, 3] << 8)
            if IN1_KINDS[op]:
                line |= rows[k, 1] << 24
            if IN2_KINDS[op]:
                line |= rows[k, 2] << 40
            word = mix(word, np.uint64(line))
            for i in range(NUM_CONSTANTS[op]):
                word = mix(word, bits[k, i])
    return word
