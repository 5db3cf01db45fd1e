"""A latency table fitted to whole networks: one number for each operation at each position, by least squares.

HW-NAS-Bench (Li et al. 2021, arXiv 2103.10584) and HELP (Lee et al. 2021, arXiv 2106.08630) list networks with what they took;
their positions are what a sum is made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nas.core.errors import InvalidData
from nas.hardware.latency_check import Pair

FEWEST_NETWORKS = 30
MOST_FEATURES = 1_000
MOST_CELLS = 10_000_000
"""Networks × features: the matrix of the fit is 80 MB then."""
_RIDGE = 1e-6
"""Operations at one position are seen in exactly one way each, so their level is free; this settles it."""
_HELD_OUT = 5
"""Every fifth network is left out of the fit and judges it."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """`rows`: operation at its position → ms beyond the cheapest there; `offset_ms`: all that networks have in common."""

    rows: Mapping[str, float]
    offset_ms: float
    checks: tuple[Pair, ...]


def fitted_rows(networks: Sequence[Sequence[str]], times_ms: Sequence[float]) -> Fitted:
    """Fit to four fifths of the networks, check on the others.

    Args:
      networks: what each is made of, one text per position, in the same order of positions ("op3:k5_e6").

    Raises InvalidData for more than `MOST_FEATURES` different texts, or `MOST_CELLS`.
    """
    measured = np.array(times_ms, dtype=np.float64)
    positions = [sorted(set(texts)) for texts in zip(*networks, strict=True)]
    features = [text for texts in positions for text in texts]
    if len(features) > MOST_FEATURES:
        raise InvalidData(
            f"The networks have {len(features):,} operations at their positions, at most {MOST_FEATURES:,}."
        )
    if len(networks) * len(features) > MOST_CELLS:
        raise InvalidData(
            f"{len(networks):,} networks of {len(features):,} operations at their positions are too many to fit a table to; "
            f"at most {MOST_CELLS // len(features):,} such networks are possible."
        )
    places = {text: number for number, text in enumerate(features)}
    design = np.zeros((len(networks), len(features) + 1))
    design[:, -1] = 1
    for number, network in enumerate(networks):
        design[number, [places[text] for text in network]] = 1
    is_check = np.arange(len(networks)) % _HELD_OUT == _HELD_OUT - 1
    seen, wanted = design[~is_check], measured[~is_check]
    weights = np.linalg.solve(seen.T @ seen + _RIDGE * np.eye(design.shape[1]), seen.T @ wanted)
    rows: dict[str, float] = {}
    offset = float(weights[-1])
    for texts in positions:
        values = [float(weights[places[text]]) for text in texts]
        least = min(values)
        offset += least
        rows.update((text, value - least) for text, value in zip(texts, values, strict=True))
    predicted = design[is_check] @ weights
    checks = tuple((float(p), float(m)) for p, m in zip(predicted, measured[is_check], strict=True))
    return Fitted(rows, offset, checks)
