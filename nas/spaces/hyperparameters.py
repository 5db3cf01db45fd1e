"""Hyper-parameter search: a network that stays as it is, and how it is trained.

What is drawn are settings of the training recipe, learning rates and the like on logarithmic scales (Bergstra and Bengio
2012, JMLR 13). Drawing, costs and network are those of the fixed architecture; each recipe is an architecture of its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.blueprint.blueprint import Blueprint
from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.errors import ConstraintLeavesNothing, FieldError, InvalidGenotype
from nas.core.graph import Graph, Shape
from nas.core.parameter import Parameter, Value, Values, read_values
from nas.core.proposal import Genotype
from nas.core.space import Blueprinted, Mutation, Preset, Size, buildable
from nas.spaces.genotype_reader import GenotypeReader
from nas.spaces.hyperparameters_config import HyperparametersConfig, fixed_network
from nas.spaces.hyperparameters_values import num_values, rounded
from nas.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

_STEP = 0.15
"""Standard deviation of a change, as a share of the scale."""


class Hyperparameters:
    """Genotype: {"values": {"learning_rate": 0.0316, "batch_size": 64, …}}, one value per parameter that exists.

    Real numbers have six digits (`rounded`), so that the space can be counted and equal recipes are equal texts.
    """

    name: ClassVar[str] = "hyperparameters"
    title: ClassVar[str] = "Hyper-parameters"
    summary: ClassVar[str] = (
        "One fixed network; learning rate, weight decay and other settings of its training are searched."
    )
    source: ClassVar[str] = "Bergstra and Bengio 2012, Random Search for Hyper-Parameter Optimization, JMLR 13"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = HyperparametersConfig

    def __init__(self, config: HyperparametersConfig) -> None:
        self._config = config
        self._parameters: tuple[Parameter, ...] = config.parameters
        self._network, self._fixed = fixed_network(config.space, config.settings, config.architecture)

    @property
    def config(self) -> HyperparametersConfig:
        return self._config

    # --- named values -------------------------------------------------------------------------------------------------

    def parameters(self) -> tuple[Parameter, ...]:
        return self._parameters

    def with_values(self, values: Values) -> Genotype:
        read = read_values(self._parameters, values)
        return {"values": {p.name: rounded(p, read[p.name]) for p in self._parameters if p.name in read}}

    def values_of(self, genotype: Genotype) -> dict[str, Value]:
        return dict(genotype["values"])

    def recipe(self, genotype: Genotype) -> Mapping[str, Any]:
        return self.values_of(genotype)

    def extreme_recipes(self) -> Iterator[Mapping[str, Any]]:
        ends = [{p.name: value} for p in self._parameters for value in _ends(p)]
        yield from ends
        yield from (one | other for one, other in combinations(ends, 2) if one.keys() != other.keys())

    # --- the space ----------------------------------------------------------------------------------------------------

    def sample(self, rng: Generator) -> Genotype:
        """Parameter after parameter, each by its own rule, where those before it let it exist."""
        return self._completed({}, rng)

    def validate(self, genotype: object) -> Genotype:
        reader = GenotypeReader()
        given = reader.fields("", genotype, ["values"])
        reader.finish()
        assert given is not None  # else there was a fault
        try:
            return self.with_values(given["values"])
        except InvalidGenotype as error:
            raise InvalidGenotype(
                FieldError(f"values.{e.field}".rstrip("."), e.message) for e in error.errors
            ) from None

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """One parameter that has a choice, uniform: another value of a list, or a normal step on the scale of a number.

        What its new value brings into being is drawn. Raises ConstraintLeavesNothing when nothing has a choice.
        """
        before = genotype["values"]
        free = [p for p in self._parameters if p.name in before and num_values(p) > 1]
        if not free:
            raise ConstraintLeavesNothing("every parameter has one value only; allow a second one")
        chosen = free[rng.integers(len(free))]
        changed = self._completed({**before, chosen.name: _moved(chosen, before[chosen.name], rng)}, rng)
        same_names = changed["values"].keys() == before.keys()
        return Mutation(changed, chosen.name, (f"values.{chosen.name}" if same_names else "values",))

    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        """Uniform: each parameter from either parent with equal chance, from the one that has it where one does not."""
        values: dict[str, Value] = {}
        for parameter in self._parameters:
            sources = [g["values"] for g in (first, second) if parameter.name in g["values"]]
            chosen = rng.integers(2)
            if parameter.is_active(values):
                # what it depends on came from a parent, so that parent has it
                values[parameter.name] = sources[chosen % len(sources)][parameter.name]
        return {"values": values}

    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """Another listed value, or a whole number one step on, where the same parameters stay. Real numbers have none."""
        values = genotype["values"]
        for parameter in self._parameters:
            if parameter.name not in values or parameter.kind == "float":
                continue
            for other in _next_to(parameter, values[parameter.name]):
                changed = {**values, parameter.name: other}
                if all(p.is_active(changed) == (p.name in values) for p in self._parameters):
                    yield {"values": changed}

    def canonical(self, genotype: Genotype) -> str:
        return json.dumps(genotype["values"], sort_keys=True, separators=(",", ":"))

    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        """An axis from 0 to 1 per number, on its scale, the middle where it does not exist; per listed value an axis."""
        values = genotype["values"]
        axes: list[float] = []
        for parameter in self._parameters:
            exists, value = parameter.name in values, values.get(parameter.name)
            if parameter.kind == "categorical":
                axes += [float(exists and type(known) is type(value) and known == value) for known in parameter.values]
            else:
                axes.append(parameter.position(value) if exists else 0.5)
        return np.array(axes, dtype=np.float64)

    def size(self) -> Size:
        """Exact: real numbers have six digits, and what does not exist is not counted."""
        ways: dict[str, int] = {}  # to choose a parameter and all that exists by its values; those come after it
        for parameter in reversed(self._parameters):
            ways[parameter.name] = self._num_below(parameter, ways)
        total = math.prod(ways[p.name] for p in self._parameters if p.active_if is None)
        return Size(total, total, distinct=total)

    def presets(self) -> tuple[Preset, ...]:
        """The recipe's own defaults, where the parameters allow them."""
        usual = Recipe()
        values = usual.model_dump() | {"learning_rate": usual.base_rate}
        kept: dict[str, Value] = {}
        for parameter in self._parameters:
            if parameter.is_active(kept):
                kept[parameter.name] = values[parameter.name]
        try:
            genotype = self.with_values(kept)
        except InvalidGenotype:
            return ()
        return (Preset("usual", "The usual recipe", genotype, "Defaults of the training recipe"),)

    # --- the network: that of the fixed architecture --------------------------------------------------------------------

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        return self._network.cost(self._fixed, input_shape, num_classes)

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        return self._network.graph(self._fixed, input_shape, num_classes)

    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        assert isinstance(self._network, Blueprinted)  # `fixed_network` takes no other
        return self._network.blueprint(self._fixed, input_shape, num_classes)

    def build(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> nn.Module:
        return buildable(self._network).build(self._fixed, input_shape, num_classes)

    # --- inside ---------------------------------------------------------------------------------------------------------

    def _completed(self, wanted: Values, rng: Generator) -> Genotype:
        """`wanted` as far as it exists, the rest drawn."""
        values: dict[str, Value] = {}
        for parameter in self._parameters:
            if parameter.is_active(values):
                known = parameter.name in wanted
                values[parameter.name] = wanted[parameter.name] if known else rounded(parameter, parameter.sample(rng))
        return {"values": values}

    def _num_below(self, parameter: Parameter, ways: Mapping[str, int]) -> int:
        """How many ways there are to choose `parameter` and all that exists by its values, of which `ways` knows the number."""
        inner = [(p, p.active_if) for p in self._parameters if p.active_if and p.active_if.parameter == parameter.name]
        deciding = {value for _p, condition in inner for value in condition.values if not parameter.problem_with(value)}
        found = num_values(parameter) - len(deciding)
        for value in deciding:
            found += math.prod(ways[p.name] for p, condition in inner if value in condition.values)
        return found


def _ends(parameter: Parameter) -> tuple[Value, ...]:
    """The smallest and the largest value; all of a list that holds more than numbers."""
    values = parameter.spread(2)
    if all(isinstance(value, (int, float)) for value in values):
        return min(values), max(values)
    return values


def _moved(parameter: Parameter, value: Value, rng: Generator) -> Value:
    """Another value than `value`."""
    if parameter.kind == "categorical":
        others = [other for other in parameter.values if parameter.position(other) != parameter.position(value)]
        return others[rng.integers(len(others))]
    step = max(_STEP, 1 / (num_values(parameter) - 1))
    while True:
        position = parameter.position(value) + step * rng.normal()
        moved = rounded(parameter, parameter.at(min(max(position, 0.0), 1.0)))
        if moved != value:
            return moved


def _next_to(parameter: Parameter, value: Value) -> Iterator[Value]:
    if parameter.kind == "categorical":
        yield from (other for other in parameter.values if parameter.position(other) != parameter.position(value))
    else:
        assert isinstance(value, int)
        steps = (value - parameter.step, value + parameter.step)
        yield from (other for other in steps if not parameter.problem_with(other))
