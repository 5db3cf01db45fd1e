"""The heat map of a supernet: how probable each option of each row is, epoch by epoch, and the architecture derived then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nas.core.space import Row
from nas.core.view import View


def choices_view(
    rows: Sequence[Row], epochs: Sequence[Mapping[str, Any]], paths: Sequence[Sequence[int] | None]
) -> View | None:
    """None where training has no probabilities. `paths`: of each epoch the options that were derived.

    "genotypes" holds each architecture once, "genotype" per epoch its place there (None for none): what a page draws.
    """
    shown = [(facts, path) for facts, path in zip(epochs, paths, strict=True) if "probabilities" in facts["data"]]
    if not shown:
        return None
    genotypes: list[Any] = []
    places: list[int | None] = []
    for facts, _ in shown:
        genotype = facts["genotype"]
        if genotype is not None and genotype not in genotypes:
            genotypes.append(genotype)
        places.append(None if genotype is None else genotypes.index(genotype))
    data = {
        "row": [row.name for row in rows],
        "group": [row.group for row in rows],
        "options": [list(row.options) for row in rows],
        "epoch": [facts["epoch"] for facts, _ in shown],
        "probabilities": [[[round(p, 4) for p in row] for row in facts["data"]["probabilities"]] for facts, _ in shown],
        "chosen": [None if path is None else list(path) for _, path in shown],
        "pruned": [[list(pair) for pair in facts["data"].get("pruned", ())] for facts, _ in shown],
        "genotype": places,
        "genotypes": genotypes,
    }
    return View("choices", "What the shared weights choose", "choices", data)
