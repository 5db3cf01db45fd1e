"""Closing groups: boxes stand for their members, edges lead to boxes, no cycle is ever tied."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.core.graph import Edge, Graph, Group, Node
from nas.drawing.collapse import box_id, collapse, collapse_traced
from nas.drawing.default_collapsed import MOST_BOXES, default_collapsed
from nas.drawing.layout import layered
from tests.nas.drawing.graphs import acyclic_graphs, cells_in_a_row, unrolled_cells

TWO_LAYERS = Graph(
    (
        Node("in", "in", "input", shape=(3, 8, 8)),
        Node("a", "a", "conv", "inner", (4, 8, 8), params=10, macs=100),
        Node("b", "b", "conv", "outer", (5, 4, 4), params=1, macs=2),
        Node("c", "c", "conv", None, (6, 4, 4)),
    ),
    (Edge("in", "a"), Edge("a", "b"), Edge("a", "c"), Edge("b", "c"), Edge("in", "b", "skip_connect", "skip")),
    (Group("outer", "Outer"), Group("inner", "Inner", "outer", repeats=3)),
    inputs=("in",),
    outputs=("c",),
)


def test_a_closed_group_is_one_box_with_summed_costs_and_the_shape_that_leaves() -> None:
    closed = collapse(TWO_LAYERS, {"outer"})
    assert [node.id for node in closed.nodes] == ["in", box_id("outer"), "c"]
    box = closed.nodes[1]
    assert (box.label, box.operation, box.group, box.shape) == ("Outer", "group", None, (5, 4, 4))
    assert (box.params, box.macs) == (3 * 10 + 1, 3 * 100 + 2)  # the inner group runs three times
    assert closed.groups == ()


def test_edges_that_come_to_join_the_same_boxes_become_one_without_an_operation() -> None:
    closed = collapse(TWO_LAYERS, {"outer"})
    assert closed.edges == (Edge("in", box_id("outer")), Edge(box_id("outer"), "c"))


def test_an_edge_that_stands_alone_keeps_its_operation() -> None:
    closed = collapse_traced(TWO_LAYERS, {"inner"})
    assert Edge("in", "b", "skip_connect", "skip") in closed.graph.edges
    assert closed.graph.nodes[1].label == "Inner × 3"
    assert closed.graph.nodes[1].group == "outer"
    assert [group.id for group in closed.graph.groups] == ["outer"]
    for edge, origins in zip(closed.graph.edges, closed.origins, strict=True):
        for origin in origins:
            whole = TWO_LAYERS.edges[origin]
            assert (closed.place[whole.source], closed.place[whole.target]) == (edge.source, edge.target)


def test_a_box_edge_is_dead_only_when_all_it_stands_for_are() -> None:
    nodes = (Node("a", "", "add"), Node("b", "", "add", "g"), Node("c", "", "add", "g"))
    dead, alive = Edge("a", "b", is_dead=True), Edge("a", "c")
    groups = (Group("g", "G"),)
    assert collapse(Graph(nodes, (dead, alive), groups), {"g"}).edges == (Edge("a", box_id("g")),)
    assert collapse(Graph(nodes, (dead,), groups), {"g"}).edges == (Edge("a", box_id("g"), is_dead=True),)


def test_a_group_that_is_read_between_its_members_stays_open() -> None:
    nodes = tuple(Node(name, name, "add", group) for name, group in [("a", "x"), ("b", None), ("c", "x"), ("d", "y")])
    graph = Graph(nodes, (Edge("a", "b"), Edge("b", "c"), Edge("c", "d")), (Group("x", "X"), Group("y", "Y")))
    assert [node.id for node in collapse(graph, {"x", "y"}).nodes] == ["a", "b", "c", box_id("y")]


def test_groups_that_are_not_there_are_passed_over() -> None:
    assert collapse(TWO_LAYERS, {"nowhere", "<script>"}) is TWO_LAYERS


@given(acyclic_graphs(), st.sets(st.sampled_from(["outer", "inner"])))
def test_any_choice_of_groups_can_be_laid_out_and_loses_no_costs(graph: Graph, groups: set[str]) -> None:
    closed = collapse_traced(graph, groups)
    layout = layered(closed.graph)
    assert set(layout.nodes) == set(closed.place.values())
    assert closed.place.keys() == {node.id for node in graph.nodes}
    shown = {(closed.place[e.source], closed.place[e.target]) for e in graph.edges}
    assert {(e.source, e.target) for e in closed.graph.edges} == {ends for ends in shown if ends[0] != ends[1]}


def test_a_small_graph_opens_whole() -> None:
    assert default_collapsed(TWO_LAYERS) == frozenset()
    assert default_collapsed(cells_in_a_row(2)) == frozenset()


@pytest.mark.parametrize("num_cells", [5, 20, 43])
def test_a_large_graph_opens_at_a_level_that_can_be_read(num_cells: int) -> None:
    graph = unrolled_cells(num_cells)
    shown = collapse(graph, default_collapsed(graph))
    assert len(shown.nodes) <= MOST_BOXES
    assert len(shown.nodes) >= min(num_cells, 3)


def test_cells_are_closed_before_stages_are() -> None:
    graph = unrolled_cells(20)
    assert default_collapsed(graph) == {group.id for group in graph.groups if group.label.startswith("Cell")}
    assert len(default_collapsed(unrolled_cells(43))) == 3  # too many cells to show


def test_two_large_cells_are_not_two_boxes() -> None:
    cells = cells_in_a_row(6)
    two = tuple(replace(node, group="cell0" if i < 45 else "cell1") for i, node in enumerate(cells.nodes))
    assert default_collapsed(Graph(two, cells.edges, cells.groups[:2])) == frozenset()


def test_without_groups_there_is_nothing_to_close() -> None:
    nodes = tuple(Node(str(i), "", "add") for i in range(100))
    assert default_collapsed(Graph(nodes, ())) == frozenset()
