"""The constants of a program as its hyper-parameters (Real et al. 2020, arXiv 2003.03384, section S7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.automl_zero.ops import OPS, Constant, Kind
from nas.automl_zero.program import NO_CONSTANTS, Component, Instruction, Program

_SET_SCALAR = 56


@dataclass(frozen=True, slots=True)
class PlacedConstant:
    """A constant: of which function, in which line, its number among the constants of the instruction, its value."""

    component: Component
    line: int
    slot: int
    value: float


def constants(program: Program) -> tuple[PlacedConstant, ...]:
    """All but shares that stand for an index: those say where something lies, not how much."""
    return tuple(
        PlacedConstant(component, line, slot, instruction.constants[slot])
        for component, line, instruction in program.lines()
        for slot, kind in enumerate(OPS[instruction.op].constants)
        if kind is not Constant.INDEX
    )


def with_constants(program: Program, values: Sequence[float]) -> Program:
    """`program` with other values, in the order of `constants`. Raises ValueError for another number of them."""
    for place, value in zip(constants(program), values, strict=True):
        lines = list(program.component(place.component))
        numbers = list(lines[place.line].constants)
        numbers[place.slot] = value
        first, second, third = numbers
        lines[place.line] = lines[place.line]._replace(constants=(first, second, third))
        program = program.with_component(place.component, lines)
    return program


def decoupled(program: Program, component: Component, line: int, value: float) -> Program:
    """A scalar that is computed becomes a constant of its own, which can then be tuned.

    `value`: what it was on average where it worked (`nas.automl_zero.analysis.trace`). Raises ValueError for an instruction that
    writes no scalar.
    """
    lines = list(program.component(component))
    if OPS[lines[line].op].output is not Kind.SCALAR:
        raise ValueError(f"line {line} of {component} writes no scalar, so it cannot become one constant")
    lines[line] = Instruction(_SET_SCALAR, out=lines[line].out, constants=(value, *NO_CONSTANTS[1:]))
    return program.with_component(component, lines)
