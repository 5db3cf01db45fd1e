"""One number that weighs quality against a cost with a target: quality × (cost / target)^w.

Tan et al. 2019 (MnasNet), arXiv 1807.11626, section 3. It is a metric like others, "reward", so that every strategy can
optimise it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import field_validator

from nas.core.config import Config, setting
from nas.core.errors import InvalidConfig, UnknownName
from nas.core.metric import METRICS, REWARD, Direction, MetricSource, metric

SOFT = {"exponent_within": -0.07, "exponent_beyond": -0.07}
"""Twice the latency should buy five per cent of accuracy: ln 1.05 / ln 2 = 0.07 (section 3)."""

HARD = {"exponent_within": 0.0, "exponent_beyond": -1.0}
"""A limit that may be broken a little: nothing is gained below the target."""

QUALITIES = tuple(
    m.name
    for m in METRICS.values()
    if m.source is MetricSource.QUALITY and m.direction is Direction.MAXIMISE and m.name != REWARD
)
COSTS = tuple(m.name for m in METRICS.values() if m.source in (MetricSource.COST, MetricSource.DEVICE))

_LARGEST = 700.0
"""e to this power is still a number."""

_TEXT = re.compile(
    r"\s*(\w+)\s*\*\s*\(\s*(\w+)\s*/\s*([\d.eE+-]+)\s*\)\s*\^\s*(soft|hard|[-+\d.eE]+)\s*(?:,\s*([-+\d.eE]+))?\s*"
)


def _one_of(name: str, allowed: tuple[str, ...]) -> str:
    try:
        metric(name)
    except UnknownName as error:
        raise ValueError(str(error)) from None
    if name not in allowed:
        raise ValueError(f"must be one of {', '.join(allowed)}, got {name}")
    return name


class Reward(Config):
    """What the metric "reward" is made of. Text form: `accuracy*(latency_ms/75)^soft`; `^hard`, `^-0.1`, `^0,-1` as well."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"soft": SOFT, "hard": HARD}

    quality: str = setting(
        "accuracy", title="Quality", description="What the reward begins with.", refers_to="reward_quality"
    )
    cost: str = setting(
        "latency_ms", title="Cost", description="What has a target, measured or counted.", refers_to="reward_cost"
    )
    target: float = setting(
        title="Target", description="Of the cost, in its unit: here the reward is the quality itself.", gt=0, le=1e18
    )
    exponent_within: float = setting(
        SOFT["exponent_within"],
        title="Exponent up to the target",
        description="Of cost / target; -0.07 rewards what costs less than the target, 0 does not.",
        ge=-10,
        le=0,
    )
    exponent_beyond: float = setting(
        SOFT["exponent_beyond"],
        title="Exponent beyond the target",
        description="Of cost / target; -0.07: twice the cost must buy five per cent of quality; -1 is nearly a limit.",
        ge=-10,
        le=0,
    )

    @field_validator("quality")
    @classmethod
    def _is_quality(cls, name: str) -> str:
        return _one_of(name, QUALITIES)

    @field_validator("cost")
    @classmethod
    def _is_cost(cls, name: str) -> str:
        return _one_of(name, COSTS)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse the text form. Raises InvalidConfig."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise InvalidConfig.at("", f"expected something like accuracy*(latency_ms/75)^soft, got {text!r:.80}")
        quality, cost, target, shape, beyond = match.groups()
        exponents: dict[str, Any] = dict(cls.presets.get(shape, {}))
        if exponents and beyond is not None:
            raise InvalidConfig.at("", f"{shape} says both exponents; got {text!r:.80}")
        exponents = exponents or {"exponent_within": shape, "exponent_beyond": beyond or shape}
        return cls.parse({"quality": quality, "cost": cost, "target": target, **exponents})

    @property
    def parts(self) -> tuple[str, str]:
        """The metrics it is computed from."""
        return self.quality, self.cost

    def value(self, metrics: Mapping[str, float]) -> float:
        """The reward of a trial with these metrics. Raises ValueError when the cost is not above 0, or the reward no number."""
        quality, cost = metrics[self.quality], metrics[self.cost]
        if not cost > 0:
            raise ValueError(f"the reward needs {self.cost} above 0, got {cost:g}")
        exponent = self.exponent_within if cost <= self.target else self.exponent_beyond
        log_factor = exponent * (math.log(cost) - math.log(self.target))  # no quotient that over- or underflows
        if log_factor > _LARGEST:
            raise ValueError(
                f"the reward at {self.cost} {cost:g} and target {self.target:g} is too large to be a number"
            )
        return quality * math.exp(log_factor)

    def __str__(self) -> str:
        within, beyond = self.exponent_within, self.exponent_beyond
        exponents = f"{within:g}" if within == beyond else f"{within:g},{beyond:g}"
        return f"{self.quality}*({self.cost}/{self.target:g})^{exponents}"
