"""A parameter with a name, a range and perhaps a condition: what grids, samplers and hyper-parameter spaces are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, Protocol, Self, runtime_checkable

from numpy.random import Generator
from pydantic import model_validator

from nas.core.config import Config, setting
from nas.core.proposal import Genotype

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
    step: int = setting(1, title="Step", description="Distance of neighbours; for whole numbers.", ge=1, le=10**9)
    values: tuple[Value, ...] = setting(
        (), title="Values", description="What it may be; for categorical parameters.", max_length=1_000
    )
    active_if: Condition | None = setting(None, title="Only if", description="When it exists; empty means always.")

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
        if self.log and self.low <= 0:
            raise ValueError(f"{self.name}: a logarithmic scale needs a range above 0")
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
            drawn = math.exp(rng.uniform(math.log(low - 0.5), math.log(high + 0.5)))
            on_grid = low + self.step * round((drawn - low) / self.step)
            return int(min(max(on_grid, low), low + self.step * ((high - low) // self.step)))
        if self.log:
            return float(min(max(math.exp(rng.uniform(math.log(low), math.log(high))), low), high))
        return float(rng.uniform(low, high))

    def problem_with(self, value: object) -> str:
        """What is wrong with `value` in words; "" when it may be."""
        if self.kind == "categorical":
            fits = any(type(value) is type(known) and value == known for known in self.values)
            return "" if fits else f"expected one of {', '.join(map(str, self.values[:20]))}, got {value!r:.60}"
        low, high = self._range
        if isinstance(value, bool) or not isinstance(value, int if self.kind == "int" else (int, float)):
            return f"expected a {'whole ' if self.kind == 'int' else ''}number, got {value!r:.60}"
        if not low <= value <= high:
            return f"expected a number from {low:g} to {high:g}, got {value!r:.60}"
        if self.kind == "int" and (value - int(low)) % self.step:
            return f"expected {low:g} plus a multiple of {self.step}, got {value}"
        return ""

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
