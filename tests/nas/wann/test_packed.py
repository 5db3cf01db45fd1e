"""Populations scored in one call against networks computed a node at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from nas.wann.activations import ACTIVATIONS
from nas.wann.ensemble import majority
from nas.wann.genome import Genome
from nas.wann.network_kernels import lay_out
from nas.wann.packed import TILE, Examples, outputs_of, scores_of
from nas.wann.topology import Topology
from tests.support.wann import ALL, grown, node_by_node

WEIGHTS = np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0])
NUM_EXAMPLES = TILE + 45  # the last tile is not full


@pytest.fixture(scope="module")
def inputs() -> npt.NDArray[np.float64]:
    return np.random.default_rng(5).normal(size=(NUM_EXAMPLES, 6))


@pytest.fixture(scope="module")
def labels() -> npt.NDArray[np.int64]:
    return np.random.default_rng(6).integers(3, size=NUM_EXAMPLES)


@pytest.fixture(scope="module")
def genomes() -> list[Genome]:
    return [grown(np.random.default_rng(seed), 12 * seed) for seed in range(12)]


def test_rewards_and_accuracies_are_those_of_the_definition(
    inputs: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], genomes: list[Genome]
) -> None:
    found = scores_of(genomes, Examples.of(inputs, labels), WEIGHTS)
    assert {genome.num_hidden > 5 for genome in genomes} == {True, False}
    assert set(np.concatenate([genome.activations for genome in genomes]).tolist()) == set(ACTIVATIONS)
    for member, genome in enumerate(genomes):
        for place, weight in enumerate(WEIGHTS):
            with np.errstate(under="ignore"):
                outputs = node_by_node(Topology.of_genome(genome), inputs, weight)
                shifted = outputs - outputs.max(axis=1, keepdims=True)
                logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            reward = np.maximum(logs[np.arange(NUM_EXAMPLES), labels], -700).mean()
            assert found.rewards[member, place] == pytest.approx(reward, rel=1e-9)
            assert found.accuracies[member, place] == (outputs.argmax(axis=1) == labels).mean()


def test_compiled_layouts_are_the_plain_ones(genomes: list[Genome]) -> None:
    for genome in genomes:
        plain = Topology.of_genome(genome)
        arrays = (genome.activations, genome.sources, genome.destinations, genome.is_enabled)
        activations, starts, columns = lay_out(genome.num_inputs, genome.num_outputs, *arrays)
        assert activations.tolist() == plain.activations.tolist()
        assert starts.tolist() == plain.starts.tolist()
        assert columns.tolist() == plain.columns.tolist()


def test_outputs_are_those_of_the_definition(
    inputs: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], genomes: list[Genome]
) -> None:
    topology = Topology.of_genome(genomes[5])
    found = outputs_of(topology, Examples.of(inputs, labels), WEIGHTS)
    assert found.shape == (6, NUM_EXAMPLES, 3)
    for place, weight in enumerate(WEIGHTS):
        assert found[place] == pytest.approx(node_by_node(topology, inputs, weight), rel=1e-9, abs=1e-9)


def test_a_member_scores_the_same_alone_and_among_others(
    inputs: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], genomes: list[Genome]
) -> None:
    examples = Examples.of(inputs, labels)
    together = scores_of(genomes, examples, WEIGHTS).rewards
    for member in (0, 7):
        assert scores_of([genomes[member]], examples, WEIGHTS).rewards[0].tolist() == together[member].tolist()


def test_images_are_flattened() -> None:
    images = np.random.default_rng(0).random((5, 1, 2, 3))
    examples = Examples.of(images, np.zeros(5, dtype=np.int64))
    assert examples.tiles.shape == (1, 7, 5)
    assert examples.tiles[0, 1:, 3].tolist() == images[3].ravel().tolist()
    assert examples.tiles[0, 0].tolist() == [1.0] * 5


def test_numbers_that_overflow_get_the_worst_score_and_are_wrong() -> None:
    """A chain of squares: 9 levels of them send 3 to infinity, and the difference of two infinities is no number."""
    squares = [[first, first + 1, 1] for first in range(4, 14)]
    links = [[1, 4, 1], *squares, [14, 2, 1], [14, 3, 1]]
    genome = Genome.of({"activations": [11] * 11, "connections": links}, 1, 2)
    examples = Examples.of(np.full((4, 1), 3.0), np.array([0, 1, 0, 1]))
    found = scores_of([genome], examples, np.array([1.0]))
    assert found.rewards.tolist() == [[-700.0]]
    assert found.accuracies.tolist() == [[0.0]]


def test_one_hopeless_example_costs_no_more_than_700() -> None:
    genome = Genome.of({"activations": [], "connections": [[1, 2, 1]]}, 1, 2)
    examples = Examples.of(np.array([[5_000.0], [0.0]]), np.array([1, 1]))
    assert scores_of([genome], examples, np.array([1.0])).rewards[0, 0] == pytest.approx((-700 - np.log(2)) / 2)


def test_votes_decide_before_probabilities() -> None:
    """Example 0: two weak votes for 1 beat a strong one for 0. Example 1: one vote each, the surer one counts."""
    outputs = np.array(
        [
            [[9.0, 0.0, 0.0], [3.0, 0.0, 0.0]],
            [[0.0, 0.1, 0.0], [0.0, 4.0, 0.0]],
            [[0.0, 0.1, 0.0], [0.0, 0.0, 2.0]],
        ]
    )
    assert majority(outputs).tolist() == [1, 1]


def test_a_network_without_numbers_does_not_vote() -> None:
    outputs = np.array([[[np.nan, 5.0]], [[np.inf, 0.0]], [[0.0, 1.0]]])
    assert majority(outputs).tolist() == [1]


def test_initial_networks_are_linear(labels: npt.NDArray[np.int64], inputs: npt.NDArray[np.float64]) -> None:
    genome = ALL.initial(6, 3, 1.0, np.random.default_rng(0))
    found = outputs_of(Topology.of_genome(genome), Examples.of(inputs, labels), np.array([0.5]))
    expected = 0.5 * (1 + inputs.sum(axis=1))
    assert found[0] == pytest.approx(np.repeat(expected[:, None], 3, axis=1))
