"""The course of the learning rate."""

from __future__ import annotations

import math


def rate_factor(schedule: str, step: int, total_steps: int, warmup_steps: int) -> float:
    """What the base learning rate is multiplied with at `step` (0 … total_steps - 1).

    After a linear warm-up: "cosine" is half a cosine from 1 to 0 (Loshchilov and Hutter 2017, arXiv 1608.03983, without
    restarts), "step" is 1, 0.1 after half and 0.01 after three quarters of the training, "constant" is 1.
    A warm-up longer than half of the training is cut to that: a fidelity may be shorter than the full setting.
    """
    warmup_steps = min(warmup_steps, total_steps // 2)
    if step < warmup_steps:
        return (step + 1) / (warmup_steps + 1)
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    if schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * progress))
    if schedule == "step":
        return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01
    if schedule == "constant":
        return 1.0
    raise ValueError(f"there is no schedule {schedule!r}")
