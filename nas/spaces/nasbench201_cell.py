"""The cell of NAS-Bench-201: its edges, its published text form, its canonical form, what of it is alive.

Dong and Yang 2020, arXiv 2001.00326; the topology space of NATS-Bench, arXiv 2009.00437.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import product

from nas.core.errors import InvalidGenotype
from nas.core.shown import shown
from nas.hardware.memory import Step, peak_activation

OPERATION_NAMES = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""In the index order of every published table."""

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(source, target) of the six edges, in the order of genotypes; node 0 is the input, node 3 the output."""

NUM_NODES = 4

_PATH_OPERATIONS = ("avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3", "none", "skip_connect")
"""In the order in which naszilla counts paths (arXiv 1910.11858, reference code)."""

_PATHS = ((3,), (0, 4), (1, 5), (0, 2, 5))
"""The four ways from input to output, as places in EDGES."""

_NUM_BY_LENGTH = {length: len(_PATH_OPERATIONS) ** length for length in (1, 2, 3)}

NUM_PATHS = sum(_NUM_BY_LENGTH.values())

_GROUPS = tuple(tuple(i for i, edge in enumerate(EDGES) if edge[1] == node) for node in range(1, NUM_NODES))
_TERM = re.compile(r"([^~|+]+)~([0-9])")


def cell_to_string(edges: Sequence[str]) -> str:
    """`|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`, the text every table of the benchmark uses."""
    return "+".join("|" + "".join(f"{edges[i]}~{EDGES[i][0]}|" for i in group) for group in _GROUPS)


def cell_from_string(text: str, *, field: str = "string") -> list[str]:
    """The six operations of a published string. Raises InvalidGenotype at `field` for anything but the exact form."""
    edges: list[str] = []
    groups = text.strip().split("+")
    if len(groups) != len(_GROUPS):
        raise InvalidGenotype.at(
            field, f"expected {len(_GROUPS)} groups joined by +, one per node, got {len(groups):,} in {shown(text)}"
        )
    for node, (group, members) in enumerate(zip(groups, _GROUPS, strict=True), start=1):
        terms = group[1:-1].split("|") if len(group) > 2 and group[0] == group[-1] == "|" else []
        if len(terms) != len(members):
            shape = "|" + "".join(f"op~{EDGES[i][0]}|" for i in members)
            raise InvalidGenotype.at(field, f"the group of node {node} has the form {shape}, got {shown(group)}")
        for term, member in zip(terms, members, strict=True):
            source = EDGES[member][0]
            match = _TERM.fullmatch(term)
            if match is None or int(match[2]) != source:
                raise InvalidGenotype.at(field, f"node {node} expects op~{source} here, got {shown(term)}")
            if match[1] not in OPERATION_NAMES:
                raise InvalidGenotype.at(
                    field, f"there is no operation {shown(match[1])}; there are {', '.join(OPERATION_NAMES)}"
                )
            edges.append(match[1])
    return edges


def canonical_cell(edges: Sequence[str]) -> str:
    """What the output computes, as text: the rule by which the benchmark counts 6,466 distinct cells (section 3 of the paper).

    `skip_connect` hands on the text of its source, `none` and whatever reads nothing but it become "#", a node is the
    sorted sum of its terms. Equal texts mean equal functions of equal operations. Two liberties of the published rule
    are kept, because the published count and tables rest on it: a sum keeps its "#" terms, so some cells that differ
    in an idle edge only stay apart; and a convolution that is read twice equals two convolutions of the same input.
    """
    e01, e02, e12, e03, e13, e23 = edges
    node1 = _term(e01, "0")
    node2 = "+".join(sorted((_term(e02, "0"), _term(e12, node1))))
    return "+".join(sorted((_term(e03, "0"), _term(e13, node1), _term(e23, node2))))


def _term(operation: str, source: str) -> str:
    if operation == "none" or source == "#":
        return "#"
    return source if operation == "skip_connect" else f"({source})@{operation}"


def path_indices(edges: Sequence[str], *, drop_dead_paths: bool = True) -> list[int]:
    """Which of the 155 possible paths the cell has, ascending; a path of length k begins after all shorter ones and counts
    its operations with base 5, the first one fastest. `drop_dead_paths` leaves out those that `none` cuts; the
    reference code keeps them.
    """
    found = set()
    for path in _PATHS:
        operations = [edges[place] for place in path]
        if drop_dead_paths and "none" in operations:
            continue
        base = sum(number for length, number in _NUM_BY_LENGTH.items() if length < len(path))
        digits = (_PATH_OPERATIONS.index(operation) for operation in operations)
        found.add(base + sum(digit * len(_PATH_OPERATIONS) ** place for place, digit in enumerate(digits)))
    return sorted(found)


@lru_cache(maxsize=32)
def num_distinct_cells(operations: tuple[str, ...]) -> int:
    """How many canonical forms the cells over `operations` have (6,466 over all five); counted, O(n^6), then remembered."""
    return len({canonical_cell(edges) for edges in product(operations, repeat=len(EDGES))})


def live_edges(edges: Sequence[str]) -> tuple[bool, ...]:
    """Per edge: does it lie on a path from input to output that no `none` cuts?"""
    fed, read = {0}, {NUM_NODES - 1}
    for (source, target), operation in zip(EDGES, edges, strict=True):
        if operation != "none" and source in fed:
            fed.add(target)
    for (source, target), operation in reversed(tuple(zip(EDGES, edges, strict=True))):
        if operation != "none" and target in read:
            read.add(source)
    return tuple(
        operation != "none" and source in fed and target in read
        for (source, target), operation in zip(EDGES, edges, strict=True)
    )


@lru_cache(maxsize=15_625)  # every cell there is
def cell_peak(edges: tuple[str, ...]) -> int:
    """Peak activation memory inside one cell, in tensors of the cell's shape; edges that are not alive are left out."""
    steps: list[Step] = []
    values = {0: "input"}
    alive = live_edges(edges)
    for place, ((source, target), operation) in enumerate(zip(EDGES, edges, strict=True)):
        if not alive[place]:
            continue
        steps.extend(_edge_steps(operation, values[source], f"edge{place}"))
        if target in values:
            steps.append(Step("add", (values[target], f"edge{place}"), f"sum{place}", 1, "in_place"))
            values[target] = f"sum{place}"
        else:
            values[target] = f"edge{place}"
    if NUM_NODES - 1 not in values:  # nothing reaches the output: the cell answers with zeros
        steps.append(Step("zeros", (), "zeros", 1))
        values[NUM_NODES - 1] = "zeros"
    return peak_activation(steps, {"input": 1}, frozenset({values[NUM_NODES - 1]})).elements


def _edge_steps(operation: str, source: str, target: str) -> list[Step]:
    if operation == "skip_connect":
        return [Step(operation, (source,), target, 1, "alias")]
    if operation == "avg_pool_3x3":
        return [Step(operation, (source,), target, 1)]
    return [  # batch norm works in place on what the convolution wrote
        Step("relu", (source,), f"{target}.relu", 1, "in_place"),
        Step(operation, (f"{target}.relu",), target, 1),
    ]
