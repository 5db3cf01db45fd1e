"""A network for another device out of a search that can give one: no job, no new trial, nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.random import PCG64, Generator, SeedSequence

from apps.accounts.access import AnyUser
from apps.runs.models import Run
from apps.runs.references import latency_table_usable
from apps.runs.services.memory import warm
from nas import registry
from nas.core.errors import InvalidConfig
from nas.core.specialising import Specialisation, Specialises


def run_can_specialise(run: Run) -> bool:
    name = run.strategy_name
    return name in registry.strategies and issubclass(registry.strategies.get(name), Specialises)


def run_specialise(*, run: Run, user: AnyUser, replica: int, target: Mapping[str, Any]) -> Specialisation:
    """The same for the same target, however often it is asked for.

    Raises InvalidConfig with one error per wrong field, also for a latency table that `user` may not see, and
    ConstraintLeavesNothing.
    """
    row = run.replicas.filter(number=replica).first()
    if row is None or not run_can_specialise(run):
        raise InvalidConfig.at("", "this search cannot be specialised")
    if target.get("latency_table"):
        latency_table_usable(str(target["latency_table"]), user, "latency_table")
    with warm.lock(row.pk):
        strategy = warm.recall(run, row).strategy
        if not isinstance(strategy, Specialises):  # a baseline's
            raise InvalidConfig.at("", "this replica cannot be specialised")
        rng = Generator(PCG64(SeedSequence([run.seed, replica])))
        return strategy.specialise_for(target, rng)
