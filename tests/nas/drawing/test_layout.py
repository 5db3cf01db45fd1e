"""The layout: everything has a place of its own, edges run from left to right, frames hold their members."""

from __future__ import annotations

import json
from itertools import combinations, pairwise

import pytest
from hypothesis import given

from nas.core.graph import Edge, Graph, Group, Node
from nas.drawing.direction import direction_for
from nas.drawing.frame import Direction
from nas.drawing.layers import longest_path_layers, num_crossings, order_layers
from nas.drawing.layout import Box, layered
from tests.nas.drawing.graphs import acyclic_graphs, cells_in_a_row, unrolled_cells


def overlap(a: Box, b: Box) -> bool:
    slack = 0.2  # places are rounded to a tenth
    return (
        a.x + slack < b.x + b.width
        and b.x + slack < a.x + a.width
        and a.y + slack < b.y + b.height
        and b.y + slack < a.y + a.height
    )


@given(acyclic_graphs())
def test_boxes_and_labels_do_not_overlap(graph: Graph) -> None:
    for compact in (False, True):
        layout = layered(graph, compact=compact)
        boxes = [*layout.nodes.values(), *(route.label for route in layout.edges if route.label)]
        assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]


@given(acyclic_graphs())
def test_edges_join_their_nodes_and_run_to_the_right(graph: Graph) -> None:
    layout = layered(graph)
    assert len(layout.edges) == len(graph.edges)
    for edge, route in zip(graph.edges, layout.edges, strict=True):
        source, target = layout.nodes[edge.source], layout.nodes[edge.target]
        (x0, y0), (x1, y1) = route.points[0], route.points[-1]
        assert x0 == pytest.approx(source.x + source.width, abs=0.2)
        assert source.y <= y0 <= source.y + source.height
        assert x1 == pytest.approx(target.x, abs=0.2)
        assert target.y <= y1 <= target.y + target.height
        xs = [x for x, _ in route.points]
        assert xs == sorted(xs)
        assert (route.label is not None) == bool(edge.label)


@given(acyclic_graphs())
def test_edges_pass_no_box_of_others(graph: Graph) -> None:
    layout = layered(graph)
    for edge, route in zip(graph.edges, layout.edges, strict=True):
        for (x0, y0), (x1, y1) in pairwise(route.points):
            bend = Box(x0, min(y0, y1), x1 - x0, abs(y0 - y1))  # a curve between two points stays in their box
            met = {name for name, box in layout.nodes.items() if overlap(bend, box)}
            assert met <= {edge.source, edge.target}


@given(acyclic_graphs())
def test_everything_lies_inside_the_picture(graph: Graph) -> None:
    layout = layered(graph)
    for box in (*layout.nodes.values(), *layout.groups.values()):
        assert box.x >= 0 and box.y >= 0
        assert box.x + box.width <= layout.width and box.y + box.height <= layout.height
    assert set(layout.nodes) == {node.id for node in graph.nodes}
    assert json.loads(json.dumps(layout.as_json()))["nodes"].keys() == layout.nodes.keys()


@given(acyclic_graphs())
def test_frames_hold_their_members(graph: Graph) -> None:
    layout = layered(graph)
    for node in graph.nodes:
        if node.group:
            frame, box = layout.groups[node.group], layout.nodes[node.id]
            assert frame.x < box.x and frame.y < box.y
            assert box.x + box.width < frame.x + frame.width and box.y + box.height < frame.y + frame.height
    if {"outer", "inner"} <= layout.groups.keys():
        outer, inner = layout.groups["outer"], layout.groups["inner"]
        assert outer.x < inner.x and inner.x + inner.width < outer.x + outer.width


def test_frames_of_cells_in_a_row_do_not_overlap() -> None:
    layout = layered(cells_in_a_row(5))
    assert len(layout.groups) == 5
    assert not [pair for pair in combinations(layout.groups.values(), 2) if overlap(*pair)]


def test_frames_of_parallel_branches_do_not_overlap() -> None:
    nodes = [Node("in", "in", "input"), Node("out", "out", "output"), Node("free", "free", "add")]
    edges = [Edge("in", "free"), Edge("free", "out")]
    for branch in ("a", "b", "c"):
        for k in range(2):
            nodes.append(Node(f"{branch}{k}", branch, "add", branch))
            edges += [Edge("in", f"{branch}{k}"), Edge(f"{branch}{k}", "out")]
    layout = layered(Graph(tuple(nodes), tuple(edges), tuple(Group(name, name) for name in "abc")))
    frames = [*layout.groups.values(), *(layout.nodes[name] for name in ("in", "out", "free"))]
    assert not [pair for pair in combinations(frames, 2) if overlap(*pair)]


