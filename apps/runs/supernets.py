"""Supernets that searches left behind: which there are, who may use them, what the engine reads of them.

A reference names a run, "17", or one of its further seeds, "17.2" for the third. A run keeps the weights it began with
(`Run.supernet`), whatever becomes of the run that trained them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser, visible
from apps.artifacts.models import Artifact
from apps.artifacts.selectors import artifact_path
from apps.runs.models import Proposal, Run
from apps.runs.states import RUN_ENDED
from nas import registry
from nas.core.errors import InvalidData, UnknownName
from nas.core.result import ResultStatus
from nas.core.supernet import StoredSupernet
from nas.jobs.train_supernet import TrainSupernet
from nas.strategies.supernet_search import SupernetSearch
from nas.supernets.stored import stored_supernet

MOST_OFFERED = 50


def supernet_choices(user: AnyUser) -> list[tuple[str, str]]:
    """(reference, label) of what `user` may see, the newest runs first: of each seed the last weights."""
    runs = visible(_ended(), user).order_by("-created_at", "-pk")[:MOST_OFFERED]
    legs: dict[tuple[int, int], Proposal] = {}
    for leg in _legs(runs):
        legs[leg.replica.run_id, leg.replica.number] = leg
    return [
        (_reference(run, number), _label(run, number))
        for run in runs
        for number in range(_num_replicas(run))
        if (run.pk, number) in legs
    ]


def supernet_artifact(reference: str, user: AnyUser | None = None) -> Artifact | None:
    """The weights that a reference names, None when there are none, or `user` (if given) may not see their run."""
    run_text, _dot, replica_text = reference.partition(".")
    numbers = [text for text in (run_text, replica_text or "0") if text.isascii() and text.isdigit() and len(text) < 19]
    if len(numbers) != 2:
        return None
    runs = _ended().filter(pk=int(numbers[0]))
    legs = _legs(runs if user is None else visible(runs, user)).filter(replica__number=min(int(numbers[1]), 10**6))
    last = legs.select_related("checkpoint").last()
    return None if last is None else last.checkpoint


def supernet_of(reference: str, artifact: Artifact | None) -> StoredSupernet:
    """What the engine reads: `artifact`, or what the reference names now. Who may use it was asked before.

    Raises UnknownName, InvalidData.
    """
    artifact = artifact or supernet_artifact(reference)
    if artifact is None:
        raise UnknownName(f"there is no supernet {reference!r:.60}; choose one from the list")
    return _read(artifact.sha256, reference)


def supernet_names(run: Run) -> list[tuple[str, str]]:
    """(reference, label) of the supernet that a run scores with, for whoever may see the run."""
    values: dict[str, Any] = run.specification.get("estimator", {}).get("config", {})
    reference = str(values.get("supernet", "")) if run.supernet_id else ""
    return [(reference, _("Supernet of run %(run)s") % {"run": reference})] if reference else []


def _ended() -> QuerySet[Run]:
    """A training that still goes on has no weights to keep to."""
    names = [name for name in registry.strategies if issubclass(registry.strategies.get(name), SupernetSearch)]
    return Run.objects.filter(state__in=RUN_ENDED, strategy_name__in=names)


def _legs(runs: QuerySet[Run] | Iterable[Run]) -> QuerySet[Proposal]:
    """Trainings that came to their end and whose weights are stored, the last of a replica last."""
    stored = Proposal.objects.filter(replica__run__in=runs, checkpoint__isnull=False, replica__is_baseline=False)
    done = stored.filter(body__kind=TrainSupernet.name, result__status=ResultStatus.COMPLETED.value)
    return done.select_related("replica").order_by("replica", "number")


def _num_replicas(run: Run) -> int:
    return int(run.specification["num_replicas"])


def _reference(run: Run, number: int) -> str:
    return str(run.pk) if number == 0 else f"{run.pk}.{number}"


def _label(run: Run, number: int) -> str:
    names = {
        "run": run.name,
        "strategy": _(registry.strategies.get(run.strategy_name).title),
        "space": _(registry.spaces.get(run.space_name).title),
        "seed": number + 1,
    }
    if _num_replicas(run) == 1:
        return _("%(run)s: %(strategy)s, %(space)s") % names
    return _("%(run)s, seed %(seed)d: %(strategy)s, %(space)s") % names


@lru_cache(maxsize=64)
def _read(sha256: str, reference: str) -> StoredSupernet:
    artifact = Artifact.objects.filter(sha256=sha256).first()
    if artifact is None:
        raise InvalidData("the weights of the supernet are stored no more")
    return stored_supernet(artifact_path(artifact), name=_("of run %(run)s") % {"run": reference}, fingerprint=sha256)
