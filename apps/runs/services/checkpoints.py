"""Trained networks are kept only as long as a strategy may go on from them; the artifacts' own sweep deletes the files."""

from __future__ import annotations

from collections.abc import Collection

from apps.runs.models import Proposal, Replica
from nas.core.setup import SearchSetup
from nas.core.strategy import ContinuesTrainings, Strategy


def checkpoints_needed(strategy: Strategy, setup: SearchSetup) -> frozenset[int] | None:
    """Proposals whose checkpoints stay; None when all stay: the strategy says nothing about them, or a person wants them."""
    if not isinstance(strategy, ContinuesTrainings) or getattr(setup.estimator.config, "keep_network", False):
        return None
    return strategy.checkpoints_needed()


def checkpoints_drop(replica: Replica, numbers: Collection[int]) -> None:
    """Forget them, inside the transaction of an advance."""
    if numbers:
        Proposal.objects.filter(replica=replica, number__in=numbers, checkpoint__isnull=False).update(checkpoint=None)
