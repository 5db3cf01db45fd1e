"""A price on what an architecture costs, put into the loss that a search by gradient descends. No torch: forms read it.

Cai, Zhu and Han 2019 (ProxylessNAS), arXiv 1812.00332, section 3.3 and equation 3; the forms with a target are those of their
released code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import model_validator

from nas.core.config import Config, setting

PER: Mapping[str, float] = MappingProxyType({"macs": 1e6, "params": 1e6, "latency_ms": 1.0})
"""What one unit of the penalty's weight is for: a million MACs, a million weights, a millisecond."""


class CostPenalty(Config):
    """To be inherited by the settings of a training of shared weights in which options have probabilities."""

    penalised_cost: Literal["none", "macs", "params", "latency_ms"] = setting(
        "none",
        title="Penalised cost",
        description="What the search pays for beside its loss; latency needs a table measured for this space.",
    )
    penalty_weight: float = setting(
        0.1,
        title="Penalty weight λ",
        description="Loss per million MACs, million weights or millisecond expected; with the linear form per target missed.",
        ge=0,
        le=1e6,
    )
    penalty_form: Literal["add", "add_linear", "mul_log"] = setting(
        "add",
        title="Form of the penalty",
        description="Add λ·E to the loss; add λ·(E − T) / T; or multiply the loss with a·(ln E / ln T)^b. T is the target.",
        advanced=True,
    )
    penalty_target: float | None = setting(
        None,
        title="Penalty target T",
        description="In MACs, weights or milliseconds; the forms with a target need one.",
        gt=0,
        le=1e18,
        advanced=True,
    )
    penalty_factor: float = setting(
        0.2, title="Penalty factor a", description="Of the form that multiplies.", gt=0, le=1e6, advanced=True
    )
    penalty_exponent: float = setting(
        0.3, title="Penalty exponent b", description="Of the form that multiplies.", ge=0, le=100, advanced=True
    )
    latency_table: str | None = setting(
        None,
        title="Latency table",
        description="Which table says what each option takes; needed where latency is penalised.",
        refers_to="latency_table",
        max_length=400,
    )

    @model_validator(mode="after")
    def _target_is_known(self) -> Self:
        if self.penalised_cost == "none":
            return self
        if self.penalty_form != "add" and self.penalty_target is None:
            raise ValueError(f"the form {self.penalty_form} of the penalty needs a target (penalty_target)")
        if self.penalty_form == "mul_log" and self.penalty_target is not None and self.penalty_target <= 1:
            raise ValueError(
                f"the form mul_log takes logarithms: the target must be above 1, got {self.penalty_target:g}; take add_linear"
            )
        if self.penalised_cost == "latency_ms" and not self.latency_table:
            raise ValueError("where latency is penalised a latency table must be chosen (latency_table)")
        return self

    @property
    def has_penalty(self) -> bool:
        return self.penalised_cost != "none"
