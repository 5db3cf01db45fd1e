"""A kernel density over mixed axes, as BOHB and other Parzen estimators use it. Falkner et al. 2018, arXiv 1807.01774.

Kernels and bandwidths are those of statsmodels' `KDEMultivariate` with the "normal reference" rule, which BOHB's release
uses: Gaussians for numbers, Aitchison and Aitken's kernel (1976) for categories, multiplied over axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class KernelDensity:
    """A mixture of one product kernel per observation.

    Attributes:
      points: (num_points, num_axes): numbers from 0 to 1, categories by their number.
      num_options: (num_axes,): how many categories an axis has, 0 for a number.
      bandwidths: (num_axes,): of Gaussians the standard deviation; of categories the probability of another one.
    """

    points: Points
    num_options: npt.NDArray[np.int64]
    bandwidths: npt.NDArray[np.float64]

    @classmethod
    def fitted(cls, points: Points, num_options: npt.NDArray[np.int64], *, min_bandwidth: float) -> KernelDensity:
        """Bandwidth 1.06 · σ · n^(-1/(4+d)) on each axis, at least `min_bandwidth`.

        A category's is at most (k-1)/k, where every option is equally probable: beyond that the kernel would turn around.
        """
        num_points, num_axes = points.shape
        widths = 1.06 * np.std(points, axis=0) * num_points ** (-1.0 / (4 + num_axes))
        most = np.where(num_options > 0, (num_options - 1) / np.maximum(num_options, 1), np.inf)
        return cls(points, num_options, np.minimum(np.maximum(widths, min_bandwidth), most))

    def log_density(self, at: Points) -> npt.NDArray[np.float64]:
        """(num_at,): the logarithm of the density at each row of `at`."""
        is_number = self.num_options == 0
        logs = np.zeros((len(at), len(self.points)))
        if is_number.any():
            width = self.bandwidths[is_number]
            distance = (at[:, None, is_number] - self.points[None, :, is_number]) / width
            logs -= 0.5 * np.sum(distance**2, axis=2) + np.sum(np.log(width)) + 0.5 * len(width) * np.log(2 * np.pi)
        for axis in np.flatnonzero(~is_number):
            width, options = self.bandwidths[axis], self.num_options[axis]
            if options == 1:
                continue
            with np.errstate(divide="ignore"):
                same, other = np.log(1 - width), np.log(width / (options - 1))
            logs += np.where(at[:, None, axis] == self.points[None, :, axis], same, other)
        highest = np.max(logs, axis=1)
        safe = np.where(np.isfinite(highest), highest, 0.0)
        with np.errstate(divide="ignore"):
            found: npt.NDArray[np.float64] = safe + np.log(np.mean(np.exp(logs - safe[:, None]), axis=1))
        return found

    def sample(self, num: int, rng: Generator, *, widened: float = 1.0) -> Points:
        """(num, num_axes): draws around observations, numbers from Gaussians `widened` times as broad and cut off at 0 and 1."""
        chosen = self.points[rng.integers(len(self.points), size=num)]
        drawn = chosen.copy()
        for axis, options in enumerate(self.num_options):
            width = self.bandwidths[axis]
            if options:
                keeps = rng.random(num) < 1 - width
                drawn[:, axis] = np.where(keeps, chosen[:, axis], rng.integers(options, size=num))
            else:
                drawn[:, axis] = _truncated(chosen[:, axis], widened * width, rng)
        return drawn


def _truncated(centres: npt.NDArray[np.float64], width: float, rng: Generator) -> npt.NDArray[np.float64]:
    """Normal around each of `centres`, from 0 to 1, by the inverse of its distribution."""
    from scipy.special import ndtr, ndtri

    low, high = ndtr(-centres / width), ndtr((1 - centres) / width)
    drawn = centres + width * ndtri(low + rng.random(len(centres)) * (high - low))
    return np.asarray(np.clip(drawn, 0.0, 1.0), dtype=np.float64)


def impute(points: Points, num_options: npt.NDArray[np.int64], rng: Generator) -> Points:
    """`points` with a value in each place that has none (NaN): parameters that did not exist there.

    From a random observation that has the first missing one, all it can fill; where nobody has it, uniform. As in BOHB's
    release.
    """
    filled = points.copy()
    for row in filled:
        while (missing := np.flatnonzero(np.isnan(row))).size:
            axis = missing[0]
            donors = np.flatnonzero(~np.isnan(points[:, axis]))
            if donors.size:
                row[missing] = points[donors[rng.integers(donors.size)], missing]
            else:
                options = int(num_options[axis])
                row[axis] = float(rng.integers(options)) if options else rng.random()
    return filled
