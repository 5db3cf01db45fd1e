"""Random programs and random changes of them (Real et al. 2020, arXiv 2003.03384, section S3; released mutator.cc, instruction.cc)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from numpy.random import Generator

from nas.automl_zero.ops import OPS, Constant, Kind, Op
from nas.automl_zero.program import COMPONENTS, Component, Instruction, Program
from nas.core.errors import ConstraintLeavesNothing
from nas.spaces.automl_zero_config import MUTATIONS, AutoMLZeroConfig

FIRST_OUTPUT = {Kind.SCALAR: 1, Kind.VECTOR: 1, Kind.MATRIX: 0}
"""Labels and features are never written by what is drawn."""

FLIP_CHANCE = 0.1
"""That a change of a constant turns its sign."""

MOST_TRIES = 10_000

_BY_NAME = {op.name: op for op in OPS}


class Draws:
    """Draws of one space. `forbidden`: operations that nothing is drawn with."""

    def __init__(self, config: AutoMLZeroConfig, forbidden: frozenset[str] = frozenset()) -> None:
        """Raises ConstraintLeavesNothing where a function that must have instructions has none left."""
        self._config = config
        self._ops = {
            name: [_BY_NAME[op] for op in config.operations_of(name) if op not in forbidden] for name in COMPONENTS
        }
        for name in config.free:
            if not self._ops[name] and config.limits(name)[0]:
                raise ConstraintLeavesNothing(f"{name.capitalize()} needs instructions; allow an operation for it")

    def program(self, rng: Generator) -> Program:
        """Random instructions, of each free component as many as a uniform draw from its limits says."""
        made = Program()
        for name in COMPONENTS:
            made = made.with_component(name, self._component(name, rng))
        return made

    def _component(self, name: Component, rng: Generator) -> Sequence[Instruction]:
        if name not in self._config.free:
            return self._config.given_program.component(name)
        least, most = self._config.limits(name)
        num = int(rng.integers(least, most + 1)) if self._ops[name] else 0
        return [self.instruction(name, rng) for _ in range(num)]

    def instruction(self, name: Component, rng: Generator) -> Instruction:
        """Operation and all arguments uniform."""
        op = self._ops[name][rng.integers(len(self._ops[name]))]
        in1, in2, out = (self._address(op, place, rng) for place in ("in1", "in2", "out"))
        first, second, third = (
            _drawn(op.constants[place], rng) if place < len(op.constants) else 0.0 for place in range(3)
        )
        return Instruction(op.number, in1, in2, out, (first, second, third))

    def _address(self, op: Op, place: str, rng: Generator) -> int:
        if place == "out":
            if op.output is None:
                return 0
            return int(rng.integers(FIRST_OUTPUT[op.output], self._config.num_addresses(op.output)))
        number = 0 if place == "in1" else 1
        return int(rng.integers(self._config.num_addresses(op.inputs[number]))) if number < len(op.inputs) else 0

    def changed(self, program: Program, rng: Generator) -> tuple[str, Program]:
        """The kind of a change, and the changed program, which differs. Kinds by their weights; what cannot be done where it
        was drawn (taking out of an empty component), and what changes nothing, is drawn again.

        Raises ConstraintLeavesNothing when no change is possible.
        """
        weights = self._config.weights
        total = sum(weights.values())
        shares = [weights[kind] / total for kind in MUTATIONS]
        for _ in range(MOST_TRIES):
            kind = MUTATIONS[rng.choice(len(MUTATIONS), p=shares)]
            child = self._once(kind, program, rng)
            if child != program:
                return kind, child
        raise ConstraintLeavesNothing(
            "no change of this program is possible; allow more operations, sizes or kinds of change"
        )

    def _once(self, kind: str, program: Program, rng: Generator) -> Program:
        """One change as the island makes it: unchanged where it is not possible (nas/automl_zero/mutation.py)."""
        if kind == "randomize_program":
            return self._same_sizes(program, COMPONENTS, rng)
        free = self._config.free
        name = free[rng.integers(len(free))]
        before = program.component(name)
        if kind == "randomize_component":
            return self._same_sizes(program, (name,), rng)
        least, most = self._config.limits(name)
        lines = list(before)
        if kind in ("insert", "trade") and self._ops[name] and (kind == "trade" or len(lines) < most):
            lines.insert(int(rng.integers(len(lines) + 1)), self.instruction(name, rng))
        if (kind == "trade" and lines) or (kind == "remove" and len(lines) > least):
            del lines[rng.integers(len(lines))]
        if kind in ("randomize_instruction", "alter_parameter") and lines:
            line = int(rng.integers(len(lines)))
            if kind == "alter_parameter":
                lines[line] = self._altered(lines[line], rng)
            elif self._ops[name]:
                lines[line] = self.instruction(name, rng)
        return program.with_component(name, lines)

    def _same_sizes(self, program: Program, names: Sequence[Component], rng: Generator) -> Program:
        for name in names:
            if self._ops[name]:
                lines = [self.instruction(name, rng) for _ in program.component(name)]
                program = program.with_component(name, lines)
        return program

    def _altered(self, instruction: Instruction, rng: Generator) -> Instruction:
        """One of its arguments, uniform; all its constants together are one of them."""
        op = OPS[instruction.op]
        places = [place for place, _ in zip(("in1", "in2"), op.inputs, strict=False)]
        if op.output is not None:
            places.append("out")
        if op.constants:
            places.append("constants")
        if not places:
            return instruction
        place = places[rng.integers(len(places))]
        if place != "constants":
            address = self._address(op, place, rng)
            in1, in2, out = (address if name == place else getattr(instruction, name) for name in ("in1", "in2", "out"))
            return Instruction(instruction.op, in1, in2, out, instruction.constants)
        constants = list(instruction.constants)
        which = int(rng.integers(len(op.constants)))
        constants[which] = self._changed_constant(op.constants[which], constants[which], rng)
        if Constant.LOW in op.constants:
            constants[:2] = sorted(constants[:2])
        first, second, third = constants
        return instruction._replace(constants=(first, second, third))

    def _changed_constant(self, kind: Constant, value: float, rng: Generator) -> float:
        if kind is Constant.INDEX:
            return _drawn(kind, rng)
        if self._config.constant_mutation == "uniform_factor":
            factor = float(rng.uniform(0.5, 2.0))
            if kind is not Constant.DEVIATION and rng.random() < FLIP_CHANCE:
                factor = -factor
        elif kind is not Constant.DEVIATION and rng.random() < FLIP_CHANCE:
            factor = -1.0
        else:
            factor = math.exp(rng.standard_normal())
        changed = value * factor
        return changed if math.isfinite(changed) else value


def _drawn(kind: Constant, rng: Generator) -> float:
    return float(rng.random() if kind in (Constant.INDEX, Constant.DEVIATION) else rng.uniform(-1.0, 1.0))
