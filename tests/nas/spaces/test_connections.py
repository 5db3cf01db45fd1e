"""Searched connections: the closed form, counting, pasted matrices, what edits and crossings keep."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.cost import blueprint_cost
from nas.connections.variation import Wires, crossed, edited, possible_edges
from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.hardware.cost_check import counted
from nas.spaces.connections import Connections, ConnectionsConfig


def make(**config: Any) -> Connections:
    return Connections(ConnectionsConfig.parse(config))


def random_genotype(space: Connections, seed: int) -> dict[str, Any]:
    """Any edges at all, also such that leave nodes alone and the graph in parts."""
    rng = np.random.default_rng(seed)
    num = space.config.nodes  # type: ignore[attr-defined]
    pairs = possible_edges(num)
    chosen = rng.random(len(pairs)) < rng.uniform(0.05, 1)
    chosen[rng.integers(len(pairs))] = True
    genotype: dict[str, Any] = {"edges": [list(pair) for pair, one in zip(pairs, chosen, strict=True) if one]}
    options = space.config.operations  # type: ignore[attr-defined]
    if len(options) > 1:
        genotype["operations"] = [options[i] for i in rng.integers(len(options), size=num)]
    return space.validate(genotype)


@settings(max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    substrate=st.sampled_from(["vector", "image"]),
    searches=st.booleans(),
    nodes=st.integers(5, 9),
    width=st.integers(4, 9),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 17), st.integers(1, 17)),
)
def test_the_closed_form_is_the_sum_over_the_layers(
    seed: int, substrate: str, searches: bool, nodes: int, width: int, shape: tuple[int, ...]
) -> None:
    space = make(substrate=substrate, nodes=nodes, width=width, searches_operations=searches)
    genotype = random_genotype(space, seed)
    assert space.cost(genotype, shape, 10) == blueprint_cost(space.blueprint(genotype, shape, 10))


@pytest.mark.parametrize("substrate", ["vector", "image"])
def test_cost_equals_the_count_with_operations(substrate: str) -> None:
    space = make(substrate=substrate, nodes=7, searches_operations=True)
    shape = (1, 8, 8)
    for seed in range(3):
        genotype = random_genotype(space, seed)
        count = counted(lambda genotype=genotype: space.build(genotype, shape, 5), shape)
        assert count.differences(space.cost(genotype, shape, 5)) == {}


def test_features_are_read_as_they_are() -> None:
    space = make(nodes=6)
    genotype = random_genotype(space, 0)
    assert space.cost(genotype, (64,), 10).params == space.cost(genotype, (1, 8, 8), 10).params
    with pytest.raises(InvalidGenotype, match="reads images"):
        make(substrate="image").cost(random_genotype(make(substrate="image"), 0), (64,), 10)


def test_counts_are_those_of_an_enumeration() -> None:
    space = make(nodes=4, ws_k=2, searches_operations=True)
    pairs, options = possible_edges(4), space.config.operations  # type: ignore[attr-defined]
    assert len(options) == 3
    genotypes = [
        {"edges": [list(pair) for pair, one in zip(pairs, bits, strict=True) if one], "operations": list(operations)}
        for bits in itertools.product((0, 1), repeat=len(pairs))
        if any(bits)
        for operations in itertools.product(options, repeat=4)
    ]
    size = space.size()
    assert size.upper == size.lower == len(genotypes)
    assert size.distinct == len({space.canonical(genotype) for genotype in genotypes})


def test_nodes_without_an_edge_are_no_part_of_the_network() -> None:
    space = make(nodes=6)
    one, other = ({"edges": [[0, i], [i, 5]]} for i in (2, 4))
    assert space.canonical(one) == space.canonical(other) != space.canonical({"edges": [[0, 2], [0, 5]]})
    assert space.cost(one, (8,), 3) == space.cost(other, (8,), 3)
    network = space.build(one, (8,), 3)
    assert {name for name, _ in network.get_submodule("stage1").named_children()} == {"node0", "node2", "node5"}


def test_a_pasted_matrix_is_read() -> None:
    space = make(nodes=5)
    matrix = [[0, 1, 1.0], [0, 0, True], [0, 0, 0]]
    assert space.validate({"matrix": matrix}) == {"edges": [[0, 1], [0, 2], [1, 2]]}
    complete = next(preset for preset in space.presets() if preset.name == "complete")
    assert space.validate({"matrix": np.triu(np.ones((5, 5), int), 1).tolist()}) == complete.genotype


@pytest.mark.parametrize(
    ("matrix", "field", "said"),
    [
        ([[0, 1], [1, 0]], "matrix.1.0", "close a cycle"),
        ([[1, 1], [0, 0]], "matrix.0.0", "close a cycle"),
        ([[0, 1, 0], [0, 0, 1]], "matrix.0", "square"),
        ([[0, 1], [0]], "matrix.1", "square"),
        ([[0, float("nan")], [0, 0]], "matrix.0.1", "1 for an edge"),
        ([[0, 0.5], [0, 0]], "matrix.0.1", "1 for an edge"),
        ([[0, "1"], [0, 0]], "matrix.0.1", "1 for an edge"),
        ([[0, 0], [0, 0]], "matrix", "nothing leads from the input to the output"),
        ([[0] * 9] * 9, "matrix", "expected 2 to 5 rows"),
        ([5, 5], "matrix.0", "list of columns"),
        (None, "matrix", "list of rows"),
    ],
)
def test_a_wrong_matrix_is_refused_in_words(matrix: Any, field: str, said: str) -> None:
    with pytest.raises(InvalidGenotype, match=said) as refusal:
        make(nodes=5).validate({"matrix": matrix})
    assert field in {error.field for error in refusal.value.errors}


@pytest.mark.parametrize(
    ("edges", "field", "said"),
    [
        ([], "edges", "nothing leads"),
        ([[0, 1], [0, 1]], "edges.1", "there already"),
        ([[2, 1]], "edges.0", "close a cycle"),
        ([[0, 5]], "edges.0", "numbers 0 to 4"),
        ([[0, True]], "edges.0", "numbers 0 to 4"),
        ([[0, 1, 2]], "edges.0", "expected 2 nodes"),
    ],
)
def test_wrong_edges_are_refused_in_words(edges: Any, field: str, said: str) -> None:
    with pytest.raises(InvalidGenotype, match=said) as refusal:
        make(nodes=5).validate({"edges": edges})
    assert [error.field for error in refusal.value.errors] == [field]


def test_ten_thousand_changes_are_networks_and_keep_the_number_of_edges() -> None:
    """Neutral generations: no selection, so nothing but the operators could change the density."""
    num, rng = 16, np.random.default_rng(5)
    pairs = possible_edges(num)
    population = [
        Wires(frozenset(pairs[i] for i in rng.choice(len(pairs), 32, replace=False)), None) for _ in range(100)
    ]
    for generation in range(100):
        mothers, fathers = rng.permutation(100).tolist(), rng.permutation(100).tolist()
        how = "block" if generation % 2 else "uniform"
        crossings = [
            crossed(population[a], population[b], num, how, rng) for a, b in zip(mothers, fathers, strict=True)
        ]
        population = [edited(child, num, (), rng)[0] for child in crossings]
        assert all(0 <= i < j < num for child in population for i, j in child.edges)
    mean_edges = np.mean([len(child.edges) for child in population])
    assert abs(mean_edges - 32) < 3.2


def test_edits_occur_as_often_as_they_are_meant_to() -> None:
    rng = np.random.default_rng(0)
    before = Wires(frozenset(possible_edges(12)[::3]), ("a",) * 12)
    kinds = [kind for _ in range(4000) for kind in edited(before, 12, ("a", "b"), rng)[1]]
    assert len(kinds) / 4000 == pytest.approx(2, abs=0.1)  # 1 + Poisson(1)
    shares = {kind: kinds.count(kind) / len(kinds) for kind in set(kinds)}
    assert shares == pytest.approx({"rewire": 0.5, "add": 0.2, "remove": 0.2, "operation": 0.1}, abs=0.02)


def test_a_rewired_edge_keeps_one_end() -> None:
    rng = np.random.default_rng(1)
    before = Wires(frozenset({(3, 5)}), None)
    for _ in range(300):
        after, kinds = edited(before, 9, (), rng)
        if kinds == ("rewire",):
            ((i, j),) = after.edges
            assert (i == 3) != (j == 5)


def test_blocks_stay_together() -> None:
    num, rng = 8, np.random.default_rng(2)
    everything, nothing = Wires(frozenset(possible_edges(num)), ("a",) * num), Wires(frozenset({(0, 1)}), ("b",) * num)
    for _ in range(50):
        child = crossed(nothing, everything, num, "block", rng)
        assert child.operations is not None
        cut = child.operations.count("b")
        assert child.operations == ("b",) * cut + ("a",) * (num - cut)
        above = {pair for pair in possible_edges(num) if pair[0] >= cut}
        below = {pair for pair in possible_edges(num) if pair[1] < cut}
        assert above <= child.edges
        assert child.edges & below <= nothing.edges


def test_a_crossing_that_leaves_nothing_gets_an_edge() -> None:
    rng = np.random.default_rng(3)
    children = [
        crossed(Wires(frozenset({(0, 1)}), None), Wires(frozenset({(1, 2)}), None), 3, "uniform", rng)
        for _ in range(99)
    ]
    assert all(child.edges for child in children)
    assert frozenset({(0, 2)}) in {child.edges for child in children}


def test_a_graph_too_small_for_its_generator_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="need more than 6 nodes"):
        make(nodes=6, ws_k=6)
