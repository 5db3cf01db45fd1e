"""Results that the team has already for the same architecture: copied instead of measured again.

One result serves another proposal when everything that decides it is the same: problem with data, split and preparation,
space, estimator with its settings, fidelity, the run's seed and replica, the engine's version, and the architecture by its
canonical form. Canonical forms join networks that compute the same at different costs (an edge that reaches no output is
still paid for), so the exact costs belong to it too; what is looked up in a table belongs to the exact genotype, because a
table lists each of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Min

import nas
from apps.runs.models import Run, Trial
from apps.runs.services.memory import Memory
from apps.runs.states import TrialState
from nas.core.errors import InvalidGenotype
from nas.core.genotype_text import genotype_to_text
from nas.core.metric import REWARD
from nas.core.objective import unmet
from nas.core.proposal import EVALUATE
from nas.core.proposal import Proposal as Wish
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.space import architecture_key
from nas.reuse import fresh_because


def reuse_group(setup: SearchSetup) -> list[Any]:
    """All that must be the same but architecture and fidelity. Never changes while a run goes on."""
    return [
        nas.__version__,
        [setup.problem.name, setup.problem.version, setup.problem.config.as_json(), setup.problem.fingerprint()],
        [setup.estimator.name, setup.estimator.version, setup.estimator.config.as_json(), _weights(setup)],
        [setup.run_seed, setup.replica],
    ]


def _weights(setup: SearchSetup) -> str:
    """What an estimator scores with that others trained; "" where it is all in its settings."""
    return str(getattr(setup.estimator, "fingerprint", ""))


def reuse_key(group: list[Any], setup: SearchSetup, wish: Wish) -> str:
    """64 hex digits; "" for what must be done itself: trainings that go on from others, inherit weights or leave a network, and
    what cannot be built for the data at all."""
    needs_network = wish.keeps_network or getattr(setup.estimator.config, "keep_network", False)
    if wish.kind != EVALUATE or wish.genotype is None or needs_network:
        return ""
    if wish.continues is not None or wish.inherits is not None:
        return ""
    try:
        cost = setup.cost(wish.genotype).as_metrics()
    except InvalidGenotype:
        return ""  # whoever tries it says so
    exactly = genotype_to_text(wish.genotype) if setup.estimator.is_simulated else ""
    parts = [
        group,
        architecture_key(setup.space, wish.genotype),
        cost,
        exactly,
        dict(wish.fidelity),
        dict(wish.payload),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def reuse_keys(memory: Memory, wishes: Sequence[Wish]) -> list[str]:
    """One for each. Canonical forms and costs take time: call it outside a transaction."""
    memory.group = memory.group or reuse_group(memory.setup)
    return [reuse_key(memory.group, memory.setup, wish) for wish in wishes]


def reuses(memory: Memory, *, is_baseline: bool) -> bool:
    """Whether this replica takes results that are known; a constraint that came later may need what is timed."""
    if not memory.specification.reuse or is_baseline:
        return False
    return not fresh_because(memory.strategy, memory.setup.estimator, _wanted(memory))


def results_known(run: Run, memory: Memory, keys: Iterable[str]) -> dict[str, tuple[Trial, Result]]:
    """Key → the earliest completed trial of the run's own team that has what this run wants, and its result as this run would
    have it. Two queries, of at most as many rows as there are keys. Call where `team_results_stay`.
    """
    wanted = _wanted(memory) - {REWARD}
    serving = Trial.objects.filter(
        proposal__reuse_key__in=[key for key in keys if key],
        run__team_id=run.team_id,
        state=TrialState.COMPLETED,
        reused_seconds__isnull=True,
        serial=0,
        metrics__has_keys=sorted(wanted),
    )
    # A query of its own: as a subquery, PostgreSQL may carry it out once per trial while it knows little of the tables.
    first_of_each = serving.order_by().values("proposal__reuse_key").annotate(first=Min("pk"))
    earliest = list(first_of_each.values_list("first", flat=True))
    found: dict[str, tuple[Trial, Result]] = {}
    for trial in Trial.objects.filter(pk__in=earliest).select_related("proposal").order_by("pk"):
        result = trial.proposal.outcome()
        metrics = _metrics_here(result.metrics, memory)
        if metrics is not None and not unmet(memory.specification.constraints, metrics):
            found[trial.proposal.reuse_key] = trial, replace(result, metrics=metrics)
    return found


def _metrics_here(metrics: Mapping[str, float], memory: Memory) -> Mapping[str, float] | None:
    """With this run's own reward in place of the other's; None where there is none."""
    measured = {name: value for name, value in metrics.items() if name != REWARD}
    try:
        return memory.setup.with_reward(measured)
    except ValueError:
        return None


def _wanted(memory: Memory) -> frozenset[str]:
    return memory.setup.wanted | {constraint.metric for constraint in memory.specification.constraints}
