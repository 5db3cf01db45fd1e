"""Random graphs as wirings: what each generator promises, and networkx's opinion on the same laws."""

from __future__ import annotations

import json
from itertools import combinations, product
from pathlib import Path
from statistics import mean, pstdev

import networkx as nx
import numpy as np
import pytest

from nas.core.errors import ConstraintLeavesNothing
from nas.spaces.wiring_graphs import (
    Wiring,
    barabasi_albert,
    connected,
    erdos_renyi,
    num_connected,
    num_connected_graphs,
    watts_strogatz,
)

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "random_wiring.json").read_text())


def undirected(wiring: Wiring) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(wiring)))
    graph.add_edges_from((source, node) for node, sources in enumerate(wiring) for source in sources)
    return graph


def edges(wiring: Wiring) -> set[tuple[int, int]]:
    return {(source, node) for node, sources in enumerate(wiring) for source in sources}


def means_agree(ours: list[float], theirs: list[float]) -> bool:
    """Within four standard errors of the difference."""
    error = (pstdev(ours) ** 2 / len(ours) + pstdev(theirs) ** 2 / len(theirs)) ** 0.5
    return abs(mean(ours) - mean(theirs)) <= 4 * error + 1e-12


@pytest.mark.parametrize(("k", "p"), [(2, 0.5), (4, 0.0), (4, 0.75), (6, 1.0)])
def test_rewiring_keeps_the_number_of_edges(k: int, p: float) -> None:
    for seed in range(20):
        wiring = watts_strogatz(16, k, p, np.random.default_rng(seed))
        assert len(edges(wiring)) == 16 * k // 2
        assert all(sources == sorted(set(sources)) for sources in wiring)
        assert all(source < node for source, node in edges(wiring))


@pytest.mark.parametrize(("n", "k"), [(8, 2), (9, 4), (32, 8)])
def test_the_ring_without_rewiring_is_networkx_s(n: int, k: int) -> None:
    assert (
        undirected(watts_strogatz(n, k, 0.0, np.random.default_rng(0))).edges
        == nx.watts_strogatz_graph(n, k, 0.0).edges
    )


@pytest.mark.parametrize("p", [0.25, 0.75, 1.0])
def test_rewired_rings_have_the_law_of_networkx_s(p: float) -> None:
    rng = np.random.default_rng(1)
    ours = [undirected(watts_strogatz(16, 4, p, rng)) for _ in range(250)]
    theirs = [nx.watts_strogatz_graph(16, 4, p, seed=seed) for seed in range(250)]
    for figure in (nx.average_clustering, lambda g: max(dict(g.degree).values()), lambda g: g.degree[0]):
        assert means_agree([figure(g) for g in ours], [figure(g) for g in theirs])


def test_preferential_attachment_begins_with_lonely_nodes() -> None:
    for m, seed in product((1, 3, 7), range(10)):
        wiring = barabasi_albert(16, m, np.random.default_rng(seed))
        assert [len(sources) for sources in wiring] == [0] * m + [m] * (16 - m)
        assert wiring[m] == list(range(m))
        assert num_connected(wiring) == 16


@pytest.mark.parametrize("m", [2, 5])
def test_preferential_attachment_has_the_law_of_networkx_s_from_the_same_start(m: int) -> None:
    rng = np.random.default_rng(2)
    ours = [undirected(barabasi_albert(24, m, rng)) for _ in range(250)]
    start = nx.Graph([(m, node) for node in range(m)])
    theirs = [nx.barabasi_albert_graph(24, m, seed=seed, initial_graph=start) for seed in range(250)]
    for figure in (lambda g: g.degree[m], lambda g: g.degree[0], lambda g: max(dict(g.degree).values())):
        assert means_agree([figure(g) for g in ours], [figure(g) for g in theirs])


def test_pairs_are_joined_independently_with_their_chance() -> None:
    rng = np.random.default_rng(3)
    drawn = [edges(erdos_renyi(10, 0.3, rng)) for _ in range(2_000)]
    for pair in combinations(range(10), 2):
        assert abs(sum(pair in one for one in drawn) / 2_000 - 0.3) < 0.05
    assert abs(mean(len(one) for one in drawn) - 0.3 * 45) < 0.3
    assert abs(pstdev(len(one) for one in drawn) - (45 * 0.3 * 0.7) ** 0.5) < 0.25
    assert len(edges(erdos_renyi(10, 1.0, rng))) == 45


def test_the_same_seed_draws_the_same_graph() -> None:
    for draw in (
        lambda rng: erdos_renyi(12, 0.4, rng),
        lambda rng: barabasi_albert(12, 3, rng),
        lambda rng: watts_strogatz(12, 4, 0.75, rng),
    ):
        assert draw(np.random.default_rng(5)) == draw(np.random.default_rng(5))
        assert draw(np.random.default_rng(5)) != draw(np.random.default_rng(6))


def test_what_hangs_together_is_networkx_s_opinion_too() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        wiring = erdos_renyi(9, 0.2, rng)
        assert num_connected(wiring) == len(nx.node_connected_component(undirected(wiring), 0))


def test_connected_graphs_are_counted_as_published_and_as_found_by_trying() -> None:
    assert [num_connected_graphs(n) for n in range(1, 8)] == GOLDEN["num_connected_graphs"]
    pairs = list(combinations(range(4), 2))
    found = 0
    for chosen in product((False, True), repeat=len(pairs)):
        kept = [pair for pair, is_edge in zip(pairs, chosen, strict=True) if is_edge]
        found += num_connected([[i for i, j in kept if j == node] for node in range(4)]) == 4
    assert found == num_connected_graphs(4)


def test_only_connected_graphs_are_drawn_and_hopeless_settings_named() -> None:
    rng = np.random.default_rng(6)
    for _ in range(50):
        assert num_connected(connected(lambda: erdos_renyi(10, 0.2, rng), "ER(0.2)")) == 10
    with pytest.raises(ConstraintLeavesNothing, match=r"ER\(0.01\)"):
        connected(lambda: erdos_renyi(30, 0.01, rng), "ER(0.01)")
