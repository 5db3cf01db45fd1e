"""Learning algorithms that people wrote: fixtures, references to beat, and where a search may begin (released generator.cc).

Heads tell the formula; W is the matrix m0. Labels are s0, predictions s1, features v0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nas.automl_zero.program import Instruction, Program

LEARNING_RATE = 0.01
"""Of the published programs, unless said otherwise."""

DEVIATION = 0.1
"""Standard deviation of the initial weights of the network."""

_PAPER = "Real et al. 2020, arXiv 2003.03384"


@dataclass(frozen=True, slots=True)
class HandWritten:
    """A program with the addresses it needs of each type, and where it comes from."""

    title: str
    program: Program
    scalars: int
    vectors: int
    matrices: int
    source: str


def linear(learning_rate: float = LEARNING_RATE) -> Program:
    """y = w·x, or its logistic form, by stochastic gradient descent."""
    return Program(
        setup=(_constant(2, learning_rate),),
        predict=(Instruction(27, 1, 0, 1),),  # s1 = dot(v1, v0)
        learn=(
            Instruction(2, 0, 1, 3),  # s3 = s0 - s1
            Instruction(3, 2, 3, 3),  # s3 = s2 * s3
            Instruction(18, 3, 0, 2),  # v2 = s3 * v0
            Instruction(23, 1, 2, 1),  # v1 = v1 + v2
        ),
    )


def affine(learning_rate: float = LEARNING_RATE) -> Program:
    """y = w·x + b by stochastic gradient descent; b is s4."""
    return Program(
        setup=(_constant(2, learning_rate),),
        predict=(Instruction(27, 1, 0, 1), Instruction(1, 1, 4, 1)),  # s1 = dot(v1, v0); s1 = s1 + s4
        learn=(
            Instruction(2, 0, 1, 3),  # s3 = s0 - s1
            Instruction(3, 2, 3, 3),  # s3 = s2 * s3
            Instruction(1, 4, 3, 4),  # s4 = s4 + s3
            Instruction(18, 3, 0, 2),  # v2 = s3 * v0
            Instruction(23, 1, 2, 1),  # v1 = v1 + v2
        ),
    )


def network(learning_rate: float = LEARNING_RATE, deviation: float = DEVIATION) -> Program:
    """y = u·relu(W x + b) + c by stochastic gradient descent with back-propagation.

    u is v2, b is v1, c is s2. v5 is never written: a vector of zeros. As released, the gradient of the hidden layer reads
    the u that was just changed.
    """
    return Program(
        setup=(
            Instruction(63, out=2, constants=(0.0, deviation, 0.0)),  # v2 = gaussian(0.0, deviation)
            Instruction(64, out=0, constants=(0.0, deviation, 0.0)),  # m0 = gaussian(0.0, deviation)
            _constant(3, learning_rate),
        ),
        predict=(
            Instruction(31, 0, 0, 3),  # v3 = dot(m0, v0)
            Instruction(23, 3, 1, 3),  # v3 = v3 + v1
            Instruction(48, 3, 5, 4),  # v4 = maximum(v3, v5)
            Instruction(27, 4, 2, 1),  # s1 = dot(v4, v2)
            Instruction(1, 1, 2, 1),  # s1 = s1 + s2
        ),
        learn=(
            Instruction(2, 0, 1, 4),  # s4 = s0 - s1
            Instruction(3, 3, 4, 4),  # s4 = s3 * s4
            Instruction(1, 2, 4, 2),  # s2 = s2 + s4
            Instruction(18, 4, 4, 6),  # v6 = s4 * v4
            Instruction(23, 2, 6, 2),  # v2 = v2 + v6
            Instruction(18, 4, 2, 7),  # v7 = s4 * v2
            Instruction(16, 3, 0, 8),  # v8 = heaviside(v3)
            Instruction(25, 8, 7, 7),  # v7 = v8 * v7
            Instruction(23, 1, 7, 1),  # v1 = v1 + v7
            Instruction(28, 7, 0, 1),  # m1 = outer(v7, v0)
            Instruction(39, 0, 1, 0),  # m0 = m0 + m1
        ),
    )


def rediscovered_network() -> Program:
    """What evolution found on teacher networks (figure 5): y = u·relu(W x) with back-propagation; W is m1, u is v4."""
    return Program(
        setup=(
            Instruction(64, out=1, constants=(-1e-10, 9e-09, 0.0)),  # m1 = gaussian(-1e-10, 9e-09)
            _constant(3, 4.1),
            Instruction(63, out=4, constants=(-0.033, 0.01, 0.0)),  # v4 = gaussian(-0.033, 0.01)
        ),
        predict=(
            Instruction(31, 1, 0, 6),  # v6 = dot(m1, v0)
            Instruction(48, 5, 6, 7),  # v7 = maximum(v5, v6); v5 is never written
            Instruction(27, 7, 4, 1),  # s1 = dot(v7, v4)
        ),
        learn=(
            Instruction(16, 6, 0, 3),  # v3 = heaviside(v6)
            Instruction(2, 0, 1, 1),  # s1 = s0 - s1
            Instruction(3, 1, 3, 2),  # s2 = s1 * s3
            Instruction(18, 2, 3, 2),  # v2 = s2 * v3
            Instruction(25, 2, 4, 3),  # v3 = v2 * v4
            Instruction(28, 3, 0, 0),  # m0 = outer(v3, v0)
            Instruction(39, 1, 0, 1),  # m1 = m1 + m0
            Instruction(23, 2, 4, 4),  # v4 = v2 + v4
        ),
    )


def _constant(address: int, value: float) -> Instruction:
    return Instruction(56, out=address, constants=(value, 0.0, 0.0))


HAND_WRITTEN: Mapping[str, HandWritten] = {
    "linear": HandWritten("Linear regression", linear(), 4, 3, 1, f"{_PAPER}, section 4.1; released code"),
    "affine": HandWritten("Affine regression", affine(), 5, 3, 1, f"{_PAPER}, section 4.1"),
    "network": HandWritten("Two-layer network", network(), 5, 9, 2, f"{_PAPER}, section 4.2; released code"),
    "rediscovered_network": HandWritten("Rediscovered network", rediscovered_network(), 4, 8, 2, f"{_PAPER}, figure 5"),
}
