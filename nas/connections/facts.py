"""What pages show of a population of connections: its best as a matrix with what changed, its front, degrees and paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nas.analysis.paths import path_statistics
from nas.analysis.ranking import non_dominated_ranks
from nas.connections.population import Member
from nas.connections.variation import Wires, active_nodes
from nas.core.graph import Edge, Graph, Node

_MOST_SHOWN = 100


def population_facts(members: Sequence[Member], num_nodes: int, generation: int) -> Mapping[str, Any]:
    """JSON. `members` with a score, the best by score first."""
    best = members[0]
    return {
        "generation": generation,
        "best": {
            "genotype": best.genotype,
            "score": best.score,
            "born": best.born,
            "operator": best.operator,
            "metrics": dict(best.metrics),
        },
        "matrix": changed_matrix(best, num_nodes),
        "front": [[member.score, len(member.wires.edges)] for member in front_of(members)[:_MOST_SHOWN]],
        "degrees": _degrees(members, num_nodes),
        "paths": path_facts(best.wires),
    }


def changed_matrix(member: Member, num_nodes: int) -> list[list[int]]:
    """Row i, column j for the edge i → j: 0 none, 1 since its ancestor, 2 new since then, -1 gone since then."""
    now, before = member.wires.edges, member.origin
    return [
        [
            1 if (i, j) in now & before else 2 if (i, j) in now else -1 if (i, j) in before else 0
            for j in range(num_nodes)
        ]
        for i in range(num_nodes)
    ]


def front_of(members: Sequence[Member]) -> list[Member]:
    """Those that no other beats in score and number of edges, the best score first; one of each pair of numbers."""
    losses = [(-member.score, float(len(member.wires.edges))) for member in members]
    ranks = non_dominated_ranks(losses)
    found = {
        loss: member for loss, member, rank in reversed(list(zip(losses, members, ranks, strict=True))) if rank == 0
    }
    return [found[loss] for loss in sorted(found)]


def path_facts(wires: Wires) -> Mapping[str, Any]:
    """Depth, width and input → output paths by length; every node that reads no other reads the input."""
    nodes = active_nodes(wires.edges)
    sources, targets = {s for s, _ in wires.edges}, {t for _, t in wires.edges}
    edges = [Edge(str(s), str(t)) for s, t in sorted(wires.edges)]
    edges += [Edge("input", str(node)) for node in nodes if node not in targets]
    edges += [Edge(str(node), "output") for node in nodes if node not in sources]
    named = [Node(name, name, "node") for name in ("input", *map(str, nodes), "output")]
    found = path_statistics(Graph(tuple(named), tuple(edges), inputs=("input",), outputs=("output",)))
    kept = ("depth", "width", "total_paths", "num_paths", "mean_length", "std_length", "entropy_bits")
    return {name: value for name, value in found.as_json().items() if name in kept}


def _degrees(members: Sequence[Member], num_nodes: int) -> Mapping[str, Any]:
    """Mean in- and out-degree of each node over the population, and how many nodes of the best have which degree."""
    best = members[0].wires.edges
    found: dict[str, Any] = {}
    for name, end in (("out", 0), ("in", 1)):
        totals = Counter(edge[end] for member in members for edge in member.wires.edges)
        own = Counter(edge[end] for edge in best)
        spread = Counter(own[node] for node in active_nodes(best))
        found[name] = {
            "mean": [totals[node] / len(members) for node in range(num_nodes)],
            "best": [own[node] for node in range(num_nodes)],
            "histogram": [[degree, spread[degree]] for degree in sorted(spread)],
        }
    return found
