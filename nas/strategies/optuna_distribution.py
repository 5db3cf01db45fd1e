"""Our parameters as Optuna's distributions, and values there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas.core.parameter import Parameter, Value

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def distribution_of(parameter: Parameter) -> BaseDistribution:
    """Categories by their number, because Optuna takes 1, 1.0 and True for the same."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if parameter.kind == "categorical":
        return CategoricalDistribution(tuple(range(len(parameter.values))))
    low, high = _range(parameter)
    if parameter.kind == "float":
        return FloatDistribution(low, high, log=parameter.log)
    highest = int(low) + parameter.step * ((int(high) - int(low)) // parameter.step)  # the last on the grid
    if parameter.log:  # Optuna knows no steps on a logarithmic scale: `from_optuna` goes to the nearest
        return IntDistribution(int(low), highest, log=True)
    return IntDistribution(int(low), highest, step=parameter.step)


def from_optuna(parameter: Parameter, drawn: Any) -> Value:
    """What a sampler drew, as a value of `parameter`."""
    return parameter.values[int(drawn)] if parameter.kind == "categorical" else parameter.nearest(float(drawn))


def to_optuna(parameter: Parameter, value: Value) -> Any:
    """The inverse."""
    if parameter.kind != "categorical":
        return value
    return next(place for place, known in enumerate(parameter.values) if type(known) is type(value) and known == value)


def _range(parameter: Parameter) -> tuple[float, float]:
    assert parameter.low is not None  # numbers have a range
    assert parameter.high is not None
    return parameter.low, parameter.high
