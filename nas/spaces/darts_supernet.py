"""The supernet of DARTS: every operation, and none, on every edge of both cells.

Liu et al. 2019, arXiv 1806.09055, sections 2.1 and 2.2, appendix A.1.1; published code quark0/darts, cnn/model_search.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.choice import SEARCH_ONLY, Candidate, choose, without_scales
from nas.blueprint.draft import Draft, Value
from nas.core.errors import InvalidGenotype
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Row
from nas.operations.convolutions import batch_norm
from nas.operations.primitives.merging import Add, Concat
from nas.spaces.cells.family import NORMAL, NUM_INPUTS
from nas.spaces.cells.stacking import Place, Stacking
from nas.spaces.darts_network import FAMILY

NONE = "none"
"""The first option of every row; no architecture holds it, an edge that is not chosen takes it."""

KINDS = ("normal", "reduction")

_POOLS = frozenset({"max_pool_3x3", "avg_pool_3x3"})

_EDGES_PER_NODE = 2


def sources(node: int) -> range:
    """The states that a node may read: the two inputs and the nodes before it."""
    return range(NUM_INPUTS + node)


def edge_rows(operations: Sequence[str], num_nodes: int) -> tuple[Row, ...]:
    """One per kind of cell and edge, node by node, inside a node by the state that is read: "normal.0-2" is the first."""
    options = (NONE, *operations)
    return tuple(
        Row(f"{kind}.{source}-{NUM_INPUTS + node}", kind, options)
        for kind in KINDS
        for node in range(num_nodes)
        for source in sources(node)
    )


def path_of_cells(genotype: Genotype, operations: Sequence[str]) -> tuple[int, ...]:
    path = []
    for kind in KINDS:
        for node, block in enumerate(genotype[kind]["blocks"]):
            chosen = dict(zip(block["inputs"], block["operations"], strict=True))
            path += [1 + operations.index(chosen[s]) if s in chosen else 0 for s in sources(node)]
    return tuple(path)


def cells_of_path(path: Sequence[int], operations: Sequence[str], num_nodes: int) -> Genotype:
    """The inverse of `path_of_cells`. Raises InvalidGenotype where a node does not read two states."""
    given = iter(path)
    return {kind: {"blocks": [_chosen(given, operations, kind, node) for node in range(num_nodes)]} for kind in KINDS}


def _chosen(given: Iterator[int], operations: Sequence[str], kind: str, node: int) -> dict[str, Any]:
    options = [next(given) for _ in sources(node)]
    edges = [(source, operations[option - 1]) for source, option in enumerate(options) if option]
    if len(edges) != _EDGES_PER_NODE:
        raise InvalidGenotype.at(
            f"{kind}.blocks.{node}.inputs", f"a node reads two different states, this path gives it {len(edges)}"
        )
    return {"inputs": [source for source, _ in edges], "operations": [operation for _, operation in edges]}


def derived_cells(probabilities: Sequence[Sequence[float]], operations: Sequence[str], num_nodes: int) -> Genotype:
    """Per node the two strongest edges, each with its strongest operation (section 2.4 of the paper).

    The strength of an edge is the probability of its strongest operation, `none` left out. Of equal ones the lower state
    and the earlier operation win, as in the published code.
    """
    rows = iter(probabilities)
    cells = {}
    for kind in KINDS:
        blocks = []
        for node in range(num_nodes):
            edges = [np.asarray(next(rows), float)[1:] for _ in sources(node)]
            strongest = sorted(sources(node), key=lambda source: -float(edges[source].max()))  # stable
            kept = sorted(strongest[:_EDGES_PER_NODE])
            blocks.append({"inputs": kept, "operations": [operations[int(edges[s].argmax())] for s in kept]})
        cells[kind] = {"blocks": blocks}
    return cells


def write_supernet(
    stacking: Stacking, operations: Sequence[str], num_nodes: int, input_shape: Shape, num_classes: int
) -> Blueprint:
    """Inside the cells batch norm has no scale and shift, and follows each pooling; the stem is as in an architecture.

    Raises InvalidGenotype when the network cannot be laid over these images.
    """
    stacking.check(input_shape)
    draft = Draft(tuple(input_shape))
    x = draft.inputs[0]
    values = []
    for number, stem in enumerate(stacking.stems):
        with draft.group(f"stem{number + 1}" if len(stacking.stems) > 1 else "stem", stem.label):
            x = stem.operation(draft, x, *stem.settings)
        values.append(x)
    for place, groups in zip(stacking.places, stacking.names(), strict=True):
        with ExitStack() as stack:
            for name, label in groups:
                stack.enter_context(draft.group(name, label))
            values.append(_open_cell(draft, place, values, operations, num_nodes))
    with draft.group("head", "Head"):
        return draft.finish(stacking.head(draft, values[-1], num_classes, *stacking.head_settings))


def _open_cell(draft: Draft, place: Place, values: Sequence[Value], operations: Sequence[str], num_nodes: int) -> Value:
    newer = values[place.newer]
    older = values[place.newer if place.older is None else place.older]
    stride = 1 if older.shape[1:] == newer.shape[1:] else 2
    with draft.group("older", "Older input"):
        older = _unscaled(draft, older, partial(_aligned_older, place.filters, stride))
    with draft.group("newer", "Newer input"):
        newer = _unscaled(draft, newer, partial(_aligned_newer, place.filters))
    states = [newer if index == FAMILY.newer else older for index in range(NUM_INPUTS)]
    rows_before = place.kind * sum(len(sources(node)) for node in range(num_nodes))
    for node in range(num_nodes):
        with draft.group(f"block{node + 1}", f"Node {node + 1}"):
            edges = []
            for source in sources(node):
                stride = 1 if source >= NUM_INPUTS or place.kind == NORMAL else 2
                with draft.group(f"from{source}", f"From state {source}"):
                    candidates = [partial(_candidate, name, stride) for name in (NONE, *operations)]
                    edges.append(choose(draft, rows_before + source, candidates, states[source], scales=False))
            total = edges[0]
            for edge in edges[1:]:
                total = draft.apply(Add(), total, edge)
        states.append(total)
        rows_before += len(sources(node))
    with draft.group("output", "Output"):
        nodes = states[NUM_INPUTS:]
        return draft.apply(Concat(), *nodes) if len(nodes) > 1 else nodes[0]


def _candidate(name: str, stride: int, draft: Draft, x: Value) -> Value:
    y = FAMILY.write(name)(draft, x, x.channels, stride)
    if name not in _POOLS:
        return y
    with draft.group(SEARCH_ONLY):
        return batch_norm(draft, y)


def _aligned_newer(filters: int, draft: Draft, x: Value) -> Value:
    return FAMILY.align_newer(draft, x, filters)


def _aligned_older(filters: int, stride: int, draft: Draft, x: Value) -> Value:
    return FAMILY.align_older(draft, x, filters, stride)


def _unscaled(draft: Draft, x: Value, write: Candidate) -> Value:
    """What `write` writes, with batch norms that have no scale and shift."""
    inner = Draft(x.shape)
    written = without_scales(inner.finish(write(inner, inner.inputs[0])))
    values = [x]
    for layer in written.layers:
        reads = [values[read] for read in layer.reads]
        values.append(draft.apply(layer.primitive, *reads, name=layer.path[-1]))
    return values[written.outputs[0]]
