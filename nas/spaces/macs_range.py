"""Spaces that hold only networks of a certain size: multiply-accumulates between two bounds, drawn by rejection.

Radosavovic et al. 2020, arXiv 2003.13678, section 3.1, compare spaces within one range of MACs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from pydantic import model_validator

from nas.core.config import Config, setting
from nas.core.cost import Cost
from nas.core.errors import ConstraintLeavesNothing, FieldError
from nas.core.graph import Shape
from nas.core.proposal import Genotype

TRIES = 5_000
REFERENCE_CLASSES = 1_000
_MILLION = 1_000_000

T = TypeVar("T")


class MacsRangeConfig(Config):
    """Settings of the range; to be inherited by the configuration of a space."""

    min_macs_m: float = setting(
        0.0,
        title="Fewest multiply-accumulates",
        description="Smaller networks are not in the space.",
        unit="million MACs",
        advanced=True,
        ge=0,
    )
    max_macs_m: float = setting(
        0.0,
        title="Most multiply-accumulates",
        description="Larger networks are not in the space; 0 for no limit.",
        unit="million MACs",
        advanced=True,
        ge=0,
    )
    reference_side: int = setting(
        224,
        title="Reference side",
        description="The two limits hold for a colour image of this side and 1,000 classes.",
        unit="pixels",
        advanced=True,
        ge=8,
        le=1024,
    )

    @model_validator(mode="after")
    def _bounds_in_order(self) -> MacsRangeConfig:
        if 0 < self.max_macs_m < self.min_macs_m:
            raise ValueError(
                f"the most multiply-accumulates ({self.max_macs_m:g} M) are fewer than the fewest ({self.min_macs_m:g} M)"
            )
        return self

    @property
    def has_macs_range(self) -> bool:
        return self.min_macs_m > 0 or self.max_macs_m > 0


class _Priced(Protocol):
    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost: ...


def macs_faults(space: _Priced, config: MacsRangeConfig, genotype: Genotype) -> list[FieldError]:
    """One error when the network lies outside the range; none without a range."""
    if not config.has_macs_range:
        return []
    side = config.reference_side
    macs = space.cost(genotype, (3, side, side), REFERENCE_CLASSES).macs
    if config.min_macs_m * _MILLION <= macs and (not config.max_macs_m or macs <= config.max_macs_m * _MILLION):
        return []
    upper = f" to {config.max_macs_m:g}" if config.max_macs_m else " or more"
    said = f"{macs / _MILLION:,.1f} million multiply-accumulates at 3×{side}×{side}"
    return [FieldError("", f"has {said}; this space holds {config.min_macs_m:g}{upper} million")]


def first_admitted(draw: Callable[[], T | None], what: str) -> T:
    """The first draw that is not None. Raises ConstraintLeavesNothing, which says `what` was wanted, after 5,000."""
    for _ in range(TRIES):
        found = draw()
        if found is not None:
            return found
    raise ConstraintLeavesNothing(f"none of {TRIES:,} draws was {what}; widen the settings of the space")
