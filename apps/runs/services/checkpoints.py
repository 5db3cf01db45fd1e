"""Trained networks are kept only as long as a strategy may build on them; the artifacts' own sweep deletes the files.

Of trainings that inherit weights those on the front stay: their seed alone would not give them again, so they are what a
report tests and an export takes.
"""

from __future__ import annotations

from collections.abc import Collection

from apps.runs.models import Proposal, Replica, Trial
from nas.core.estimator import StartsWarm
from nas.core.setup import SearchSetup
from nas.core.strategy import AskTell, ContinuesTrainings, LeavesWeights, Strategy


def checkpoints_needed(strategy: Strategy, setup: SearchSetup) -> frozenset[int] | None:
    """Proposals whose checkpoints stay; None when all stay: the strategy builds on none, or a person wants them."""
    if getattr(setup.estimator.config, "keep_network", False):
        return None
    networks = strategy.networks_needed() if isinstance(strategy, AskTell) else frozenset()
    continued = strategy.checkpoints_needed() if isinstance(strategy, ContinuesTrainings) else None
    if continued is None:
        return networks if isinstance(setup.estimator, StartsWarm) else None
    return continued | networks


def checkpoints_left(strategy: Strategy) -> frozenset[int]:
    """Proposals whose checkpoints stay when the search is over."""
    return strategy.checkpoints_left() if isinstance(strategy, LeavesWeights) else frozenset()


def checkpoints_drop(
    replica: Replica, numbers: Collection[int], *, left_front: Collection[int], needed: Collection[int]
) -> None:
    """Forget those of proposals `numbers`, inside the transaction of an advance, after the front was brought up to date.

    Some of them may have been kept for the front alone: those of trials `left_front` go as well, unless `needed`.
    """
    outdated = set(numbers)
    if left_front:
        behind = Trial.objects.filter(replica=replica, number__in=left_front).values_list("proposal__number", flat=True)
        outdated |= set(behind) - set(needed)
    if not outdated:
        return
    stored = Proposal.objects.filter(replica=replica, number__in=outdated, checkpoint__isnull=False)
    on_front = stored.filter(body__keeps_network=True, trials__on_front=True).values_list("number", flat=True)
    stored.exclude(number__in=set(on_front)).update(checkpoint=None)
