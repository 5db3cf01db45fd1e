"""The product that a grid can be bound to, depth · width² and the like: how costs grow (Tan and Le 2019, arXiv 1905.11946)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidConfig
from nas.core.parameter import Value
from nas.strategies.grid_axes import Axis
from nas.strategies.grid_config import GridConfig, power_of


@dataclass(frozen=True)
class Powers:
    """Parameter → its power, and the value on its axis that counts as 1. Empty where there is no such bond."""

    of: Mapping[str, float]
    firsts: Mapping[str, Value]
    target: float
    tolerance: float

    def growth(self, axis: Axis) -> npt.NDArray[np.float64]:
        """(num_values,): by which factor each value of the axis makes the product grow; infinite where that is no number."""
        name = axis.parameter.name
        values = np.array([float(value) for value in axis.values])
        with np.errstate(over="ignore", under="ignore"):
            grown: npt.NDArray[np.float64] = (values / float(self.firsts[name])) ** self.of[name]
        return grown

    def is_wanted(self, products: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Elementwise: whether it is near enough to the target."""
        near: npt.NDArray[np.bool_] = np.abs(products - self.target) <= self.tolerance + 1e-9
        return near


def read_powers(config: GridConfig, axes: Sequence[Axis]) -> Powers:
    """Raises InvalidConfig for what is no axis of numbers above 0, or named twice."""
    known = {axis.parameter.name: axis for axis in axes}
    powers: dict[str, float] = {}
    for term in config.product_of:
        name, power = power_of(term)
        if name not in known:
            there = ", ".join(list(known)[:30])
            raise InvalidConfig.at("product_of", f"the space has no parameter {name!r}; there are {there}")
        if name in powers:
            raise InvalidConfig.at("product_of", f"name {name} once; two powers of it are one, their sum")
        if not all(isinstance(value, (int, float)) and value > 0 for value in known[name].values):
            raise InvalidConfig.at("product_of", f"{name} is not a number above 0")
        powers[name] = power
    firsts = {name: known[name].values[0] for name in powers}
    return Powers(powers, firsts, config.product_target, config.product_tolerance)
