"""How lists of connections are changed and crossed. Every set of edges i → j with i < j is a network; nothing can close a cycle.

A uniform flip of bits would drive every graph towards half of all edges; these edits keep the expected number of edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from numpy.random import Generator

from nas.core.proposal import Genotype

Edge = tuple[int, int]

_SHARES = {"rewire": 0.5, "add": 0.2, "remove": 0.2, "operation": 0.1}
_TRIES = 50


class Wires(NamedTuple):
    """`edges` from a smaller to a larger node; `operations` of the nodes, None where all do the same."""

    edges: frozenset[Edge]
    operations: tuple[str, ...] | None


def wires_of(genotype: Genotype) -> Wires:
    """Of a genotype of the space `connections`."""
    operations = genotype.get("operations")
    return Wires(edges_of(genotype["edges"]), None if operations is None else tuple(operations))


def genotype_of(wires: Wires) -> Genotype:
    """The inverse of `wires_of`."""
    plain: Genotype = {"edges": [list(edge) for edge in sorted(wires.edges)]}
    return plain if wires.operations is None else {**plain, "operations": list(wires.operations)}


def edges_of(listed: Iterable[Sequence[int]]) -> frozenset[Edge]:
    return frozenset((int(source), int(target)) for source, target in listed)


def possible_edges(num_nodes: int) -> list[Edge]:
    """All of them, in the order of a matrix."""
    return [(i, j) for i in range(num_nodes) for j in range(i + 1, num_nodes)]


def edited(before: Wires, num_nodes: int, options: Sequence[str], rng: Generator) -> tuple[Wires, tuple[str, ...]]:
    """1 + Poisson(1) edits, and what they were; the result differs from `before`.

    An edit moves one end of an edge (1/2), adds an edge (1/5), removes one (1/5) or changes the operation of a node (1/10;
    where nodes have none the others share its part). An edit that is not possible is drawn again.
    """
    names = [name for name in _SHARES if name != "operation" or (before.operations is not None and len(options) > 1)]
    total = sum(_SHARES[name] for name in names)
    while True:
        after, done = before, []
        for _ in range(1 + int(rng.poisson(1.0))):
            changed = None
            while changed is None:
                name = names[rng.choice(len(names), p=[_SHARES[n] / total for n in names])]
                changed = _edit(name, after, num_nodes, options, rng)
            after = changed
            done.append(name)
        if after != before:
            return after, tuple(done)


def crossed(first: Wires, second: Wires, num_nodes: int, how: Literal["uniform", "block"], rng: Generator) -> Wires:
    """Each possible edge, and each node's operation, from either parent with equal chance.

    `block`: a cut is drawn; what lies below it comes from the first, what lies above it from the second, edges across it
    from either. A child without any edge gets one, drawn uniformly.
    """
    cut = int(rng.integers(1, num_nodes)) if how == "block" else None
    edges = set()
    pairs = possible_edges(num_nodes)
    for (i, j), from_second in zip(pairs, rng.integers(2, size=len(pairs)).tolist(), strict=True):
        is_second = from_second if cut is None or i < cut <= j else i >= cut
        if (i, j) in (second if is_second else first).edges:
            edges.add((i, j))
    if not edges:
        edges.add(pairs[rng.integers(len(pairs))])
    if first.operations is None or second.operations is None:
        return Wires(frozenset(edges), None)
    chosen = rng.integers(2, size=num_nodes).tolist() if cut is None else [node >= cut for node in range(num_nodes)]
    mixed = tuple(b if one else a for a, b, one in zip(first.operations, second.operations, chosen, strict=True))
    return Wires(frozenset(edges), mixed)


def active_nodes(edges: Iterable[Sequence[int]]) -> list[int]:
    """Those that an edge touches, in rising order; the others are no part of the network."""
    return sorted({node for edge in edges for node in edge})


def wiring_of(edges: Iterable[Sequence[int]]) -> list[list[int]]:
    """For each active node, renumbered without gaps, the nodes it reads, in rising order."""
    listed = [(int(i), int(j)) for i, j in edges]
    place = {node: number for number, node in enumerate(active_nodes(listed))}
    wiring: list[list[int]] = [[] for _ in place]
    for source, target in sorted(listed):
        wiring[place[target]].append(place[source])
    return wiring


def _edit(name: str, before: Wires, num_nodes: int, options: Sequence[str], rng: Generator) -> Wires | None:
    """None where it cannot be done."""
    edges, operations = before
    if name == "operation":
        assert operations is not None
        node = int(rng.integers(num_nodes))
        others = [option for option in options if option != operations[node]]
        chosen = others[rng.integers(len(others))]
        return Wires(edges, (*operations[:node], chosen, *operations[node + 1 :]))
    listed = sorted(edges)  # a set has no order that a seed could rely on
    if name == "remove":
        if len(listed) == 1:
            return None
        return Wires(edges - {listed[rng.integers(len(listed))]}, operations)
    if name == "add":
        gaps = [pair for pair in possible_edges(num_nodes) if pair not in edges]
        return Wires(edges | {gaps[rng.integers(len(gaps))]}, operations) if gaps else None
    for _ in range(_TRIES):
        i, j = listed[rng.integers(len(listed))]
        moved = (int(rng.integers(j)), j) if rng.random() < 0.5 else (i, int(rng.integers(i + 1, num_nodes)))
        if moved not in edges:
            return Wires(edges - {(i, j)} | {moved}, operations)
    return None
