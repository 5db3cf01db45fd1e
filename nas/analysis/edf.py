"""The error distribution of a sweep or run: cumulative share of models by error.

Radosavovic et al. 2019 (arXiv 1905.13214) and 2020 (arXiv 2003.13678, equation 1): F(e) = share of models with error
strictly below e. Trials that failed stay in the count: leaving them out would flatter the method.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Edf:
    """A step curve: from `shares_before[k]` to `shares[k]` at `errors[k]`.

    Attributes:
      errors: ascending, percent; failed trials among them at chance level when that is known.
      num_models: all trials, failed ones included.
      num_failed: how many failed.
      has_chance: False: chance level is unknown, failed trials lie right of the curve, which then ends below 1.
    """

    errors: tuple[float, ...]
    num_models: int
    num_failed: int
    has_chance: bool

    @property
    def shares(self) -> tuple[float, ...]:
        """k/n for k = 1 … : the height right of each step."""
        return tuple((k + 1) / self.num_models for k in range(len(self.errors)))

    @property
    def minimum(self) -> float | None:
        return self.errors[0] if self.errors else None

    @property
    def mean(self) -> float | None:
        return math.fsum(self.errors) / len(self.errors) if self.errors else None

    @property
    def band(self) -> float:
        """Half width of the 95 % band around the curve (Dvoretzky, Kiefer, Wolfowitz): sqrt(ln(2/0.05) / 2n), at most 1."""
        return min(1.0, math.sqrt(math.log(2 / 0.05) / (2 * self.num_models))) if self.num_models else 1.0

    def below(self, error: float) -> float:
        """F(e): the share of models with an error strictly below `error`."""
        return bisect_left(self.errors, error) / self.num_models if self.num_models else 0.0

    def percent_above(self, error: float) -> float:
        """For the cursor: so many percent of the models have an error above `error`; failed ones without chance count."""
        return 100 * (1 - bisect_right(self.errors, error) / self.num_models) if self.num_models else 0.0

    def quantile(self, share: float) -> float | None:
        """The smallest error that at least `share` of the models do not exceed; None where failed trials begin."""
        if not 0 < share <= 1:
            raise ValueError(f"share must be in (0, 1], got {share}")
        place = math.ceil(share * self.num_models - 1e-9) - 1
        return self.errors[place] if place < len(self.errors) else None

    def legend(self) -> str:
        """`n | min | mean`, the form of the papers' figures."""
        if self.minimum is None or self.mean is None:
            return f"{self.num_models} | – | –"
        return f"{self.num_models} | {self.minimum:.1f} | {self.mean:.1f}"

    def as_json(self) -> dict[str, Any]:
        """Columns: the step positions and the heights right of them; what the legend and the band need."""
        return {
            "errors": list(self.errors),
            "shares": list(self.shares),
            "num_models": self.num_models,
            "num_failed": self.num_failed,
            "minimum": self.minimum,
            "mean": self.mean,
            "band": self.band,
        }


def edf(errors: Iterable[float | None], *, num_classes: int | None = None) -> Edf:
    """The distribution of `errors` in percent; None, NaN and infinity stand for trials that failed.

    Args:
      num_classes: of a classification problem: a failed trial then counts with the error of guessing, 100·(1 − 1/K).
        None: failed trials are reported as a share and lie right of every error.
    """
    values: list[float] = []
    num_failed = 0
    for error in errors:
        if error is None or not math.isfinite(error):
            num_failed += 1
        else:
            values.append(float(error))
    num_models = len(values) + num_failed
    if num_classes is not None:
        values += [100 * (1 - 1 / num_classes)] * num_failed
    return Edf(tuple(sorted(values)), num_models, num_failed, has_chance=num_classes is not None)
