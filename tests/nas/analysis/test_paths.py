"""Path statistics: published wirings by the formula, counts against walking every path, width against trying every set."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.analysis.parts import connected_parts
from nas.analysis.paths import path_statistics
from nas.core.graph import Edge, Graph, Group, Node

Wire = tuple[str, str, str]


def graph_of(wires: list[Wire], levels: dict[str, int], kinds: dict[str, str] | None = None) -> Graph:
    """Nodes in the order in which wires name them, sums unless `kinds` says else; `levels` are halvings of 64 pixels."""
    names = list(dict.fromkeys(name for source, target, _ in wires for name in (source, target)))
    sides = {name: 64 >> levels[name] for name in names}
    return Graph(
        tuple(Node(name, name, (kinds or {}).get(name, "add"), shape=(8, sides[name], sides[name])) for name in names),
        tuple(Edge(source, target, operation) for source, target, operation in wires),
    )


def chain(length: int) -> Graph:
    nodes = tuple(Node(f"n{i}", "conv", "conv" if i else "input") for i in range(length + 1))
    return Graph(nodes, tuple(Edge(f"n{i}", f"n{i + 1}") for i in range(length)))


def residual(num_blocks: int) -> Graph:
    nodes, edges, last = [Node("in", "in", "input")], [], "in"
    for i in range(num_blocks):
        nodes += [Node(f"c{i}", "conv", "conv"), Node(f"s{i}", "+", "add")]
        edges += [Edge(last, f"c{i}"), Edge(f"c{i}", f"s{i}"), Edge(last, f"s{i}")]
        last = f"s{i}"
    return Graph(tuple(nodes), tuple(edges))


def darts(cell: str, *, reduces: bool) -> Graph:
    """Four sums of two edges each ("s1": s on the edge from state 1) and the concatenation of the sums."""
    wires = [(pair[1], str(2 + i // 2), pair[0]) for i, pair in enumerate(cell.split())]
    wires += [(str(state), "concat", "identity") for state in range(2, 6)]
    levels = {name: int(reduces and name not in "01") for name in ("0", "1", "2", "3", "4", "5", "concat")}
    return graph_of(wires, levels, {"concat": "concat"})


def pyramid(wires: list[tuple[str, str]]) -> Graph:
    level = {f"{kind}{n}": n - 3 for kind in "CPN" for n in range(3, 8)}
    return graph_of([(source, target, "r") for source, target in wires], level)


def nas_fpn() -> Graph:
    """Ghiasi et al. 2019, arXiv 1904.07392: the published pyramid, with the unused features added."""
    merges: list[tuple[int, str, tuple[int, ...]]] = [
        (4, "attention", (1, 3)), (4, "sum", (1, 5)), (3, "sum", (0, 6)), (4, "sum", (6, 7)),
        (5, "attention", (7, 8, 2)), (7, "attention", (6, 9, 4)), (6, "attention", (9, 10)),
    ]  # fmt: skip
    levels = {str(i): i for i in range(5)}
    wires: list[Wire] = []
    kinds: dict[str, str] = {}
    for i, (level, kind, reads) in enumerate(merges):
        levels[str(5 + i)], kinds[str(5 + i)] = level - 3, kind
        wires += [(str(read), str(5 + i), "r") for read in reads]
    return graph_of(wires, levels, kinds)


FPN = [(f"C{n}", f"P{n}") for n in (7, 6, 5, 4, 3)] + [(f"P{n + 1}", f"P{n}") for n in (6, 5, 4, 3)]
PANET = [
    *FPN,
    ("P3", "N3"),
    *((f"P{n}", f"N{n}") for n in (4, 5, 6, 7)),
    *((f"N{n - 1}", f"N{n}") for n in (4, 5, 6, 7)),
]

# s = separable 3×3, k = skip, d = dilated 3×3, m = max pool, a = average pool: Liu et al. 2019, arXiv 1806.09055
PUBLISHED = {
    "chain of 6 equal convolutions": (chain(6), (0, 0, 0, 0, 0)),
    "3 residual blocks": (residual(3), (0.5, 0.3333, 0, 0.2, 0.1958)),
    "DARTS_V1 normal": (darts("s1 s0 k0 s1 k0 s1 s0 k2", reduces=False), (1.4, 0.3333, 0, 0.5, 0.3333)),
    "DARTS_V1 reduce": (darts("m0 m1 k2 m0 m0 k2 k2 a0", reduces=True), (1.4, 0.3333, 0.4167, 0.75, 0.5)),
    "DARTS_V2 normal": (darts("s0 s1 s0 s1 s1 k0 k0 d2", reduces=False), (1.4, 0.3333, 0, 0.75, 0.3958)),
    "DARTS_V2 reduce": (darts("m0 m1 k2 m1 m0 k2 k2 m1", reduces=True), (1.4, 0.3333, 0.4167, 0.5, 0.4375)),
    "FPN": (pyramid(FPN), (0.8, 1.1111, 0.4444, 0.25, 0.4163)),
    "PANet": (pyramid(PANET), (0.8, 1.6667, 0.4444, 0.2222, 0.4340)),
    "NAS-FPN": (nas_fpn(), (1.2857, 1.125, 0.5625, 1, 0.6636)),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_irregularity_of_published_wirings(name: str) -> None:
    graph, expected = PUBLISHED[name]
    found = path_statistics(graph).irregularity
    terms = (found.extra_fan_in, found.skip, found.resizing, found.variety, found.index)
    assert terms == pytest.approx(expected, abs=6e-5)


@st.composite
def small_graphs(draw: st.DrawFn) -> Graph:
    """Up to 8 nodes, edges from lower to higher numbers, some twice, some dead."""
    size = draw(st.integers(1, 8))
    pairs = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=16))
    edges = tuple(Edge(f"n{a}", f"n{b}", is_dead=draw(st.integers(0, 5)) == 0) for a, b in pairs if a < b)
    return Graph(tuple(Node(f"n{i}", "", "add") for i in range(size)), edges)


def walked(graph: Graph) -> Counter[int]:
    """Lengths of all paths between ends, each walked by itself."""
    living = [edge for edge in graph.edges if not edge.is_dead]
    readers: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
    for edge in living:
        readers[edge.source].append(edge.target)
    targets, joined = {edge.target for edge in living}, {end for edge in living for end in (edge.source, edge.target)}
    found: Counter[int] = Counter()

    def walk(name: str, length: int) -> None:
        if not readers[name]:
            found[length] += 1
        for reader in readers[name]:
            walk(reader, length + 1)

    for node in graph.nodes:
        if node.id not in targets and (node.id in joined or not graph.edges):
            walk(node.id, 0)
    return found


@settings(max_examples=200)
@given(small_graphs())
def test_counts_are_those_of_walking_every_path(graph: Graph) -> None:
    found = path_statistics(graph)
    lengths = sorted(walked(graph).elements())
    assert dict(found.num_paths) == walked(graph)
    assert found.depth == max(lengths, default=0)
    if lengths:
        mean = sum(lengths) / len(lengths)
        assert found.mean_length == pytest.approx(mean)
        assert found.std_length == pytest.approx(
            (sum((x - mean) ** 2 for x in lengths) / len(lengths)) ** 0.5, abs=1e-9
        )
        assert (found.shortest, found.longest) == (lengths[0], lengths[-1])
    else:
        assert (found.mean_length, found.std_length, found.shortest) == (None, None, None)


@settings(max_examples=100)
@given(small_graphs())
def test_width_is_that_of_trying_every_set(graph: Graph) -> None:
    living = [edge for edge in graph.edges if not edge.is_dead]
    names = [n.id for n in graph.nodes if not graph.edges or any(n.id in (e.source, e.target) for e in living)]
    after: dict[str, set[str]] = {name: set() for name in names}
    for name in reversed(names):
        for edge in living:
            if edge.source == name:
                after[name] |= {edge.target} | after[edge.target]
    widest = max(
        (
            size
            for size in range(1, len(names) + 1)
            for chosen in combinations(names, size)
            if not any(b in after[a] or a in after[b] for a, b in combinations(chosen, 2))
        ),
        default=0,
    )
    assert path_statistics(graph).width == widest


def test_numbers_beyond_floats_stay_exact() -> None:
    blocks = 1200
    found = path_statistics(residual(blocks))
    assert found.total_paths == 2**blocks
    assert dict(found.num_paths)[blocks + 500] == comb(blocks, 500)
    assert found.mean_length == 1.5 * blocks
    assert found.std_length == pytest.approx((blocks / 4) ** 0.5)
    assert found.as_json()["total_paths"] == str(2**blocks)


def test_a_chain_has_one_path_and_no_variety() -> None:
    found = path_statistics(chain(5))
    assert found.num_paths == ((5, 1),)
    assert (found.width, found.depth, found.entropy_bits, found.std_length) == (1, 5, 0.0, 0.0)
    assert found.irregularity.index == 0


def test_two_paths_of_different_length_are_one_bit() -> None:
    assert path_statistics(residual(1)).entropy_bits == pytest.approx(1.0)


def test_named_inputs_and_outputs_are_where_paths_begin_and_end() -> None:
    graph = chain(5)
    inner = Graph(graph.nodes, graph.edges, inputs=("n1",), outputs=("n3", "n5"))
    assert path_statistics(inner).num_paths == ((2, 1), (4, 1))


def test_a_cycle_is_refused() -> None:
    graph = Graph((Node("a", "a", "add"), Node("b", "b", "add")), (Edge("a", "b"), Edge("b", "a")))
    with pytest.raises(ValueError, match="without cycles"):
        path_statistics(graph)


def test_nothing_at_all_has_no_paths() -> None:
    found = path_statistics(Graph((), ()))
    assert (found.num_nodes, found.width, found.depth, found.num_paths) == (0, 0, 0, ())


def test_parts_keep_their_groups_inputs_and_outputs() -> None:
    nodes = (Node("a", "", "input", "inner"), Node("x", "", "add", "alone"), Node("b", "", "add"))
    groups = (Group("outer", "Outer"), Group("inner", "Inner", "outer"), Group("alone", "Alone"))
    first, second = connected_parts(Graph(nodes, (Edge("a", "b"),), groups, inputs=("a", "x"), outputs=("b",)))
    assert [node.id for node in first.nodes] == ["a", "b"]
    assert [group.id for group in first.groups] == ["outer", "inner"]
    assert (first.inputs, first.outputs) == (("a",), ("b",))
    assert ([node.id for node in second.nodes], second.edges, second.inputs) == (["x"], (), ("x",))
    assert [group.id for group in second.groups] == ["alone"]
