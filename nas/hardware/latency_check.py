"""Sums of a latency table against whole networks that were measured: the line between them, and how well they agree.

Blocks measured alone under-estimate networks (their data is in the caches), so sums are put through a line of least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas.analysis.statistics import kendall_tau_b, pearson

Pair = tuple[float, float]
"""(predicted, measured), in ms."""

FEWEST = 3
"""Networks from which a line is drawn."""

LOW_PEARSON = 0.9
LOW_KENDALL = 0.8
"""Below these a search had better measure: sums do not say which of two networks is quicker."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """measured ≈ `intercept_ms` + `slope` · sum."""

    intercept_ms: float = 0.0
    slope: float = 1.0

    def __call__(self, sum_ms: float) -> float:
        return self.intercept_ms + self.slope * sum_ms


@dataclass(frozen=True, slots=True)
class LatencyCheck:
    """What measuring `n` whole networks showed.

    Attributes:
      pearson, kendall: between sums and measurements; None when one side is constant.
      rmse_ms: of the plain sums.
      calibrated_rmse_ms: of the line, each network judged by the line through all others.
      mean_error_percent: mean of |sum − measured| / measured.
    """

    n: int
    calibration: Calibration
    pearson: float | None
    kendall: float | None
    rmse_ms: float
    calibrated_rmse_ms: float
    mean_error_percent: float

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> LatencyCheck | None:
        """None for fewer than `FEWEST` networks."""
        if len(pairs) < FEWEST:
            return None
        sums, measured = np.array(pairs, dtype=np.float64).T
        centred = sums - sums.mean()
        spread = float(centred @ centred)
        slope = float(centred @ measured) / spread if spread else 0.0
        line = Calibration()
        if slope > 0:  # a falling line would call the slower network the quicker one
            line = Calibration(float(measured.mean()) - slope * float(sums.mean()), slope)
        # The residual that a network would have, had it not been fitted: residual / (1 − leverage).
        leverage = 1 / len(pairs) + (centred**2 / spread if spread else 0.0)
        left_out = (measured - (line.intercept_ms + line.slope * sums)) / np.maximum(1 - leverage, 1e-12)
        return cls(
            n=len(pairs),
            calibration=line,
            pearson=pearson(sums, measured),
            kendall=kendall_tau_b(sums, measured),
            rmse_ms=float(np.sqrt(np.mean((sums - measured) ** 2))),
            calibrated_rmse_ms=float(np.sqrt(np.mean(left_out**2))),
            mean_error_percent=float(100 * np.mean(np.abs(sums - measured) / np.maximum(measured, 1e-12))),
        )

    @property
    def is_low(self) -> bool:
        """Worth a warning, no error: the table may still be used."""
        return self.pearson is None or self.pearson < LOW_PEARSON or self.kendall is None or self.kendall < LOW_KENDALL
