"""How a trial came about, in words: its operator, the positions that were changed, what stood there before and after."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from nas.analysis.genotype_diff import GenotypeChange
from nas.operations.catalogue import OPERATIONS

GOES_ON = frozenset({"promote", "retry"})
"""Operators that evaluate the parent's own architecture again; their trials are no children."""


def operator_title(operator: str) -> str:
    """ "crossover+mutate:hidden_state" → "crossed, mutated: hidden state"."""
    known = {
        "random": _("drawn at random"),
        "added": _("made by hand"),
        "mutate": _("mutated"),
        "crossover": _("crossed"),
        "copy": _("copied"),
        "neighbour": _("a neighbour"),
        "acquisition": _("chosen by the surrogate"),
        "policy": _("drawn by the controller"),
        "exploit": _("drawn from what was learnt of the best"),
        "promote": _("goes on with more budget"),
        "specialised": _("specialised for"),
        "retry": _("tried again"),
    }
    parts = []
    for part in operator.split("+"):
        name, _colon, kind = part.partition(":")
        title = known.get(name, _plain(name))
        parts.append(f"{title}: {_plain(kind)}" if kind else title)
    return ", ".join(parts)


def position_words(path: str) -> str:
    """A path into a genotype as a place: "normal.blocks.1.inputs.0" → "normal › block 1 › input 0"."""
    places: list[str] = []
    for part in path.split("."):
        if part.isdigit() and places and not places[-1][-1:].isdigit():
            places[-1] = f"{_singular(places[-1])} {part}"
        else:
            places.append(_plain(part))
    return " › ".join(filter(None, places))


def change_words(change: GenotypeChange) -> str:
    """ "edge 3: skip → conv 3×3"."""
    place = position_words(change.path)
    if change.kind == "added":
        what = _("%(value)s added") % {"value": _value(change.after)}
    elif change.kind == "removed":
        what = _("%(value)s removed") % {"value": _value(change.before)}
    else:
        what = f"{_value(change.before)} → {_value(change.after)}"
    return f"{place}: {what}" if place else what


def _value(text: str) -> str:
    """Operations by the short name that pictures use."""
    operation = OPERATIONS.get(text)
    return operation.symbol if operation is not None else re.sub(r"(?<=\d)x(?=\d)", "×", _plain(text))


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _singular(noun: str) -> str:
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
