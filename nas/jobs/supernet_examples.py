"""The examples that jobs on shared weights work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.core.job import JobContext

if TYPE_CHECKING:
    import torch

    from nas.training.data import Examples


def supernet_examples(context: JobContext, part: str, *, device: torch.device) -> Examples:
    """One part of the data on the device, kept warm between jobs under the name that trainings use."""
    from nas.training.data import place

    problem = context.setup.problem
    name = problem.fingerprint()
    return context.cached(
        f"examples:{name}:{part}:{device}",
        lambda: place(getattr(context.cached(f"splits:{name}", problem.splits), part), device),
    )
