"""Pictures of Bayesian optimisation: what the model believed when it last chose, and how right it was so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nas.analysis.statistics import spearman
from nas.core.view import View
from nas.strategies.bayesian_memory import Memory
from nas.surrogates.surrogate import Array

_ROUNDS = 30
"""Of the power iteration; the picture needs a direction of large spread, not the exact one."""


def bayesian_views(memory: Memory, looked_at: Mapping[str, Any]) -> list[View]:
    """Columns per candidate and per result; `predictions` holds results that a model had predicted."""
    views = []
    if looked_at:
        views.append(View("surrogate", "What the model believes", "surrogate", dict(looked_at)))
    foretold = [(o.id, o.forecast) for o in memory if o.forecast is not None]
    if foretold:
        columns: dict[str, Any] = {
            "id": [number for number, _ in foretold],
            **{
                name: [getattr(forecast, name) for _, forecast in foretold]
                for name in ("predicted", "low", "high", "measured")
            },
        }
        correlation = spearman(columns["predicted"], columns["measured"])
        within = [
            low <= value <= high
            for low, high, value in zip(*(columns[n] for n in ("low", "high", "measured")), strict=True)
        ]
        columns |= {
            "metric": looked_at.get("metric"),
            "rank_correlation": None if correlation is None else plain(correlation),
            "share_within": plain(sum(within) / len(within)),
        }
        views.append(View("predictions", "Predicted and measured", "predictions", columns))
    return views


def principal_axis(inputs: Array) -> Array:
    """(num_axes,) direction of the largest spread of the inputs (num_inputs, num_axes), unit length, its largest entry positive."""
    centred = inputs - inputs.mean(axis=0)
    lengths = np.square(centred).sum(axis=1)
    axis = centred[int(np.argmax(lengths))]
    if not np.any(axis):
        return np.zeros(inputs.shape[1])
    for _ in range(_ROUNDS):
        axis = axis / np.linalg.norm(axis)
        axis = centred.T @ (centred @ axis)
    direction: Array = axis / np.linalg.norm(axis)
    return direction if direction[int(np.argmax(np.abs(direction)))] > 0 else -direction


def plain(value: float) -> float:
    """Six significant digits: enough for pictures, and the same on every machine."""
    return float(f"{value:.6g}")
