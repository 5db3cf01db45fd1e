"""How many architectures a second each space prices on one core, beside torch's own FLOP counter on the same ones.

Goal: 10,000 a second. Torch's side builds the network on the meta device and runs it once under `FlopCounterMode`, as
one would without a closed form.
"""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nas.core.proposal import Genotype
from nas.core.space import Space
from nas.registry import spaces

NUM_PRICED = 4_000
NUM_COUNTED = 5
SHAPE, NUM_CLASSES = (3, 32, 32), 10


@pytest.mark.parametrize("name", spaces.names())
def test_costs_per_second(name: str) -> None:
    kind = spaces.get(name)
    space = kind(kind.Config.parse({}))
    rng = np.random.default_rng(0)
    space.cost(space.sample(rng), SHAPE, NUM_CLASSES)  # imports and tables are made once
    fresh = [space.sample(rng) for _ in range(NUM_PRICED)]
    start = process_time()
    for genotype in fresh:
        space.cost(genotype, SHAPE, NUM_CLASSES)
    ours = NUM_PRICED / (process_time() - start)
    _counted_per_second(space, fresh[:1])
    theirs = _counted_per_second(space, fresh[:NUM_COUNTED])
    start = process_time()
    for genotype in fresh:
        space.canonical(genotype)
    canonical = NUM_PRICED / (process_time() - start)
    met = "" if ours >= 10_000 else "  below the goal of 10,000"
    print(
        f"\n{name:15} {ours:9,.0f} costs/s   torch's counter {theirs:6.1f}/s   ratio {ours / theirs:8,.0f}   "
        f"canonical {canonical:9,.0f}/s{met}"
    )


def _counted_per_second(space: Space, genotypes: list[Genotype]) -> float:
    start = process_time()
    for genotype in genotypes:
        with torch.device("meta"):
            network = space.build(genotype, SHAPE, NUM_CLASSES).eval()
            example = torch.empty(1, *SHAPE)
        with torch.no_grad(), FlopCounterMode(display=False):
            network(example)
    return len(genotypes) / (process_time() - start)
