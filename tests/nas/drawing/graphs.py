"""Graphs for drawing tests."""

from __future__ import annotations

from hypothesis import strategies as st

from nas.core.graph import Edge, Graph, Group, Node


@st.composite
def acyclic_graphs(draw: st.DrawFn) -> Graph:
    """Up to 14 nodes, edges from lower to higher numbers, some with labels, some nodes in one of two nested groups."""
    size = draw(st.integers(1, 14))
    groups = (Group("outer", "Outer"), Group("inner", "Inner", parent="outer", repeats=3))
    nodes = tuple(
        Node(
            f"n{i}",
            draw(st.sampled_from(["add", "input <&>", "a longer label"])),
            "add",
            draw(st.sampled_from(["outer", "inner", None])),
        )
        for i in range(size)
    )
    pairs = draw(st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=24))
    edges = tuple(
        Edge(f"n{a}", f"n{b}", operation, operation and "conv", is_dead=draw(st.booleans()))
        for a, b in sorted(pairs)
        if a < b
        for operation in [draw(st.sampled_from(["", "nor_conv_3x3"]))]
    )
    return Graph(nodes, edges, groups, title="Test")


def cells_in_a_row(num_cells: int) -> Graph:
    """DARTS-like: each cell reads the two before it; 15 nodes a cell."""
    nodes, edges, groups = [Node("image", "Image", "input")], [], []
    previous = ["image", "image"]
    for c in range(num_cells):
        groups.append(Group(f"cell{c}", f"Cell {c}"))
        states = list(previous)
        for b in range(4):
            total = f"{c}.{b}"
            nodes.append(Node(total, "+", "add", f"cell{c}"))
            for k in range(2):
                operation = f"{c}.{b}.{k}"
                nodes.append(Node(operation, "conv 3×3", "nor_conv_3x3", f"cell{c}"))
                edges += [Edge(states[(b * 3 + k) % len(states)], operation), Edge(operation, total)]
            states.append(total)
        nodes.append(Node(f"{c}.out", "concat", "concat", f"cell{c}"))
        edges += [Edge(state, f"{c}.out") for state in states[2:]]
        previous = [previous[1], f"{c}.out"]
    return Graph(tuple(nodes), tuple(edges), tuple(groups), title="Cells")


def unrolled_cells(num_cells: int, num_blocks: int = 5) -> Graph:
    """NASNet-like, layer by layer: three stages of cells of blocks of two operations and a sum; 16 nodes a cell."""
    nodes = [Node("image", "Image", "input", shape=(3, 32, 32)), Node("stem", "Stem", "stem", shape=(32, 32, 32))]
    edges = [Edge("image", "stem")]
    groups = [Group(f"stage{s}", f"Stage {s}") for s in range(min(3, num_cells))]
    previous = ["stem", "stem"]
    for c in range(num_cells):
        cell = f"cell{c}"
        groups.append(Group(cell, f"Cell {c}", f"stage{3 * c // num_cells if num_cells >= 3 else c}"))
        states = list(previous)
        for b in range(num_blocks):
            block = f"{cell}.{b}"
            groups.append(Group(block, f"Block {b}", cell))
            for k in range(2):
                nodes.append(Node(f"{block}.{k}", "sep 3×3", "sep_conv_3x3", block, (32, 32, 32), 28_200, 28_200_000))
                edges += [
                    Edge(states[(b * 3 + k + c) % len(states)], f"{block}.{k}"),
                    Edge(f"{block}.{k}", f"{block}.sum"),
                ]
            nodes.append(Node(f"{block}.sum", "+", "add", block, (32, 32, 32)))
            states.append(f"{block}.sum")
        nodes.append(Node(f"{cell}.out", "concat", "concat", cell, (160, 32, 32)))
        edges += [Edge(state, f"{cell}.out") for state in states[2:]]
        previous = [previous[1], f"{cell}.out"]
    nodes.append(Node("head", "Classifier", "head", shape=(10,)))
    edges.append(Edge(previous[1], "head"))
    return Graph(tuple(nodes), tuple(edges), tuple(groups), title="Unrolled")
