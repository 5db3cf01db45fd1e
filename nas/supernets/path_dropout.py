"""The sum of all candidates, of which some are left out. Bender et al. 2018, "Understanding and simplifying one-shot
architecture search" (ICML), section 3.2."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from nas.supernets.network import Candidates


class PathDropout:
    """Each candidate of a place is left out with the chance rate^(1/k), k the number of candidates that the sum has.

    So the chance that all are left out is `rate`, whatever k; then the place draws again. What is left out is not computed.
    A mixture of one batch.
    """

    def __init__(self, rate: float, generator: Generator) -> None:
        self._rate = rate
        self._generator = generator

    def __call__(self, place: Candidates, inputs: Sequence[Tensor]) -> Tensor:
        there = [option for option in range(len(place)) if not place.is_zero[option]]
        if not there:
            return place.apply_option(0, inputs)
        kept = [option for option, stays in zip(there, self._draw(len(there)), strict=True) if stays]
        return torch.stack([place.apply_option(option, inputs) for option in kept]).sum(dim=0)

    def _draw(self, num_candidates: int) -> list[bool]:
        """Which stay: at least one."""
        chance = self._rate ** (1 / num_candidates)
        while True:
            stays: list[bool] = (torch.rand(num_candidates, generator=self._generator) >= chance).tolist()
            if any(stays):
                return stays
