"""What the steps of a search came to, in bounded space: of a long search every second, fourth … step stays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MOST_POINTS = 240


class Curve:
    """Points (step, candidates so far, metrics). The last one is always there; which of the others are depends on steps alone."""

    def __init__(self, most: int = MOST_POINTS) -> None:
        self._most = most
        self._stride = 1
        self._rows: list[tuple[int, int, dict[str, float | None]]] = []

    def add(self, step: int, candidates: int, metrics: Mapping[str, float | None]) -> None:
        row = (step, candidates, {name: _finite(value) for name, value in metrics.items()})
        if self._rows and self._rows[-1][0] % self._stride:
            self._rows.pop()  # it was there only as the last one
        self._rows.append(row)
        while len(self._rows) > self._most:
            self._stride *= 2
            self._rows = [row for row in self._rows[:-1] if row[0] % self._stride == 0] + self._rows[-1:]

    def __len__(self) -> int:
        return len(self._rows)

    def columns(self) -> dict[str, list[Any]]:
        """ "step", "candidates" and one column per metric; None where a point has no number."""
        names = list(dict.fromkeys(name for _, _, metrics in self._rows for name in metrics))
        return {
            "step": [step for step, _, _ in self._rows],
            "candidates": [candidates for _, candidates, _ in self._rows],
            **{name: [metrics.get(name) for _, _, metrics in self._rows] for name in names},
        }

    def extend(self, columns: Mapping[str, list[Any]]) -> None:
        """Those of a leg, behind those that are there."""
        names = [name for name in columns if name not in ("step", "candidates")]
        for place, step in enumerate(columns["step"]):
            self.add(step, columns["candidates"][place], {name: columns[name][place] for name in names})

    def as_json(self) -> dict[str, Any]:
        return {"stride": self._stride, "rows": [list(row) for row in self._rows]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any], most: int = MOST_POINTS) -> Curve:
        curve = cls(most)
        curve._stride = int(value["stride"])
        curve._rows = [(int(step), int(candidates), dict(metrics)) for step, candidates, metrics in value["rows"]]
        return curve


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
