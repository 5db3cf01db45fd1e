"""Reading connections that came from outside: a list of edges, or a pasted connection matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import comb

from nas.connections.variation import Edge
from nas.core.shown import shown
from nas.spaces.genotype_reader import GenotypeReader

_NO_WAY = "no node is joined to another, so nothing leads from the input to the output; give at least one edge"


def read_connections(value: object, num_nodes: int, options: Sequence[str]) -> tuple[list[Edge], list[str]]:
    """Sorted edges, and the operations (none where `options` leaves no choice). Raises InvalidGenotype with all faults."""
    reader = GenotypeReader()
    is_matrix = isinstance(value, Mapping) and "matrix" in value
    names = ["matrix" if is_matrix else "edges"] + (["operations"] if len(options) > 1 else [])
    given = reader.fields("", value, names)
    edges: list[Edge] = []
    operations: list[str] = []
    if given is not None:
        read = _read_matrix if is_matrix else _read_edges
        edges = read(reader, given["matrix" if is_matrix else "edges"], num_nodes)
        if len(options) > 1:
            items = reader.items("operations", given["operations"], at_least=num_nodes, at_most=num_nodes, of="nodes")
            operations = [reader.choice(f"operations.{i}", item, options) for i, item in enumerate(items or ())]
        if reader.is_clean and not edges:
            reader.error("matrix" if is_matrix else "edges", _NO_WAY)
    reader.finish()
    return sorted(edges), operations


def _read_edges(reader: GenotypeReader, value: object, num_nodes: int) -> list[Edge]:
    items = reader.items("edges", value, at_least=0, at_most=comb(num_nodes, 2), of="edges") or []
    edges: dict[Edge, int] = {}
    for place, item in enumerate(items):
        field = f"edges.{place}"
        pair = reader.items(field, item, at_least=2, at_most=2, of="nodes")
        if pair is None:
            continue
        if not all(type(node) is int and 0 <= node < num_nodes for node in pair):
            reader.error(field, f"nodes are the numbers 0 to {num_nodes - 1}, got {shown(item)}")
        elif pair[0] >= pair[1]:
            reader.error(
                field,
                f"an edge leads from a smaller number to a larger one, or it would close a cycle; got {shown(item)}",
            )
        elif (edge := (pair[0], pair[1])) in edges:
            reader.error(field, f"the edge {shown(item)} is there already, at {edges[edge]}")
        else:
            edges[edge] = place
    return list(edges)


def _read_matrix(reader: GenotypeReader, value: object, num_nodes: int) -> list[Edge]:
    """A matrix of fewer nodes than the space has leaves the others without edges."""
    rows = reader.items("matrix", value, at_least=2, at_most=num_nodes, of="rows")
    if rows is None:
        return []
    edges: list[Edge] = []
    for i, row in enumerate(rows):
        if isinstance(row, (list, tuple)) and len(row) != len(rows):
            reader.error(
                f"matrix.{i}", f"the matrix must be square: it has {len(rows)} rows, this one {len(row):,} columns"
            )
            continue
        for j, entry in enumerate(reader.items(f"matrix.{i}", row, at_least=0, at_most=num_nodes, of="columns") or ()):
            if type(entry) not in (int, float, bool) or entry not in (0, 1):  # NaN is neither
                reader.error(f"matrix.{i}.{j}", f"must be 1 for an edge or 0 for none, got {shown(entry)}")
            elif entry and i >= j:
                reader.error(
                    f"matrix.{i}.{j}",
                    f"an edge from node {i} to node {j} would close a cycle or run backwards; number the nodes in the "
                    "order they run, so that every 1 stands above the diagonal",
                )
            elif entry:
                edges.append((i, j))
    return edges
