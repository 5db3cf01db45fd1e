"""A machine-learning algorithm as a program: three lists of instructions over typed memory (Real et al. 2020, arXiv 2003.03384)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

Component = Literal["setup", "predict", "learn"]

COMPONENTS: tuple[Component, ...] = ("setup", "predict", "learn")
"""In the order of texts and tables. Setup runs once; Predict and Learn alternate over training examples."""

NO_CONSTANTS = (0.0, 0.0, 0.0)


class Instruction(NamedTuple):
    """One operation with its addresses and constants; what an operation does not use is 0.

    Attributes:
      op: number of the operation (nas/automl_zero/ops.py).
      in1, in2, out: addresses, each in the memory of the type that the operation says.
      constants: three numbers, of which the operation uses the first ones.
    """

    op: int
    in1: int = 0
    in2: int = 0
    out: int = 0
    constants: tuple[float, float, float] = NO_CONSTANTS

    def as_json(self) -> list[int | float]:
        return [self.op, self.in1, self.in2, self.out, *self.constants]

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> Instruction:
        """Of a row that was checked (`nas.spaces.automl_zero`)."""
        op, in1, in2, out, *constants = row
        first, second, third = map(float, constants)
        return cls(int(op), int(in1), int(in2), int(out), (first, second, third))


@dataclass(frozen=True, slots=True)
class Program:
    """Immutable. Genotype: {"setup": [[op, in1, in2, out, c0, c1, c2], …], "predict": […], "learn": […]}."""

    setup: tuple[Instruction, ...] = ()
    predict: tuple[Instruction, ...] = ()
    learn: tuple[Instruction, ...] = ()

    def component(self, name: Component) -> tuple[Instruction, ...]:
        instructions: tuple[Instruction, ...] = getattr(self, name)
        return instructions

    def with_component(self, name: Component, instructions: Sequence[Instruction]) -> Program:
        return replace(self, **{name: tuple(instructions)})

    def lines(self) -> Iterator[tuple[Component, int, Instruction]]:
        """Every instruction with its place, Setup first."""
        for name in COMPONENTS:
            for line, instruction in enumerate(self.component(name)):
                yield name, line, instruction

    @property
    def num_instructions(self) -> int:
        return len(self.setup) + len(self.predict) + len(self.learn)

    def as_json(self) -> dict[str, Any]:
        return {name: [instruction.as_json() for instruction in self.component(name)] for name in COMPONENTS}

    @classmethod
    def from_json(cls, genotype: Mapping[str, Any]) -> Program:
        """Of a genotype that was checked (`nas.spaces.automl_zero`)."""
        setup, predict, learn = (tuple(map(Instruction.from_json, genotype[name])) for name in COMPONENTS)
        return cls(setup, predict, learn)
