"""Whole learning algorithms as programs of 65 operations on scalars, vectors and matrices.

Real et al. 2020, arXiv 2003.03384 (ICML 2020), and the code released with it. Deviations: sizes are inclusive limits (the
code's largest size is one less than it says), and programs that differ in names of addresses or in dead code only are one.
"""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import ClassVar

from numpy.random import Generator

from nas.automl_zero.analysis.dead_code import live_program
from nas.automl_zero.canonical import canonical_text
from nas.automl_zero.hand_written import HAND_WRITTEN
from nas.automl_zero.ops import OPS, Constant
from nas.automl_zero.program import COMPONENTS, Component, Program
from nas.automl_zero.text import program_text
from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.errors import InvalidGenotype
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Mutation, Preset, Size
from nas.spaces.automl_zero_config import NO_OP, AutoMLZeroConfig
from nas.spaces.automl_zero_cost import program_cost
from nas.spaces.automl_zero_draws import Draws
from nas.spaces.automl_zero_graph import program_graph
from nas.spaces.automl_zero_reader import read_program

_SIGNED = 2 * 2047 * 2**52
"""Finite numbers of float64, both zeros among them."""

_NUMBERS = {
    Constant.VALUE: _SIGNED,
    Constant.MEAN: _SIGNED,
    Constant.LOW: _SIGNED,
    Constant.HIGH: _SIGNED,
    Constant.DEVIATION: 2047 * 2**52,
    Constant.INDEX: 1023 * 2**52 + 1,
}
"""How many values of float64 a constant can have."""


class AutoMLZero:
    """Genotype: {"setup": [[op, in1, in2, out, c0, c1, c2], …], "predict": […], "learn": […]}; unused numbers are 0.

    Memory holds n scalars, vectors of F entries and F × F matrices, all 0 at first. Setup runs once; then for each training
    example Predict, which reads the features v0 and leaves its answer in s1, and Learn, which also sees the label s0.
    """

    name: ClassVar[str] = "automl_zero"
    title: ClassVar[str] = "AutoML-Zero"
    summary: ClassVar[str] = (
        "Learning algorithms from scratch: programs that set up, predict and learn, of 65 operations."
    )
    source: ClassVar[str] = "Real et al. 2020, arXiv 2003.03384; released code."
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = AutoMLZeroConfig

    def __init__(self, config: AutoMLZeroConfig) -> None:
        self._config = config

    @property
    def config(self) -> AutoMLZeroConfig:
        return self._config

    def sample(self, rng: Generator) -> Genotype:
        """Each free function of as many instructions as a uniform draw from its limits says; operations, addresses and
        constants uniform.
        """
        return self._draws.program(rng).as_json()

    def initial(self, rng: Generator) -> Program:
        """What a search begins with, as the settings say; hand-written ones are filled up with instructions that do nothing."""
        config = self._config
        if config.initial == "random":
            return self._draws.program(rng)
        begun = config.given_program if config.initial == "hand_written" else Program()
        return self._config.filled(begun)

    def validate(self, genotype: object) -> Genotype:
        """Also reads the text of a program."""
        return read_program(self._config, genotype).as_json()

    @property
    def vector_labels(self) -> bool:
        return self._config.vector_labels

    def program(self, genotype: Genotype) -> Program:
        return Program.from_json(genotype)

    def notation(self, genotype: Genotype) -> str:
        return program_text(Program.from_json(genotype))

    def canonical(self, genotype: Genotype) -> str:
        return canonical_text(Program.from_json(genotype), vector_labels=self._config.vector_labels)

    def size(self) -> Size:
        """Constants count as the float64 values that they can have."""
        total = prod(self._num_components(name) for name in COMPONENTS)
        return Size(total, total)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        num_features = _num_features(input_shape)
        return program_graph(Program.from_json(genotype), num_features, vector_labels=self._config.vector_labels)

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        """Of one prediction: `program_cost`. The input counts as one vector of features, whatever its shape."""
        num_features = _num_features(input_shape)
        return program_cost(Program.from_json(genotype), num_features, vector_labels=self._config.vector_labels)

    def presets(self) -> tuple[Preset, ...]:
        """The hand-written programs that lie in the space, filled up with instructions that do nothing."""
        found = []
        for name, known in HAND_WRITTEN.items():
            try:
                genotype = self.validate(self._config.filled(known.program).as_json())
            except InvalidGenotype:
                continue
            found.append(Preset(name, known.title, genotype, known.source))
        return tuple(found)

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """One change of a kind drawn by the weights. Raises ConstraintLeavesNothing where none is possible."""
        before = Program.from_json(genotype)
        kind, after = self._draws.changed(before, rng)
        return Mutation(after.as_json(), kind, _changed_paths(before, after))

    def operations(self) -> tuple[str, ...]:
        chosen = {name for component in self._config.free for name in self._config.operations_of(component)}
        return tuple(op.name for op in OPS if op.name in chosen)

    def operations_of(self, genotype: Genotype) -> frozenset[str]:
        live = live_program(Program.from_json(genotype), vector_labels=self._config.vector_labels)
        return frozenset(OPS[i.op].name for name in self._config.free for i in live.component(name))

    def sample_without(self, forbidden: frozenset[str], rng: Generator) -> Genotype:
        return Draws(self._config, forbidden).program(rng).as_json()

    @cached_property
    def _draws(self) -> Draws:
        return Draws(self._config)

    def _num_components(self, name: Component) -> int:
        if name not in self._config.free:
            return 1
        least, most = self._config.limits(name)
        one = self._num_instructions(name)
        return sum(one**length for length in range(least, most + 1))

    def _num_instructions(self, name: Component) -> int:
        """Valid ones; labels and features can be written by programs that people write."""
        num = self._config.num_addresses
        names = {*self._config.operations_of(name), NO_OP.name}
        return sum(
            prod(map(num, op.inputs))
            * (1 if op.output is None else num(op.output))
            * prod(_NUMBERS[c] for c in op.constants)
            for op in OPS
            if op.name in names
        )


def _num_features(input_shape: Shape) -> int:
    """The entries of an input. Raises InvalidGenotype for what is none."""
    shape = tuple(input_shape)
    if len(shape) != 3 or min(shape) < 1:
        raise InvalidGenotype.at(
            "",
            f"this space reads images (channels, height, width), as one vector, or features (features, 1, 1), "
            f"not inputs of shape {shape}",
        )
    return prod(shape)


def _changed_paths(before: Program, after: Program) -> tuple[str, ...]:
    """Paths into the genotype: a whole function where its length changed, else the numbers that did."""
    paths: list[str] = []
    for name in COMPONENTS:
        old, new = before.component(name), after.component(name)
        if len(old) != len(new):
            paths.append(name)
            continue
        for line, pair in enumerate(zip(old, new, strict=True)):
            numbers = zip(*(instruction.as_json() for instruction in pair), strict=True)
            paths += [f"{name}.{line}.{place}" for place, (one, other) in enumerate(numbers) if one != other]
    return tuple(paths)
