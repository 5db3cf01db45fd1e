"""A new run like another one: which run the form began with, and what is different now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404

from apps.accounts.access import AnyUser, Level, run_get_for
from apps.accounts.requests import SignedInRequest
from apps.runs.models import Run
from apps.runs.wizard.config_form import References
from apps.runs.wizard.settings import (
    Change,
    changes_between,
    control_values,
    references_in_words,
    settings_in_words,
)

MARK = "cloned_from"
"""Under which the form sends, and the record of a run keeps, the id of the run it began with."""


@dataclass(frozen=True, slots=True)
class Clone:
    """`controls`: name of a control → what it held in the original, and how people read that."""

    original: Run
    changes: tuple[Change, ...]
    controls: dict[str, dict[str, Any]]


def original_of(request: SignedInRequest, user: AnyUser) -> Run | None:
    """The run the form began with, if `user` may see it: `?from=` in the address, or the mark in what the form sent."""
    text = request.POST.get(MARK, "") if request.method == "POST" else request.GET.get("from", "")
    return _run(text, user)


def original_in_record(run: Run, user: AnyUser) -> Run | None:
    """The run that `run` was cloned from, if it is still there and `user` may see it."""
    return _run(str(run.record.get(MARK, "")), user)


def clone_of(original: Run, values: Mapping[str, Any], references: References) -> Clone:
    """`values`: of the new specification, wrong input included. `references`: names of what it may refer to."""
    words = _names(references, references_in_words([original]))
    before = settings_in_words(original.specification, words)
    return Clone(
        original=original,
        changes=tuple(changes_between(before, settings_in_words(values, words))),
        controls=control_values(original.specification, words),
    )


def changes_from(original: Run, run: Run) -> list[Change]:
    """What `run` was asked for otherwise than `original`."""
    words = references_in_words([original, run])
    return changes_between(
        settings_in_words(original.specification, words), settings_in_words(run.specification, words)
    )


def _run(text: str, user: AnyUser) -> Run | None:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    try:
        return run_get_for(user, int(text), Level.VIEW)
    except Http404:
        return None


def _names(*several: References) -> References:
    """All references together; of two names for one thing the last."""
    merged: dict[str, dict[str, str]] = {}
    for references in several:
        for kind, pairs in references.items():
            merged.setdefault(kind, {}).update(pairs)
    return {kind: list(pairs.items()) for kind, pairs in merged.items()}
