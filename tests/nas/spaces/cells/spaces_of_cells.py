"""Spaces of stacked cells, and genotypes of theirs that sampling does not reach, for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from nas.core.proposal import Genotype
from nas.registry import spaces
from nas.spaces.cells.cell_space import CellSpace

NAMES = ("nasnet", "amoebanet", "pnas", "enas_micro")
SHAPES = ((1, 8, 8), (1, 28, 28), (3, 32, 32), (2, 7, 5), (3, 31, 33), (1, 3, 3), (1, 4, 9))


def make(name: str, **config: Any) -> CellSpace:
    kind = spaces.get(name)
    space = kind(kind.Config.parse(config))
    assert isinstance(space, CellSpace)
    return space


@st.composite
def configs(draw: st.DrawFn, name: str) -> dict[str, Any]:
    blocks = draw(st.integers(1, 5))
    if name == "enas_micro":
        return {"blocks": blocks, "layers": draw(st.integers(3, 6)), "filters": draw(st.sampled_from([4, 9]))}
    config: dict[str, Any] = {"blocks": blocks, "repeats": draw(st.integers(1, 4))}
    config["stem"] = draw(st.sampled_from(["small", "large"]))
    config["filters"] = draw(st.sampled_from([8, 11] if config["stem"] == "large" else [4, 9]))
    if name == "nasnet":
        config["reads_before_reduction"] = draw(st.booleans())
    if name == "amoebanet":
        config["operations"] = spaces.get(name).Config.presets["all_operations"]["operations"]
    return config


@st.composite
def genotypes(draw: st.DrawFn, space: CellSpace) -> Genotype:
    """Samples; where the space allows it, some cells join states that others read."""
    genotype = space.sample(np.random.default_rng(draw(st.integers(0, 2**32))))
    if space.family.allows_concat:
        for cell in genotype.values():
            extra = draw(st.sets(st.integers(0, len(cell["blocks"]) + 1), max_size=3))
            if extra:
                cell["concat"] = sorted(extra)
    return genotype
