"""Topologies: pruned, in levels, sorted; small cases by hand, many against definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas.wann.topology import Topology
from tests.support.wann import grown


def of(links: list[list[int]], activations: list[int], num_inputs: int, num_outputs: int) -> Topology:
    connections: list[Any] = [[*link, 1] if len(link) == 2 else link for link in links]
    return Topology.of({"activations": activations, "connections": connections}, num_inputs, num_outputs)


# (inputs, outputs, links, activations) → sizes of the levels of hidden nodes; nodes 0 bias, inputs, outputs, hidden
CASES: list[tuple[int, int, list[list[int]], list[int], list[int]]] = [
    (3, 2, [[1, 6], [2, 6], [3, 7], [6, 8], [6, 9], [7, 9], [8, 4], [9, 5]], [1, 1, 1, 1], [2, 2]),
    (3, 2, [[1, 6], [2, 6], [3, 7], [6, 8], [6, 9], [7, 9], [8, 4], [9, 5], [2, 8]], [1, 1, 1, 1], [2, 2]),
    (3, 2, [[1, 6], [2, 7], [1, 4], [6, 4], [2, 5], [7, 5]], [1, 1], [2]),
    (3, 2, [[1, 4], [2, 5]], [], []),
    (2, 1, [[5, 4], [4, 3], [1, 5]], [1, 1], [1, 1]),  # the later node comes first
]


@pytest.mark.parametrize(("num_inputs", "num_outputs", "links", "activations", "sizes"), CASES)
def test_levels_of_small_networks(
    num_inputs: int, num_outputs: int, links: list[list[int]], activations: list[int], sizes: list[int]
) -> None:
    topology = of(links, activations, num_inputs, num_outputs)
    assert [last - first for first, last in topology.level_bounds()] == sizes
    assert topology.num_connections == len(links)


def test_what_no_output_depends_on_is_left_out() -> None:
    """Hidden 4 feeds the output; 5 reads 4 and ends there; 6 → 5 too; 7 feeds it by a disabled connection only."""
    topology = of([[1, 4], [4, 3], [4, 5], [6, 5], [1, 6], [1, 7], [7, 3, 0]], [1, 3, 4, 5], 2, 1)
    assert topology.hidden.tolist() == [0]
    assert topology.columns.tolist() == [1, 3]
    assert topology.starts.tolist() == [0, 1, 2]


def test_a_node_that_reads_nothing_stays_where_it_is_read() -> None:
    topology = of([[4, 3]], [4], 2, 1)
    assert topology.hidden.tolist() == [0]
    assert topology.starts.tolist() == [0, 0, 1]


def test_rows_are_sorted_by_level_activation_and_number() -> None:
    topology = of([[1, 4], [1, 5], [1, 6], [1, 7], [4, 7], *([node, 3] for node in (4, 5, 6, 7))], [9, 4, 9, 1], 2, 1)
    assert topology.levels.tolist() == [1, 1, 1, 2]
    assert topology.hidden.tolist() == [1, 0, 2, 3]
    assert topology.activations.tolist() == [4, 9, 9, 1]
    assert topology.segments(0, 3) == [(4, 0, 1), (9, 1, 3)]
    assert topology.segments(3, 4) == [(1, 3, 4)]
    assert [topology.node_of_column(column) for column in range(7)] == [0, 1, 2, 5, 4, 6, 7]


@pytest.mark.parametrize("seed", range(20))
def test_grown_networks_read_only_what_lies_below(seed: int) -> None:
    genome = grown(np.random.default_rng(seed), 60)
    topology = Topology.of_genome(genome)
    levels = np.concatenate([np.zeros(1 + topology.num_inputs), topology.levels])
    of_rows = np.concatenate([topology.levels, np.full(topology.num_outputs, topology.num_levels + 1)])
    assert (levels[topology.columns] < of_rows[topology.rows()]).all()
    reads_level_below = np.zeros(topology.num_hidden, dtype=bool)
    for row, column in zip(topology.rows(), topology.columns, strict=True):
        if row < topology.num_hidden:
            reads_level_below[row] |= levels[column] == topology.levels[row] - 1
    assert reads_level_below[topology.levels > 1].all()
    is_read = np.isin(np.arange(topology.num_hidden), topology.columns - 1 - topology.num_inputs)
    assert is_read.all()
    assert topology.num_connections <= genome.num_enabled