def test_layers_are_longest_paths_and_sources_stand_before_their_first_reader() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("late", "c")]
    assert longest_path_layers(dict.fromkeys(["a", "b", "c", "late"], ()), edges) == {"a": 0, "b": 1, "c": 2, "late": 1}


def test_a_group_begins_right_of_what_it_reads() -> None:
    paths = {"a": (), "b": (), "in1": ("g",), "in2": ("g",)}
    edges = [("a", "b"), ("a", "in1"), ("b", "in2")]
    assert longest_path_layers(paths, edges) == {"a": 0, "b": 1, "in1": 2, "in2": 2}


def test_groups_that_read_each_other_in_turn_are_still_laid_out() -> None:
    nodes = tuple(Node(name, name, "add", group) for name, group in [("a", "x"), ("b", "y"), ("c", "x")])
    graph = Graph(nodes, (Edge("a", "b"), Edge("b", "c")), (Group("x", "X"), Group("y", "Y")))
    boxes = layered(graph).nodes
    assert boxes["a"].x < boxes["b"].x < boxes["c"].x


def test_a_cycle_is_refused() -> None:
    graph = Graph((Node("a", "a", "add"), Node("b", "b", "add")), (Edge("a", "b"), Edge("b", "a")))
    with pytest.raises(ValueError, match="without cycles"):
        layered(graph)


def test_crossings_are_removed_where_they_can_be() -> None:
    links = [(0, 5), (1, 4), (2, 3)]
    paths = dict.fromkeys(range(6), ())
    after = {0: [5], 1: [4], 2: [3]}
    assert num_crossings([[0, 1, 2], [3, 4, 5]], after) == 3
    assert num_crossings(order_layers([[0, 1, 2], [3, 4, 5]], links, paths), after) == 0


def test_links_from_one_vertex_do_not_cross_each_other() -> None:
    assert num_crossings([[0], [1, 2]], {0: [2, 1]}) == 0
    assert num_crossings([[0, 1], [2, 3]], {0: [2, 3], 1: [2, 3]}) == 1


def test_an_empty_graph_is_an_empty_picture() -> None:
    layout = layered(Graph((), ()))
    assert (layout.nodes, layout.edges, layout.groups) == ({}, (), {})


@given(acyclic_graphs())
def test_layouts_that_run_down_keep_the_same_promises(graph: Graph) -> None:
    layout = layered(graph, direction="down")
    boxes = [*layout.nodes.values(), *(route.label for route in layout.edges if route.label)]
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    for box in (*layout.nodes.values(), *layout.groups.values()):
        assert box.x >= 0 and box.y >= 0
        assert box.x + box.width <= layout.width and box.y + box.height <= layout.height
    for edge, route in zip(graph.edges, layout.edges, strict=True):
        source, target = layout.nodes[edge.source], layout.nodes[edge.target]
        (x0, y0), (x1, y1) = route.points[0], route.points[-1]
        assert y0 == pytest.approx(source.y + source.height, abs=0.2)
        assert y1 == pytest.approx(target.y, abs=0.2)
        assert source.x <= x0 <= source.x + source.width and target.x <= x1 <= target.x + target.width
        ys = [y for _, y in route.points]
        assert ys == sorted(ys)
    for node in graph.nodes:
        if node.group:
            frame, box = layout.groups[node.group], layout.nodes[node.id]
            assert frame.x < box.x and frame.y + 20 < box.y  # room for the frame's title
            assert box.x + box.width < frame.x + frame.width and box.y + box.height < frame.y + frame.height


@pytest.mark.parametrize("direction", ["right", "down"])
def test_nested_frames_of_an_unrolled_network_do_not_overlap(direction: Direction) -> None:
    graph = unrolled_cells(6)
    layout = layered(graph, direction=direction)
    cells = [layout.groups[f"cell{i}"] for i in range(6)]
    stages = [layout.groups[f"stage{i}"] for i in range(3)]
    for siblings in (cells, stages):
        assert not [pair for pair in combinations(siblings, 2) if overlap(*pair)]
    for i, cell in enumerate(cells):
        stage = stages[i // 2]
        assert stage.x < cell.x and stage.y < cell.y
        assert cell.x + cell.width < stage.x + stage.width and cell.y + cell.height < stage.y + stage.height


def test_long_networks_run_down_and_short_ones_to_the_right() -> None:
    assert direction_for(cells_in_a_row(1)) == "right"
    assert direction_for(unrolled_cells(4)) == "down"
    assert direction_for(Graph((), ())) == "right"
