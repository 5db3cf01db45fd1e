"""A parameter with a name, a range and perhaps a condition: what grids, samplers and hyper-parameter spaces are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Literal, Protocol, Self, runtime_checkable

from numpy.random import Generator
from pydantic import model_validator

from nas.core.config import Config, setting
from nas.core.errors import FieldError, InvalidGenotype
from nas.core.proposal import Genotype
from nas.core.shown import shown

_TINY = 1e-300
"""Below this numbers lose their digits."""

MOST_VALUES = 5_000
"""Of a list; the widths of a stage may be any number of channels up to 4,096."""

Value = bool | int | float | str
Values = Mapping[str, Value]


class Condition(Config):
    """The parameter exists only while another one has one of these values."""

    parameter: str = setting(title="Parameter", description="The one it depends on, declared before.", max_length=60)
    values: tuple[Value, ...] = setting(
        title="Values", description="Of these it must have one.", min_length=1, max_length=50
    )


class Parameter(Config):
    """One axis: a number in a range, on a linear or logarithmic scale, or one of several values."""

    name: str = setting(title="Name", description="What it sets.", min_length=1, max_length=60)
    kind: Literal["float", "int", "categorical"] = setting(
        "float", title="Kind", description="A real number, a whole number, or one of listed values."
    )
    low: float | None = setting(None, title="From", description="The smallest value; for numbers.")
    high: float | None = setting(None, title="To", description="The largest value; for numbers.")
    log: bool = setting(False, title="Logarithmic", description="Each power of ten gets the same room; for numbers.")
    step: int = setting(
        1, title="Step", description="Distance of neighbours; for whole numbers.", ge=1, le=10**9, advanced=True
    )
    values: tuple[Value, ...] = setting(
        (), title="Values", description="What it may be; for categorical parameters.", max_length=MOST_VALUES
    )
    active_if: Condition | None = setting(
        None, title="Only if", description="When it exists; empty means always.", advanced=True
    )

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.kind == "categorical":
            if not self.values:
                raise ValueError(f"{self.name}: list the values it may have")
            if len({(type(value), value) for value in self.values}) != len(self.values):
                raise ValueError(f"{self.name}: each value once")
            return self
        if self.low is None or self.high is None or self.low > self.high:
            raise ValueError(f"{self.name}: needs a range, from the smallest to the largest value")
        if self.kind == "int" and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError(f"{self.name}: a whole number needs whole limits")
        if self.log and self.low < _TINY:
            raise ValueError(f"{self.name}: a logarithmic scale needs a range above 0")
        room = max(_TINY, 1e-9 * max(abs(self.low), abs(self.high)))
        if self.kind == "float" and 0 < self.high - self.low < room:
            raise ValueError(f"{self.name}: the limits lie too close together; give it more room, or one value")
        return self

    def is_active(self, values: Values) -> bool:
        """Whether it exists beside `values`, which hold everything decided before it."""
        return self.active_if is None or values.get(self.active_if.parameter) in self.active_if.values

    def sample(self, rng: Generator) -> Value:
        """Uniform over the range, its logarithm or the values (log-uniform: Bergstra and Bengio 2012)."""
        if self.kind == "categorical":
            return self.values[int(rng.integers(len(self.values)))]
        low, high = self._range
        if self.kind == "int" and not self.log:
            return int(low) + self.step * int(rng.integers((int(high) - int(low)) // self.step + 1))
        if self.kind == "int":
            return self._on_grid(math.exp(rng.uniform(math.log(low - 0.5), math.log(high + 0.5))))
        if self.log:
            return self._clipped(math.exp(rng.uniform(math.log(low), math.log(high))))
        return float(rng.uniform(low, high))

    def problem_with(self, value: object) -> str:
        """What is wrong with `value` in words; "" when it may be."""
        if self.kind == "categorical":
            if self._place_of(value) is not None:
                return ""
            listed = ", ".join(map(str, self.values[:20])) + (", …" if len(self.values) > 20 else "")
            return f"expected one of {listed}, got {shown(value)}"
        low, high = self._range
        if isinstance(value, bool) or not isinstance(value, int if self.kind == "int" else (int, float)):
            return f"expected a {'whole ' if self.kind == 'int' else ''}number, got {shown(value)}"
        if not low <= value <= high:
            return f"expected a number from {low:g} to {high:g}, got {shown(value)}"
        if self.kind == "int" and (value - int(low)) % self.step:
            return f"expected {low:g} plus a multiple of {self.step}, got {value}"
        return ""

    def position(self, value: Value) -> float:
        """Where `value` lies on its scale, from 0 to 1; of listed values, its place among them."""
        if self.kind == "categorical":
            return (self._place_of(value) or 0) / max(1, len(self.values) - 1)
        low, high = self._scaled
        assert not isinstance(value, str)
        return ((math.log(value) if self.log else value) - low) / (high - low) if high > low else 0.0

    def at(self, position: float) -> Value:
        """The value at a position from 0 to 1, the nearest there is: the inverse of `position`."""
        if self.kind == "categorical":
            return self.values[round(position * (len(self.values) - 1))]
        low, high = self._scaled
        scaled = low + position * (high - low)
        value = math.exp(scaled) if self.log else scaled
        if not 0 < position < 1:  # exactly the ends, which exp(log(x)) is not always
            value = self._range[position >= 1]
        return self.nearest(value)

    def nearest(self, number: float) -> Value:
        """The value nearest to `number`; for numbers."""
        return self._on_grid(number) if self.kind == "int" else self._clipped(number)

    def spread(self, num: int) -> tuple[Value, ...]:
        """`num` values evenly over the scale, the ends among them; fewer where there are not so many. All listed values."""
        if self.kind == "categorical":
            return self.values
        positions = [i / (num - 1) for i in range(num)] if num > 1 else [0.5]
        return tuple(dict.fromkeys(map(self.at, positions)))

    def listed(self, value: Value) -> Value:
        """Of a categorical parameter that `value` fits: the listed value that it stands for."""
        place = self._place_of(value)
        assert place is not None  # see `problem_with`
        return self.values[place]

    def _place_of(self, value: object) -> int | None:
        """Among the listed values, in type as well: true is not 1. But 1 stands for 1.0, which browsers write so in JSON."""
        alike = [i for i, known in enumerate(self.values) if known == value]
        exact = next((i for i in alike if type(self.values[i]) is type(value)), None)
        if exact is not None or type(value) is not int:
            return exact
        return next((i for i in alike if isinstance(self.values[i], float)), None)

    def _on_grid(self, value: float) -> int:
        """The nearest whole number there is."""
        low, high = map(int, self._range)
        steps = min(max(round((value - low) / self.step), 0), (high - low) // self.step)
        return low + self.step * steps

    def _clipped(self, value: float) -> float:
        low, high = self._range
        return float(min(max(value, low), high))

    @property
    def _scaled(self) -> tuple[float, float]:
        """The limits as they lie on the scale."""
        low, high = self._range
        return (math.log(low), math.log(high)) if self.log else (low, high)

    @property
    def _range(self) -> tuple[float, float]:
        assert self.low is not None and self.high is not None  # numbers have both, see _coherent
        return self.low, self.high


@runtime_checkable
class Parametrised(Protocol):
    """A space whose architectures are named values. What a grid, a sampler of hyper-parameters, a model by axes needs."""

    def parameters(self) -> tuple[Parameter, ...]:
        """Each after the one its condition names."""
        ...

    def with_values(self, values: Values) -> Genotype:
        """The architecture of one value per active parameter. Raises InvalidGenotype, fields named after parameters."""
        ...

    def values_of(self, genotype: Genotype) -> dict[str, Value]:
        """The inverse of `with_values`: active parameters only."""
        ...


def read_values(parameters: Iterable[Parameter], given: object) -> dict[str, Value]:
    """One value for each parameter that exists beside those before it, in their order, and none beyond.

    Raises InvalidGenotype with one error per wrong parameter, fields named after them.
    """
    if not isinstance(given, Mapping):
        raise InvalidGenotype.at("", f"expected an object with a value for each parameter, got {shown(given)}")
    errors: list[FieldError] = []
    read: dict[str, Value] = {}
    known: dict[str, Parameter] = {parameter.name: parameter for parameter in parameters}
    for name, parameter in known.items():
        if not parameter.is_active(read):
            if name in given:
                errors.append(FieldError(name, f"does not exist here: {_condition_text(parameter)}"))
        elif name not in given:
            errors.append(FieldError(name, "is required"))
        elif problem := parameter.problem_with(given[name]):
            errors.append(FieldError(name, problem))
        else:
            read[name] = parameter.listed(given[name]) if parameter.kind == "categorical" else given[name]
    unknown = [name for name in islice(given, len(known) + 20) if name not in known]
    errors += (
        FieldError(f"{name!s:.40}", f"there is no such parameter; there are {', '.join(known)}") for name in unknown
    )
    if errors:
        raise InvalidGenotype(errors[:20])
    return read


def _condition_text(parameter: Parameter) -> str:
    assert parameter.active_if is not None  # without a condition it always exists
    return f"only if {parameter.active_if.parameter} is {' or '.join(map(str, parameter.active_if.values))}"
