"""Operations of the virtual machine on whole vectors and matrices (compiled), each for all tasks of the group.

Addresses are places in the memory, where the number at each address has `lanes` lanes (`nas.automl_zero.vm`).
"""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

from typing import Any

from nas.automl_zero import bytecode as b
from nas.automl_zero.compiled import inlined, jit
from nas.automl_zero.lanes import WIDTH, get, load, put, root, splat, store


@inlined
def copy(target: Any, to: int, source: Any, start: int, length: int) -> None:
    done = 0
    while done < length:
        store(target, to + done, load(source, start + done))
        done += WIDTH


@inlined
def fill(target: Any, to: int, value: float, length: int) -> None:
    number = splat(value)
    done = 0
    while done < length:
        store(target, to + done, number)
        done += WIDTH


@jit
def gather(target: Any, to: int, source: Any, rows: int, lanes: int, order: Any, at: int) -> None:
    """Lane by lane the example that its own order says."""
    for lane in range(lanes):
        example = get(order, at + lane)
        for row in range(rows):
            put(target, to + row * lanes + lane, get(source, (example * rows + row) * lanes + lane))


@inlined
def dot(memory: Any, in1: int, in2: int, out: int, n: int, lanes: int) -> None:
    """Of n numbers, those of all lanes counted."""
    j = 0
    while j + 2 * WIDTH < lanes:  # three sums at a time: each waits for itself only
        total = splat(0.0)
        second = splat(0.0)
        third = splat(0.0)
        i = j
        while i < n:
            total = total + load(memory, in1 + i) * load(memory, in2 + i)
            second = second + load(memory, in1 + i + WIDTH) * load(memory, in2 + i + WIDTH)
            third = third + load(memory, in1 + i + 2 * WIDTH) * load(memory, in2 + i + 2 * WIDTH)
            i += lanes
        store(memory, out + j, total)
        store(memory, out + j + WIDTH, second)
        store(memory, out + j + 2 * WIDTH, third)
        j += 3 * WIDTH
    while j < lanes:
        total = splat(0.0)
        i = j
        while i < n:
            total = total + load(memory, in1 + i) * load(memory, in2 + i)
            i += lanes
        store(memory, out + j, total)
        j += WIDTH


@inlined
def outer(memory: Any, in1: int, in2: int, out: int, features: int, lanes: int) -> None:
    """out_ij = a_i b_j."""
    x_length = features * lanes
    for row in range(features):
        j = 0
        while j < lanes:
            factor = load(memory, in1 + row * lanes + j)
            i = j
            while i < x_length:
                store(memory, out + row * x_length + i, factor * load(memory, in2 + i))
                i += lanes
            j += WIDTH


@inlined
def matrix_vector(memory: Any, in1: int, in2: int, out: int, features: int, lanes: int, room_at: int) -> None:
    """Matrix in1 times vector in2; `room_at`: where it is made when it would overwrite what it reads."""
    x_length = features * lanes
    target = room_at if out == in2 else out
    for row in range(features):
        j = 0
        while j < lanes:
            total = splat(0.0)
            i = j
            while i < x_length:
                total = total + load(memory, in1 + row * x_length + i) * load(memory, in2 + i)
                i += lanes
            store(memory, target + row * lanes + j, total)
            j += WIDTH
    if target != out:
        copy(memory, out, memory, target, x_length)


@inlined
def matrix_matrix(memory: Any, in1: int, in2: int, out: int, features: int, lanes: int, room_at: int) -> None:
    """Matrix in1 times matrix in2; `room_at` as for `matrix_vector`."""
    x_length = features * lanes
    target = room_at if out in (in1, in2) else out
    for row in range(features):
        for i in range(0, x_length, WIDTH):
            total = splat(0.0)
            j = i % lanes
            k = i
            for _ in range(features):
                total = total + load(memory, in1 + row * x_length + j) * load(memory, in2 + k)
                j += lanes
                k += x_length
            store(memory, target + row * x_length + i, total)
    if target != out:
        copy(memory, out, memory, target, features * x_length)


@inlined
def transpose(memory: Any, in1: int, out: int, features: int, lanes: int, room_at: int) -> None:
    """`room_at` as for `matrix_vector`."""
    x_length = features * lanes
    target = room_at if out == in1 else out
    for row in range(features):
        for column in range(features):
            to = target + (column * features + row) * lanes
            copy(memory, to, memory, in1 + (row * features + column) * lanes, lanes)
    if target != out:
        copy(memory, out, memory, target, features * x_length)


@inlined
def statistic(memory: Any, in1: int, num_blocks: int, out: int, n: int, kind: int, lanes: int) -> None:
    """Norm, mean or deviation (`kind`) of blocks of n numbers each, one after the other."""
    for block in range(num_blocks):
        j = 0
        while j < lanes:
            total = splat(0.0)
            squares = splat(0.0)
            i = in1 + block * n + j
            end = in1 + (block + 1) * n
            while i < end:
                entry = load(memory, i)
                total = total + entry
                squares = squares + entry * entry
                i += lanes
            count = splat(float(n // lanes))
            mean = total / count
            if kind == b.NORM:
                mean = root(squares)
            elif kind == b.DEVIATION:
                mean = root(squares / count - mean * mean)
            store(memory, out + block * lanes + j, mean)
            j += WIDTH


@inlined
def column_norm(memory: Any, in1: int, out: int, features: int, lanes: int) -> None:
    """Of each column of a matrix."""
    x_length = features * lanes
    for i in range(0, x_length, WIDTH):
        squares = splat(0.0)
        k = in1 + i
        for _ in range(features):
            squares = squares + load(memory, k) * load(memory, k)
            k += x_length
        store(memory, out + i, root(squares))
