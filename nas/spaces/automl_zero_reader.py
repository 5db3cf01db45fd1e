"""Genotypes of programs that came from outside, as rows of numbers or as text: every fault is noted with its place, in words."""

from __future__ import annotations

import math
from typing import Any, cast

from nas.automl_zero.ops import NUM_OPS, OPS, Constant, Kind, Op
from nas.automl_zero.program import COMPONENTS, Component, Instruction, Program
from nas.automl_zero.text import Places, instruction_text, placed_program, program_text
from nas.core.shown import shown
from nas.spaces.automl_zero_config import NO_OP, AutoMLZeroConfig
from nas.spaces.genotype_reader import GenotypeReader

_ROW = ("the operation", "the first input", "the second input", "the output", "three constants")
_NAMES = {Kind.SCALAR: "scalars", Kind.VECTOR: "vectors", Kind.MATRIX: "matrices"}
_MOST_NAMED = 20
_UNBOUNDED = (Constant.VALUE, Constant.MEAN, Constant.LOW, Constant.HIGH)


def read_program(config: AutoMLZeroConfig, genotype: object) -> Program:
    """`genotype`, JSON or text, as a program of the space. Raises InvalidGenotype; hostile input is refused fast.

    What an operation does not use becomes 0. The operation that does nothing may stand everywhere.
    """
    reader = GenotypeReader()
    places: Places = {}
    if isinstance(genotype, str):
        written, places = placed_program(genotype)
        genotype = written.as_json()
    read = reader.fields("", genotype, COMPONENTS)
    reader.finish()
    assert read is not None  # finish has raised otherwise
    program = Program(*(_component(reader, config, name, read[name], places) for name in COMPONENTS))
    reader.finish()
    for name in COMPONENTS:
        if name not in config.free and program.component(name) != config.given_program.component(name):
            given = program_text(Program().with_component(name, config.given_program.component(name)))
            lines = "; ".join(line.strip() for line in given.splitlines() if line.startswith(" "))
            reader.error(name, f"is given in this space and cannot be changed: {lines or 'no instruction'}")
    reader.finish()
    return program


def _component(
    reader: GenotypeReader, config: AutoMLZeroConfig, name: Component, rows: object, places: Places
) -> tuple[Instruction, ...]:
    least, most = config.limits(name)
    items = reader.items(name, rows, at_least=least, at_most=most, of="instructions")
    found = []
    for line, row in enumerate(items or ()):
        field = places.get((name, line), f"{name}.{line}")
        instruction = _instruction(reader, field, row)
        if instruction is not None and _is_of_the_space(reader, config, name, field, instruction):
            found.append(instruction)
    return tuple(found)


def _instruction(reader: GenotypeReader, field: str, row: object) -> Instruction | None:
    if not isinstance(row, (list, tuple)) or len(row) != 7:
        reader.error(field, f"expected 7 numbers ({', '.join(_ROW)}), got {shown(row)}")
        return None
    number = reader.integer(f"{field}.0", row[0], 0, NUM_OPS - 1)
    if number is None:
        return None
    op = OPS[number]
    # wide limits here: what is unused need not be an address of the space, and becomes 0
    addresses = [reader.integer(f"{field}.{place}", row[place], 0, 2**31) for place in (1, 2, 3)]
    constants = [_constant(reader, f"{field}.{4 + place}", row[4 + place], op, place) for place in range(3)]
    if None in addresses or None in constants:
        return None
    in1, in2, out = cast("list[int]", addresses)
    first, second, third = cast("list[float]", constants)
    return Instruction(
        number,
        in1 if op.inputs else 0,
        in2 if len(op.inputs) > 1 else 0,
        out if op.output is not None else 0,
        (first, second, third),
    )


def _constant(reader: GenotypeReader, field: str, value: Any, op: Op, place: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        reader.error(field, f"expected a number, got {shown(value)}")
        return None
    kind = op.constants[place] if place < len(op.constants) else None
    if abs(value) > _LARGEST or math.isnan(value):
        reader.error(field, f"must be a finite number, got {shown(value)}")
    elif kind is Constant.INDEX and not 0 <= value <= 1:
        reader.error(field, f"is a place as a share of the length and must be from 0 to 1, got {shown(value)}")
    elif kind is Constant.DEVIATION and value < 0:
        reader.error(field, f"is a standard deviation and must be at least 0, got {shown(value)}")
    elif kind is None:
        return 0.0
    else:
        return float(value) if kind in _UNBOUNDED else abs(float(value))  # an unbounded one may be a negative zero
    return None


def _is_of_the_space(
    reader: GenotypeReader, config: AutoMLZeroConfig, name: Component, field: str, instruction: Instruction
) -> bool:
    op = OPS[instruction.op]
    allowed = config.operations_of(name)
    if allowed and op.name not in allowed and op.number != NO_OP.number:
        reader.error(
            field,
            f"{op.name} ({instruction_text(instruction)}) is not allowed here; there are "
            f"{', '.join(allowed[:_MOST_NAMED])}{', …' if len(allowed) > _MOST_NAMED else ''}",
        )
        return False
    used = list(zip(op.inputs, (instruction.in1, instruction.in2), strict=False))
    used += [(op.output, instruction.out)] if op.output is not None else []
    for kind, address in used:
        num = config.num_addresses(kind)
        if address >= num:
            reader.error(
                field,
                f"there is no {kind}{address} in {instruction_text(instruction)!r:.80}; "
                f"{_NAMES[kind]} are {kind}0 to {kind}{num - 1}",
            )
            return False
    return True


_LARGEST = float.fromhex("0x1.fffffffffffffp+1023")
