"""The examples that trainings and scores work with, kept warm in a process between evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from nas.core.problem import Problem, supervised
from nas.training.data import Examples, place

Cached = Callable[[str, Callable[[], Any]], Any]
"""`JobContext.cached`, `EvaluationContext.cached`."""


def warm_examples(problem: Problem, part: str, device: torch.device, cached: Cached) -> Examples:
    """One part of the data ("train", "validation", "test") on the device."""
    name = problem.fingerprint()

    def placed() -> Examples:
        splits = cached(f"splits:{name}", supervised(problem).splits)
        return place(getattr(splits, part), device)

    examples: Examples = cached(f"examples:{name}:{part}:{device}", placed)
    return examples
