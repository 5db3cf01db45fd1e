"""One name for programs that are provably the same algorithm."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from nas.automl_zero.analysis.dead_code import FEATURES, LABEL, PREDICTION, Address, live_program, reads, written
from nas.automl_zero.ops import Kind
from nas.automl_zero.program import COMPONENTS, Instruction, Program
from nas.automl_zero.text import program_text


def canonical_text(program: Program, *, vector_labels: bool = False) -> str:
    """The live program with its addresses numbered in the order in which they appear.

    Two programs with one text give the same predictions: dead code reaches none; memory begins as zeros, so what an address
    is called does not matter but for features, label and prediction; and addresses that nothing writes hold zeros, all the
    same ones. The converse does not hold (a + b and b + a have two texts): equality of programs cannot be decided.
    Programs that draw random numbers may draw others.
    """
    live = live_program(program, vector_labels=vector_labels)
    reserved = {FEATURES, LABEL[vector_labels], PREDICTION[vector_labels]}
    lines = [instruction for _, _, instruction in live.lines()]
    filled = {written(instruction) for instruction in lines} | reserved
    names: dict[Address, int] = {address: address[1] for address in reserved}
    fresh = {kind: _unreserved(kind, reserved) for kind in Kind}
    zeros: dict[Kind, int] = {}
    for instruction in lines:
        for address in (*reads(instruction), written(instruction)):
            if address is None or address in names:
                continue
            kind = address[0]
            if address in filled:
                names[address] = next(fresh[kind])
            else:
                names[address] = zeros[kind] = zeros[kind] if kind in zeros else next(fresh[kind])
    renamed = Program(*(tuple(_renamed(i, names) for i in live.component(name)) for name in COMPONENTS))
    return program_text(renamed)


def _unreserved(kind: Kind, reserved: set[Address]) -> Iterator[int]:
    return (number for number in count() if (kind, number) not in reserved)


def _renamed(instruction: Instruction, names: dict[Address, int]) -> Instruction:
    inputs = [names[address] for address in reads(instruction)]
    in1, in2 = inputs + [0] * (2 - len(inputs))
    out = written(instruction)
    assert out is not None  # what writes nothing is never live
    return Instruction(instruction.op, in1, in2, names[out], instruction.constants)
