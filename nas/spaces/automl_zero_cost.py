"""What one prediction of a program costs: closed form, from the operations alone."""

from __future__ import annotations

from collections.abc import Iterable

from nas.automl_zero.analysis.dead_code import Address, liveness, prediction_liveness, reads, set_from_outside, written
from nas.automl_zero.ops import OPS, Kind
from nas.automl_zero.program import COMPONENTS, Instruction, Program
from nas.core.cost import Cost

_FREE = frozenset({0, 19, 32, 33, 37, 56, 57, 58})
"""Operations that move numbers and compute none: broadcasts, the transpose, constants."""

_DEVIATIONS = frozenset({53, 54, 55})
"""Sums of the numbers and of their squares."""

NUMBER_BYTES = 8
"""All numbers are float64."""


def entries(kind: Kind, num_features: int) -> int:
    """How many numbers lie at an address."""
    return {Kind.SCALAR: 1, Kind.VECTOR: num_features, Kind.MATRIX: num_features**2}[kind]


def instruction_macs(instruction: Instruction, num_features: int) -> int:
    """Elementary operations on numbers; a product that is added to a sum counts once, like a root or a drawn number."""
    op = OPS[instruction.op]
    if op.number in _FREE or op.output is None:
        return 0
    if op.number == 43:
        return int(num_features**3)
    most = max(entries(kind, num_features) for kind in (*op.inputs, op.output))
    return 2 * most if op.number in _DEVIATIONS else most


def program_cost(program: Program, num_features: int, *, vector_labels: bool) -> Cost:
    """Of one prediction; what only Learn needs counts in `peak_memory_bytes` alone.

    params: numbers that a prediction reads and that were there before it, written by Setup, Learn or an earlier Predict.
    macs: elementary operations of Predict, see `instruction_macs`. activations: numbers that it writes.
    peak_memory_bytes: all addresses of the live program, and those of features and label, as float64.
    """
    kept, carried = prediction_liveness(program, vector_labels=vector_labels)
    executed = [i for i, is_kept in zip(program.predict, kept, strict=True) if is_kept]
    live = liveness(program, vector_labels=vector_labels).kept
    touched: set[Address] = set(set_from_outside(vector_labels))
    changed: set[Address] = set()
    for name in COMPONENTS:
        for instruction, is_kept in zip(program.component(name), live[name], strict=True):
            if is_kept:
                out = written(instruction)
                assert out is not None  # what writes nothing is never live
                changed.add(out)
                touched |= {out, *reads(instruction)}
    params = _total((carried & changed) - set_from_outside(vector_labels), num_features)
    outputs = [out for out in map(written, executed) if out is not None]
    return Cost(
        params=params,
        macs=sum(instruction_macs(instruction, num_features) for instruction in executed),
        bias_adds=0,
        activations=_total(outputs, num_features),
        peak_memory_bytes=NUMBER_BYTES * _total(touched, num_features),
        weight_bytes=NUMBER_BYTES * params,
    )


def _total(addresses: Iterable[Address], num_features: int) -> int:
    return sum(entries(kind, num_features) for kind, _ in addresses)
