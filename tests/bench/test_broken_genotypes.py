"""How long the slowest refusal takes. Goal: 50 ms, whatever was sent."""

from __future__ import annotations

from time import process_time

import numpy as np

from nas.core.errors import InvalidGenotype
from nas.registry import spaces
from tests.contracts.broken_genotypes import broken

NUM_PER_SPACE = 1_600


def test_the_slowest_refusal() -> None:
    slowest: dict[str, float] = {}
    num_refused = 0
    for name in spaces.names():
        kind = spaces.get(name)
        space = kind(kind.Config.parse({}))
        rng = np.random.default_rng(7)
        times = []
        for genotype in broken(space.sample(rng), rng, NUM_PER_SPACE):
            start = process_time()
            try:
                space.validate(genotype)
            except InvalidGenotype:
                times.append(process_time() - start)
        slowest[name] = max(times)
        num_refused += len(times)
    worst = max(slowest, key=lambda name: slowest[name])
    print(
        f"\n{num_refused:,} broken genotypes refused; the slowest took {1000 * slowest[worst]:.1f} ms ({worst}): "
        f"{slowest[worst] / 0.050:.2f} of the limit of 50 ms"
    )
