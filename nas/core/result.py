"""What is known about one proposal when it ended: metrics and cost, or a named failure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ResultStatus(StrEnum):
    """How a proposal ended. The first two carry metrics; the others carry a reason."""

    COMPLETED = "completed"
    STOPPED_EARLY = "stopped_early"
    INFEASIBLE = "infeasible"
    DIVERGED = "diverged"
    OUT_OF_MEMORY = "out_of_memory"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    LOST_WORKER = "lost_worker"
    CANCELLED = "cancelled"

    @property
    def is_ok(self) -> bool:
        return self in (ResultStatus.COMPLETED, ResultStatus.STOPPED_EARLY)


@dataclass(frozen=True, slots=True)
class Result:
    """The end of one proposal.

    Attributes:
      metrics: name → finite value. Never empty when the status is ok. May also hold what a failed trial had (its costs).
      cost_seconds: what the evaluation took; simulated seconds when `is_simulated`.
      steps_done: how many fidelity steps (epochs) were carried out.
      reason: why it failed, in plain words; the traceback of a crash stands in `detail`.
      payload: what other job kinds hand back to their strategy (JSON).
    """

    proposal_id: int
    status: ResultStatus
    metrics: Mapping[str, float] = field(default_factory=dict)
    cost_seconds: float = 0.0
    steps_done: int = 0
    is_simulated: bool = False
    reason: str = ""
    detail: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.status.is_ok and not self.metrics and not self.payload:
            raise ValueError("a result that is ok carries metrics or a payload")
        if not self.status.is_ok and not self.reason:
            raise ValueError(f"a result that is {self.status} says why")
        bad = [name for name, value in self.metrics.items() if not math.isfinite(value)]
        if bad:
            raise ValueError(
                f"metrics must be finite; not so: {', '.join(bad)}. A diverged trial has the status diverged"
            )

    def as_json(self) -> dict[str, Any]:
        return {
            "proposal_id": self.proposal_id,
            "status": self.status.value,
            "metrics": dict(self.metrics),
            "cost_seconds": self.cost_seconds,
            "steps_done": self.steps_done,
            "is_simulated": self.is_simulated,
            "reason": self.reason,
            "detail": self.detail,
            "payload": dict(self.payload),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Result:
        return cls(**{**value, "status": ResultStatus(value["status"])})
