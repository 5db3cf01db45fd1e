"""What can be chosen about grid search."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from nas.core.config import Config, setting
from nas.core.parameter import Value

MOST_AXES = 64
MOST_VALUES = 1_000

_TERM = re.compile(r"(?P<name>[^\^]+?)\s*(\^\s*(?P<power>[-+]?\d{1,2}(\.\d{1,6})?))?")


class GridAxis(Config):
    """One axis of the grid: listed values, or so many from one end to the other."""

    parameter: str = setting(title="Parameter", description="Of the space.", max_length=60, refers_to="parameter")
    values: tuple[Value, ...] = setting(
        (),
        title="Values",
        description="Exactly these; empty: as many as below, or all that are listed.",
        max_length=MOST_VALUES,
    )
    low: float | None = setting(None, title="From", description="Empty: the smallest value there is.")
    high: float | None = setting(None, title="To", description="Empty: the largest value there is.")
    num: int | None = setting(
        None, title="How many", description="Empty: as set for all axes.", unit="values", ge=1, le=MOST_VALUES
    )
    scale: Literal["as_declared", "linear", "logarithmic"] = setting(
        "as_declared", title="Scale", description="On which the values lie evenly.", advanced=True
    )


class GridConfig(Config):
    """Default: all parameters of the space, five values of each number, in a shuffled order."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "coarse_to_fine": {"stages": 3, "num_values": 3},
        "efficientnet": {"product_of": ["depth", "width^2", "resolution^2"], "product_target": 2.0},
    }

    axes: tuple[GridAxis, ...] = setting(
        (),
        title="Axes",
        description=(
            "Empty: all parameters of the space. A parameter that is not named keeps its value in the first known architecture of "
            "the space, else the middle of its range or the first of its values."
        ),
        max_length=MOST_AXES,
    )
    num_values: int = setting(
        5,
        title="Values per number",
        description="Of each axis of numbers that does not say it itself; the ends are among them.",
        unit="values",
        ge=1,
        le=MOST_VALUES,
    )
    order: Literal["shuffled", "row_major"] = setting(
        "shuffled",
        title="Order",
        description="Shuffled with the seed of the run, so that an early end has seen all corners; or the last axis fastest.",
    )
    stages: int = setting(
        1,
        title="Stages",
        description="From coarse to fine: each further stage is a finer grid around the best point so far.",
        unit="stages",
        ge=1,
        le=3,
    )
    refine: int = setting(
        3,
        title="Refinement",
        description="How many steps of the finer grid make one of the coarser.",
        unit="steps",
        ge=2,
        le=10,
    )
    product_of: tuple[str, ...] = setting(
        (),
        title="Product of",
        description=(
            "Only points at which these grow together by the factor below, each over the first value of its axis: depth, width^2."
        ),
        max_length=MOST_AXES,
        advanced=True,
    )
    product_target: float = setting(
        2.0, title="Product near", description="The factor of that product.", gt=0, le=1e9, advanced=True
    )
    product_tolerance: float = setting(
        0.1, title="Tolerance", description="How far the product may be from it.", ge=0, le=1e9, advanced=True
    )

    @field_validator("product_of")
    @classmethod
    def _terms_are_powers(cls, terms: tuple[str, ...]) -> tuple[str, ...]:
        for term in terms:
            power_of(term)
        return terms


def power_of(term: str) -> tuple[str, float]:
    """`width^2` → ("width", 2.0); no power means 1. Raises ValueError."""
    match = _TERM.fullmatch(term.strip()[:100])
    if match is None:
        raise ValueError(f"write a parameter and perhaps a power, like width^2, got {term!r:.60}")
    return match["name"], float(match["power"] or 1)
