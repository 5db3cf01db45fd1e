"""Addresses that lead to one architecture of a space."""

from __future__ import annotations

import json
from urllib.parse import quote

from apps.spaces.chosen import ChosenSpace
from nas.core.proposal import Genotype

LONGEST_ADDRESS = 4_000
"""Characters that servers and programs on the way surely carry. Longer architectures travel behind the #, to the browser only."""

LONGEST_IN_DRAWING = 600


def architecture_link(address: str, chosen: ChosenSpace, genotype: Genotype | None) -> str:
    """`address` of the hand-made page with the settings and the architecture; "" for none."""
    if genotype is None:
        return ""
    text = json.dumps(genotype, separators=(",", ":"), ensure_ascii=False)
    link = f"{address}?{chosen.query(genotype=text)}"
    if len(link) <= LONGEST_ADDRESS:
        return link
    return f"{address}?{chosen.query()}#genotype={quote(text)}"


def drawing_query(chosen: ChosenSpace, genotype: Genotype) -> list[tuple[str, str]]:
    """What the links in a drawing say of the architecture. A drawing has many: a long architecture is left to the script,
    which sends the form along."""
    text = json.dumps(genotype, separators=(",", ":"), ensure_ascii=False)
    return chosen.pairs(genotype=text) if len(text) <= LONGEST_IN_DRAWING else chosen.pairs()
