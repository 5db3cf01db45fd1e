"""How many steps of the swing-up one core carries out."""

from time import process_time

import numpy as np

from nas.wann.swingup import PACES, starts, swing_up_returns
from nas.wann.topology import Topology
from tests.nas.wann.plain import drawn

REFERENCE = 17_400
"""Steps per second of processor time of the published loop over single steps, networks of 22 hidden nodes."""


def test_a_hundred_times_the_published_loop() -> None:
    """A generation: mixed topologies, each with six shared weights and three episodes."""
    rng = np.random.Generator(np.random.PCG64(0))
    topologies = [Topology.of(drawn(rng, 5, 1, num_hidden=24, density=0.25), 5, 1) for _ in range(64)]
    assert np.mean([topology.num_connections for topology in topologies]) > 52  # as many as the published champion has
    states = starts(0, 3)
    shared = np.array([-2, -1, -0.5, 0.5, 1, 2])[:, None]
    swing_up_returns(topologies[0], shared[:1].repeat(topologies[0].num_connections, axis=1), states, PACES["hard"])
    start, steps = process_time(), 0  # the compiled loop is loaded by now
    for topology in topologies:
        weights = np.repeat(shared, topology.num_connections, axis=1)
        steps += swing_up_returns(topology, weights, states, PACES["standard"])[1]
    rate = steps / (process_time() - start)
    print(f"{rate / 1e6:.2f} million steps a second, {rate / REFERENCE:.0f} times the published loop")
    assert rate > 100 * REFERENCE
