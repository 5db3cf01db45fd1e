"""Which runs an address names: `?run=3&run=7`."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404

from apps.accounts.access import AnyUser, Level, run_get_for
from apps.runs.models import Run

MOST_RUNS = 8


def run_ids(texts: Iterable[str]) -> list[int]:
    """The ids in the order of the address, each once. Raises Http404 for what cannot be one."""
    ids: list[int] = []
    for text in texts:
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Http404
        ids.append(int(text))
    return list(dict.fromkeys(ids))


def runs_chosen(user: AnyUser, ids: Iterable[int]) -> list[Run]:
    """At most MOST_RUNS runs in that order. Raises Http404 when one is not there or `user` may not see it."""
    return [run_get_for(user, run_id, Level.VIEW) for run_id in list(ids)[:MOST_RUNS]]


def query_of(ids: Iterable[int]) -> str:
    """ "run=3&run=7": the address of a comparison without its path."""
    return "&".join(f"run={run_id}" for run_id in ids)
