"""A generation of weight agnostic networks beside plain numpy, beside torch, and beside what matrix products alone would take.

Processor time on one thread. The work is that of the published search on images of 16 × 16 pixels: 1,000 examples, six shared
weights, networks of about 100 hidden nodes and 1,849 connections, as large as the published champion. Topologies are fresh
each time, so laying them out is part of it. The goal is forty times the 13.7 networks per second of the published code.

The limit: the products of one network as dense matrices, those over inputs once for all weights, at the rate of a large product.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np
import numpy.typing as npt
import pytest
import torch

from nas.wann.forward import Forward
from nas.wann.genome import Genome
from nas.wann.island_settings import SEARCH_WEIGHTS
from nas.wann.packed import Examples, scores_of
from nas.wann.topology import Topology
from tests.support.wann import node_by_node

pytestmark = pytest.mark.timeout(3600)

PUBLISHED_PER_SECOND = 13.7
GOAL = 40
NUM_INPUTS, NUM_OUTPUTS, NUM_HIDDEN, NUM_CONNECTIONS, NUM_EXAMPLES = 256, 10, 100, 1_849, 1_000
LAYERS = 8
WEIGHTS = np.array(SEARCH_WEIGHTS)
Floats = npt.NDArray[np.float64]
IDS = (1, 3, 4, 5, 6, 7, 8, 9, 10)


def fresh(rng: np.random.Generator, hidden_share: float) -> Genome:
    """All activations but the step; each hidden node reads an input and is read by an output; the rest at random, so that a
    share of them comes from hidden nodes."""
    first = 1 + NUM_INPUTS + NUM_OUTPUTS
    layer = rng.integers(LAYERS, size=NUM_HIDDEN)
    pairs = {(int(rng.integers(1 + NUM_INPUTS)), first + node) for node in range(NUM_HIDDEN)}
    pairs |= {(first + node, 1 + NUM_INPUTS + int(rng.integers(NUM_OUTPUTS))) for node in range(NUM_HIDDEN)}
    while len(pairs) < NUM_CONNECTIONS:
        destination = int(rng.integers(1 + NUM_INPUTS, first + NUM_HIDDEN))
        if rng.random() >= hidden_share:
            pairs.add((int(rng.integers(1 + NUM_INPUTS)), destination))
            continue
        node = int(rng.integers(NUM_HIDDEN))
        if destination < first or layer[node] < layer[destination - first]:
            pairs.add((first + node, destination))
    sources, destinations = np.array(sorted(pairs), dtype=np.int32).T
    activations = rng.choice(IDS, NUM_HIDDEN).astype(np.uint8)
    return Genome(
        NUM_INPUTS, NUM_OUTPUTS, activations, sources.copy(), destinations.copy(), np.ones(len(pairs), dtype=np.bool_)
    )


def per_second(score: Callable[[list[Genome]], object], hidden_share: float, number: int, rounds: int = 5) -> float:
    """The quickest of some rounds, each with networks of its own."""
    rng = np.random.default_rng(0)
    quickest = np.inf
    for _ in range(rounds):
        genomes = [fresh(rng, hidden_share) for _ in range(number)]
        started = process_time()
        score(genomes)
        quickest = min(quickest, process_time() - started)
    return number / quickest


def plain_numpy(genome: Genome, inputs: Floats, labels: npt.NDArray[np.int64]) -> Floats:
    """As the definition says, in double precision."""
    topology = Topology.of_genome(genome)
    rewards = []
    for weight in WEIGHTS:
        with np.errstate(under="ignore"):
            outputs = node_by_node(topology, inputs, weight)
            shifted = outputs - outputs.max(axis=1, keepdims=True)
            logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        rewards.append(np.maximum(logs[np.arange(len(labels)), labels], -700).mean())
    return np.array(rewards)


def in_torch(genome: Genome, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Single precision, a dense product per level."""
    with torch.inference_mode():
        outputs = Forward(Topology.of_genome(genome))(inputs, shared=torch.tensor(WEIGHTS, dtype=torch.float32))
        logs = torch.log_softmax(outputs, dim=2)
        return logs.gather(2, labels.expand(len(WEIGHTS), -1)[..., None]).clamp(min=-700).mean(dim=(1, 2))


def products_alone(dtype: type[np.float64] | type[np.float32], number: int = 5) -> float:
    rows = NUM_HIDDEN + NUM_OUTPUTS
    over_inputs = np.ones((rows, 1 + NUM_INPUTS), dtype), np.ones((1 + NUM_INPUTS, NUM_EXAMPLES), dtype)
    over_hidden = np.ones((rows, NUM_HIDDEN), dtype), np.ones((NUM_HIDDEN, NUM_EXAMPLES * len(WEIGHTS)), dtype)
    quickest = np.inf
    for _ in range(5):
        started = process_time()
        for _ in range(number):
            np.dot(*over_inputs)
            np.dot(*over_hidden)
        quickest = min(quickest, process_time() - started)
    return number / quickest


@pytest.mark.bench
@pytest.mark.parametrize("hidden_share", [0.25, 0.5])
def test_a_generation(hidden_share: float, say: Callable[[str], None]) -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    rng = np.random.default_rng(1)
    inputs = rng.random((NUM_EXAMPLES, NUM_INPUTS)) * (rng.random((NUM_EXAMPLES, NUM_INPUTS)) < 0.4)
    labels = rng.integers(NUM_OUTPUTS, size=NUM_EXAMPLES)
    one = fresh(rng, hidden_share)
    found = scores_of([one], Examples.of(inputs, labels), WEIGHTS).rewards[0]  # compiles
    expected = plain_numpy(one, inputs, labels)
    apart = np.abs(found / expected - 1).max()
    assert apart < 1e-6

    on_torch = torch.from_numpy(inputs.astype(np.float32)), torch.from_numpy(labels)
    packed = per_second(lambda genomes: scores_of(genomes, Examples.of(inputs, labels), WEIGHTS), hidden_share, 60)
    plain = per_second(lambda genomes: plain_numpy(genomes[0], inputs, labels), hidden_share, 1, rounds=3)
    dense = per_second(lambda genomes: [in_torch(genome, *on_torch) for genome in genomes], hidden_share, 10)
    limits = {dtype.__name__: products_alone(dtype) for dtype in (np.float64, np.float32)}
    say(
        f"{hidden_share:.0%} of the connections from hidden nodes, rewards {apart:.0e} from node by node: {packed:.0f} networks/s, "
        f"{packed / PUBLISHED_PER_SECOND:.1f} times the published code (goal {GOAL}); torch, dense, single precision {dense:.0f}, "
        f"numpy node by node {plain:.1f}; dense matrix products alone {limits['float64']:.0f} in double and "
        f"{limits['float32']:.0f} in single precision"
    )
    assert packed >= GOAL * PUBLISHED_PER_SECOND
