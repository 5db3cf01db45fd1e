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
