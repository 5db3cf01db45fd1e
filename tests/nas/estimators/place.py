"""The place an estimator runs in, in memory: curve, checkpoints, cache, a stop after some questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nas.core.problem import Problem
from nas.core.space import Space
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import problems, spaces

CELLS = {
    "good": ["nor_conv_3x3", "nor_conv_3x3", "nor_conv_3x3", "skip_connect", "nor_conv_3x3", "nor_conv_1x1"],
    "light": ["skip_connect", "none", "nor_conv_1x1", "skip_connect", "none", "avg_pool_3x3"],
}


class Place:
    """Implements EvaluationContext."""

    def __init__(
        self, *, stop_after: int | None = None, checkpoint: bytes | None = None, parent: bytes | None = None
    ) -> None:
        self.points: list[tuple[int, dict[str, float]]] = []
        self.saved: list[bytes] = []
        self.questions = 0
        self._stop_after = stop_after
        self._checkpoint = checkpoint
        self._parent = parent
        self._kept: dict[str, Any] = {}

    def report(self, step: int, metrics: Mapping[str, float]) -> None:
        self.points.append((step, dict(metrics)))

    def should_stop(self) -> bool:
        self.questions += 1
        return self._stop_after is not None and self.questions > self._stop_after

    def load(self) -> bytes | None:
        return self.saved[-1] if self.saved else self._checkpoint

    def inherited(self) -> bytes | None:
        return self._parent

    def save(self, checkpoint: bytes) -> None:
        self.saved.append(checkpoint)

    def cached(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


def small_space() -> Space:
    space = spaces.get("nasbench201")
    return space(space.Config.parse({"width": 4, "cells_per_stage": 1}))


def digits(**config: Any) -> Problem:
    problem = problems.get("image_classification")
    return problem(problem.Config.parse(config), BundledLibrary())


def table_csv(
    path: Path, rows: Mapping[str, list[str]], columns: str = "val_acc_12ep,test_acc_12ep,latency_ms"
) -> Path:
    """A CSV of architectures (strings of NAS-Bench-201) and their cells."""
    lines = [f"arch_str,{columns}", *(",".join([name, *cells]) for name, cells in rows.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def cell_string(edges: list[str]) -> str:
    a, b, c, d, e, f = edges
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"
