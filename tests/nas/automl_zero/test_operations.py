"""What each operation means, by hand: the machines are only compared with each other elsewhere. And what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from math import acos, asin, atan, cos, exp, inf, log, nan, sin, sqrt, tan
from typing import Any

import numpy as np
import pytest

from nas.automl_zero.ops import OPS
from nas.automl_zero.reference_vm import Memory, Xoshiro, execute
from nas.automl_zero.text import program_from_text

SCALARS = [0.0, 3.0, -2.0, 0.5, 0.0]
VECTORS = [[0.0, 0.0], [1.0, -2.0], [4.0, 0.5], [0.0, 1.0]]
MATRICES = [[[1.0, 2.0], [3.0, 4.0]], [[0.0, -1.0], [2.0, 0.5]], [[0.0, 0.0], [0.0, 0.0]]]


def carried_out(
    line: str, scalars: Sequence[float] = SCALARS, vectors: Any = VECTORS, matrices: Any = MATRICES
) -> tuple[int, Any]:
    """The number of the operation, and what it wrote; the output is the first address of the line."""
    (instruction,) = program_from_text(f"def Setup():\n {line}").setup
    memory = Memory(len(vectors[0]), (len(scalars), len(vectors), len(matrices)))
    memory.scalars[:], memory.vectors[:], memory.matrices[:] = scalars, vectors, matrices
    execute(instruction, memory, Xoshiro(0))
    kind = OPS[instruction.op].output
    assert kind is not None
    return instruction.op, memory.of(kind)[instruction.out].tolist()


BY_HAND: list[tuple[int, str, Any]] = [
    (1, "s4 = s1 + s2", 1.0),
    (2, "s4 = s1 - s2", 5.0),
    (3, "s4 = s1 * s2", -6.0),
    (4, "s4 = s1 / s2", -1.5),
    (5, "s4 = abs(s2)", 2.0),
    (6, "s4 = 1/s2", -0.5),
    (7, "s4 = sin(s1)", sin(3)),
    (8, "s4 = cos(s1)", cos(3)),
    (9, "s4 = tan(s1)", tan(3)),
    (10, "s4 = arcsin(s3)", asin(0.5)),
    (11, "s4 = arccos(s3)", acos(0.5)),
    (12, "s4 = arctan(s1)", atan(3)),
    (13, "s4 = exp(s2)", exp(-2)),
    (14, "s4 = log(s1)", log(3)),
    (15, "s4 = heaviside(s0)", 1.0),  # at 0 a scalar's is 1, an entry's 0
    (15, "s4 = heaviside(s2)", 0.0),
    (16, "v3 = heaviside(v1)", [1.0, 0.0]),
    (16, "v1 = heaviside(v3)", [0.0, 1.0]),
    (17, "m2 = heaviside(m1)", [[0.0, 0.0], [1.0, 1.0]]),
    (18, "v3 = s2 * v1", [-2.0, 4.0]),
    (19, "v3 = bcast(s1)", [3.0, 3.0]),
    (20, "v3 = 1/v1", [1.0, -0.5]),
    (21, "s4 = norm(v1)", sqrt(5)),
    (22, "v3 = abs(v1)", [1.0, 2.0]),
    (23, "v3 = v1 + v2", [5.0, -1.5]),
    (24, "v3 = v1 - v2", [-3.0, -2.5]),
    (25, "v3 = v1 * v2", [4.0, -1.0]),
    (26, "v3 = v1 / v2", [0.25, -4.0]),
    (27, "s4 = dot(v1, v2)", 3.0),
    (28, "m2 = outer(v1, v2)", [[4.0, 0.5], [-8.0, -1.0]]),
    (29, "m2 = s2 * m0", [[-2.0, -4.0], [-6.0, -8.0]]),
    (30, "m2 = 1/m0", [[1.0, 0.5], [1 / 3, 0.25]]),
    (31, "v3 = dot(m0, v1)", [-3.0, -5.0]),
    (32, "m2 = bcast(v1, axis=0)", [[1.0, 1.0], [-2.0, -2.0]]),
    (33, "m2 = bcast(v1, axis=1)", [[1.0, -2.0], [1.0, -2.0]]),
    (34, "s4 = norm(m0)", sqrt(30)),
    (35, "v3 = norm(m0, axis=0)", [sqrt(10), sqrt(20)]),  # of each column
    (36, "v3 = norm(m0, axis=1)", [sqrt(5), 5.0]),  # of each row
    (37, "m2 = transpose(m1)", [[0.0, 2.0], [-1.0, 0.5]]),
    (38, "m2 = abs(m1)", [[0.0, 1.0], [2.0, 0.5]]),
    (39, "m2 = m0 + m1", [[1.0, 1.0], [5.0, 4.5]]),
    (40, "m2 = m0 - m1", [[1.0, 3.0], [1.0, 3.5]]),
    (41, "m2 = m0 * m1", [[0.0, -2.0], [6.0, 2.0]]),
    (42, "m2 = m1 / m0", [[0.0, -0.5], [2 / 3, 0.125]]),
    (43, "m2 = matmul(m0, m1)", [[4.0, 0.0], [8.0, -1.0]]),
    (44, "s4 = minimum(s1, s2)", -2.0),
    (45, "v3 = minimum(v1, v2)", [1.0, -2.0]),
    (46, "m2 = minimum(m0, m1)", [[0.0, -1.0], [2.0, 0.5]]),
    (47, "s4 = maximum(s1, s2)", 3.0),
    (48, "v3 = maximum(v1, v2)", [4.0, 0.5]),
    (49, "m2 = maximum(m0, m1)", [[1.0, 2.0], [3.0, 4.0]]),
    (50, "s4 = mean(v1)", -0.5),
    (51, "s4 = mean(m0)", 2.5),
    (52, "v3 = mean(m0, axis=1)", [1.5, 3.5]),
    (53, "v3 = std(m1, axis=1)", [0.5, 0.75]),
    (54, "s4 = std(v1)", 1.5),
    (55, "s4 = std(m0)", sqrt(1.25)),
    (56, "s4 = -9e-9", -9e-9),
    (57, "v1[0.5] = 7", [1.0, 7.0]),  # the rest is kept
    (57, "v1[0.49] = 7", [7.0, -2.0]),
    (58, "m0[0.5, 0.2] = 7", [[1.0, 2.0], [7.0, 4.0]]),
    (58, "m0[0.2, 0.999] = 7", [[1.0, 7.0], [3.0, 4.0]]),
    (59, "s4 = uniform(3.0, -1.0)", 3.0),  # from low up to nothing
    (60, "v3 = uniform(3.0, -1.0)", [3.0, 3.0]),
    (61, "m2 = uniform(3.0, -1.0)", [[3.0, 3.0], [3.0, 3.0]]),
    (62, "s4 = gaussian(-4.0, 0.0)", -4.0),
    (63, "v3 = gaussian(-4.0, 0.0)", [-4.0, -4.0]),
    (64, "m2 = gaussian(-4.0, 0.0)", [[-4.0, -4.0], [-4.0, -4.0]]),
]


@pytest.mark.parametrize(("number", "line", "expected"), BY_HAND, ids=lambda value: str(value)[:30])
def test_each_operation_by_hand(number: int, line: str, expected: Any) -> None:
    op, found = carried_out(line)
    assert op == number
    assert np.array(found) == pytest.approx(np.array(expected), rel=1e-15)


def test_all_operations_but_none_are_there() -> None:
    assert {number for number, _, _ in BY_HAND} == set(range(1, 65))


@pytest.mark.parametrize(
    ("line", "s1", "s2", "expected"),
    [
        ("s4 = s1 / s2", 1.0, 0.0, inf),
        ("s4 = s1 / s2", -1.0, 0.0, -inf),
        ("s4 = s1 / s2", 0.0, 0.0, nan),
        ("s4 = 1/s2", 1.0, -0.0, -inf),
        ("s4 = arcsin(s1)", 1.0000001, 0.0, nan),
        ("s4 = arccos(s1)", -2.0, 0.0, nan),
        ("s4 = log(s1)", 0.0, 0.0, -inf),
        ("s4 = log(s1)", -1e-300, 0.0, nan),
        ("s4 = exp(s1)", 800.0, 0.0, inf),
        ("s4 = exp(s1)", -800.0, 0.0, 0.0),
        ("s4 = s1 * s2", 1e200, 1e200, inf),
        ("s4 = sin(s1)", inf, 0.0, nan),
        ("s4 = heaviside(s1)", nan, 0.0, 0.0),
        ("s4 = heaviside(s1)", -0.0, 0.0, 1.0),
        ("s4 = minimum(s1, s2)", nan, 1.0, nan),  # what is no number is never smaller nor larger, so the first stays
        ("s4 = minimum(s1, s2)", 1.0, nan, 1.0),
        ("s4 = maximum(s1, s2)", nan, 1.0, nan),
        ("s4 = maximum(s1, s2)", 1.0, nan, 1.0),
    ],
)
def test_nothing_is_clipped_and_nothing_fails(line: str, s1: float, s2: float, expected: float) -> None:
    _, found = carried_out(line, scalars=[0.0, s1, s2, 0.0, 5.0])
    assert found == pytest.approx(expected, nan_ok=True, rel=1e-15)


def test_a_deviation_of_equal_numbers_may_be_none() -> None:
    """The mean of squares less the square of the mean: rounding makes it negative for three times 0.1 + 0.6."""
    entry = next(x for x in (n / 10 for n in range(1, 100)) if (x * x + x * x + x * x) / 3 < ((x + x + x) / 3) ** 2)
    _, found = carried_out("s4 = std(v1)", vectors=[[0.0] * 3, [entry] * 3], matrices=[np.zeros((3, 3))])
    assert np.isnan(found)


def test_places_are_shares_of_the_length_and_the_last_one_is_the_end() -> None:
    for share, place in ((0.0, 0), (0.124, 0), (0.125, 1), (0.875, 7), (1.0, 7)):
        _, found = carried_out(f"v1[{share}] = 1", vectors=np.zeros((2, 8)), matrices=[np.zeros((8, 8))])
        assert np.flatnonzero(found).tolist() == [place]


def test_costs_are_those_of_the_released_code() -> None:
    """compute_cost.cc, in millionths there and whole hundredths of them here."""
    published = """
        3.01 4.70 5.10 4.42 3.96 3.68 4.21 7.54 7.45 7.58 9.15 7.67 9.27 11.76 11.63 4.06 3.97 6.73 3.71 4.17 6.31 4.81 3.71
        4.70 4.17 4.50 4.56 4.29 9.83 5.99 24.34 9.31 10.99 11.09 6.42 6.68 13.35 9.39 4.63 5.58 5.43 5.48 18.23 14.52 3.68
        3.99 5.46 4.57 3.97 5.84 4.28 4.60 9.76 16.77 5.59 10.64 3.69 3.99 3.69 26.61 57.82 208.34 20.78 77.48 277.69
    """
    assert [op.cost for op in OPS] == [round(100 * float(cost)) for cost in published.split()]
