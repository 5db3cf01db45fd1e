"""Random graphs as wirings: three classical generators, their undirected graphs directed by node number.

Xie et al. 2019, arXiv 1904.01569, section 3.2. A wiring lists, for each node, the nodes it reads, in rising order; all of
them have smaller numbers. Own code rather than a library's, so that a seed draws the same graph for years.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import comb

from numpy.random import Generator

from nas.core.errors import ConstraintLeavesNothing

Wiring = list[list[int]]

TRIES = 200


def erdos_renyi(num_nodes: int, probability: float, rng: Generator) -> Wiring:
    """ER(P): every pair is joined with `probability`, independently; then the nodes are numbered at random."""
    number = rng.permutation(num_nodes).tolist()
    joined = rng.random(comb(num_nodes, 2)) < probability
    neighbours = _no_edges(num_nodes)
    pairs = ((i, j) for i in range(num_nodes) for j in range(i + 1, num_nodes))
    for (i, j), is_edge in zip(pairs, joined.tolist(), strict=True):
        if is_edge:
            _join(neighbours, number[i], number[j])
    return _wiring(neighbours)


def barabasi_albert(num_nodes: int, num_links: int, rng: Generator) -> Wiring:
    """BA(M): nodes join one by one, each to `num_links` others, drawn with chances proportional to their degrees.

    It begins with M nodes and no edges; the first to join links to all of them. Numbered in the order of joining.
    """
    neighbours = _no_edges(num_nodes)
    ends: list[int] = []  # every node as often as its degree
    targets = set(range(num_links))
    for node in range(num_links, num_nodes):
        for target in targets:
            _join(neighbours, node, target)
        ends += [*sorted(targets), *num_links * [node]]
        targets = set()
        while node + 1 < num_nodes and len(targets) < num_links:
            targets.add(ends[rng.integers(len(ends))])
    return _wiring(neighbours)


def watts_strogatz(num_nodes: int, num_neighbours: int, probability: float, rng: Generator) -> Wiring:
    """WS(K, P): a ring in which each node is joined to K / 2 on either side; each edge moves its far end with `probability`.

    Edges to the next node are visited first, clockwise, then those to the next but one, and so on. The new end is any node
    that is not yet a neighbour. Numbered clockwise.
    """
    neighbours = _no_edges(num_nodes)
    reach = range(1, num_neighbours // 2 + 1)
    for step in reach:
        for node in range(num_nodes):
            _join(neighbours, node, (node + step) % num_nodes)
    for step in reach:
        for node, chance in enumerate(rng.random(num_nodes).tolist()):
            if chance >= probability or len(neighbours[node]) == num_nodes - 1:
                continue
            end = node
            while end == node or end in neighbours[node]:
                end = int(rng.integers(num_nodes))
            _part(neighbours, node, (node + step) % num_nodes)
            _join(neighbours, node, end)
    return _wiring(neighbours)


def connected(draw: Callable[[], Wiring], what: str) -> Wiring:
    """The first of at most 200 draws whose graph hangs together. Raises ConstraintLeavesNothing, which names `what`."""
    for _ in range(TRIES):
        wiring = draw()
        if num_connected(wiring) == len(wiring):
            return wiring
    raise ConstraintLeavesNothing(f"none of {TRIES} graphs {what} was connected; allow more edges")


def num_connected(wiring: Sequence[Sequence[int]]) -> int:
    """How many nodes hang together with node 0, in whatever direction."""
    beside = [0] * len(wiring)  # sets of nodes as bits
    for node, sources in enumerate(wiring):
        for source in sources:
            beside[node] |= 1 << source
            beside[source] |= 1 << node
    found = fresh = 1
    while fresh:
        node = fresh.bit_length() - 1
        fresh ^= 1 << node
        new = beside[node] & ~found
        found |= new
        fresh |= new
    return found.bit_count()


@lru_cache(maxsize=64)
def num_connected_graphs(num_nodes: int) -> int:
    """Graphs on labelled nodes that hang together: all graphs less those in which node 0's part is smaller. O(n²)."""
    if num_nodes <= 1:
        return 1
    apart = sum(
        comb(num_nodes - 1, part - 1) * num_connected_graphs(part) << comb(num_nodes - part, 2)
        for part in range(1, num_nodes)
    )
    return (1 << comb(num_nodes, 2)) - apart


def _no_edges(num_nodes: int) -> list[set[int]]:
    return [set() for _ in range(num_nodes)]


def _join(neighbours: list[set[int]], one: int, other: int) -> None:
    neighbours[one].add(other)
    neighbours[other].add(one)


def _part(neighbours: list[set[int]], one: int, other: int) -> None:
    neighbours[one].discard(other)
    neighbours[other].discard(one)


def _wiring(neighbours: list[set[int]]) -> Wiring:
    return [sorted(other for other in beside if other < node) for node, beside in enumerate(neighbours)]
