"""Differences: what was put in is found, and nothing else; equal things have none."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given

from nas.analysis.alignment import aligned
from nas.analysis.diff import CostDiff, GraphDiff, diff_architectures, diff_graphs, difference_of_spaces
from nas.analysis.genotype_diff import MOST_CHANGES, GenotypeChange, genotype_changes
from nas.core.graph import Edge, Graph, Group, Node
from nas.drawing.default_collapsed import default_collapsed
from nas.drawing.diff import draw_diff
from nas.spaces.nasbench201 import NasBench201, NasBench201Config
from tests.nas.drawing.graphs import acyclic_graphs, unrolled_cells


def chain(*operations: str, group: str | None = None, channels: int = 8) -> Graph:
    """Ids are places, as spaces number their layers."""
    nodes = tuple(
        Node(f"layer{i}", operation, operation, group, (channels, 8, 8)) for i, operation in enumerate(operations)
    )
    groups = (Group(group, group.title()),) if group else ()
    return Graph(nodes, tuple(Edge(a.id, b.id) for a, b in pairwise(nodes)), groups)


def kinds(diff: GraphDiff) -> dict[str, str]:
    """Node → kind, of what differs."""
    return {f"{node.first}→{node.second}": node.kind for node in diff.nodes if node.kind != "same"}


@given(acyclic_graphs())
def test_a_graph_does_not_differ_from_itself(graph: Graph) -> None:
    assert diff_graphs(graph, graph).num_differences == 0


def test_a_layer_put_into_a_chain_shifts_nothing() -> None:
    diff = diff_graphs(
        chain("conv_3x3", "conv_5x5", "conv_7x7"), chain("conv_3x3", "sep_conv_3x3", "conv_5x5", "conv_7x7")
    )
    assert kinds(diff) == {"None→layer1": "added"}
    assert sorted((edge.kind, edge.first, edge.second) for edge in diff.edges if edge.kind != "same") == [
        ("added", None, 0),
        ("added", None, 1),
        ("removed", 0, None),
    ]


def test_layers_taken_from_the_middle_are_removed() -> None:
    diff = diff_graphs(chain("a", "b", "c", "d", "e"), chain("a", "d", "e"))
    assert kinds(diff) == {"layer1→None": "removed", "layer2→None": "removed"}


def test_a_shorter_stage_loses_layers_and_the_next_stage_keeps_its_own() -> None:
    def network(*depths: int) -> Graph:
        nodes = [
            Node(f"s{s}.b{b}", "conv", f"conv_{3 + 2 * (s % 2)}x3", f"s{s}", (8 << s, 8, 8))
            for s, depth in enumerate(depths)
            for b in range(depth)
        ]
        groups = tuple(Group(f"s{s}", f"Stage {s}") for s in range(len(depths)))
        return Graph(tuple(nodes), tuple(Edge(a.id, b.id) for a, b in pairwise(nodes)), groups)

    diff = diff_graphs(network(3, 4, 2), network(3, 2, 3))
    assert sorted(kinds(diff).values()) == ["added", "removed", "removed"]
    assert "None→s2.b2" in kinds(diff)
    assert {name[:2] for name, kind in kinds(diff).items() if kind == "removed"} == {"s1"}


def test_a_cell_put_between_cells_is_one_added_group() -> None:
    six, seven = unrolled_cells(6), unrolled_cells(7)
    groups = diff_graphs(six, seven).groups
    assert [group.second for group in groups if group.kind == "added" and (group.second or "").count(".") == 0] == [
        next(group.second for group in groups if group.kind == "added")
    ]


def test_ids_decide_in_cells_of_one_size_and_changed_operations_are_told() -> None:
    before, after = chain("a", "b", "c"), chain("a", "x", "c", channels=16)
    diff = diff_graphs(before, after)
    assert kinds(diff) == {"layer0→layer0": "changed", "layer1→layer1": "changed", "layer2→layer2": "changed"}
    told = {change.aspect: (change.before, change.after) for change in diff.nodes[1].changes}
    assert told == {"operation": ("b", "x"), "channels": ("8", "16")}
    assert [edge.kind for edge in diff.edges] == ["same", "same"]


def test_rewired_edges_are_removed_and_added() -> None:
    nodes = tuple(Node(str(i), str(i), "add") for i in range(4))
    before = Graph(nodes, (Edge("0", "1"), Edge("1", "2"), Edge("2", "3")))
    after = Graph(nodes, (Edge("0", "1"), Edge("0", "2"), Edge("2", "3")))
    diff = diff_graphs(before, after)
    assert kinds(diff) == {}
    assert [(e.kind, e.first, e.second) for e in diff.edges if e.kind != "same"] == [
        ("removed", 1, None),
        ("added", None, 1),
    ]


def test_parallel_edges_are_matched_by_operation_first() -> None:
    nodes = (Node("a", "", "add"), Node("b", "", "add"))
    before = Graph(nodes, (Edge("a", "b", "conv", "conv"), Edge("a", "b", "pool", "pool")))
    after = Graph(nodes, (Edge("a", "b", "pool", "pool"), Edge("a", "b", "skip", "skip")))
    diff = diff_graphs(before, after)
    assert [(e.kind, e.first, e.second) for e in diff.edges] == [("changed", 0, 1), ("same", 1, 0)]


def test_a_group_repeated_more_often_is_changed() -> None:
    graph = chain("a", "b", group="cell")
    more = replace(graph, groups=(replace(graph.groups[0], repeats=4),))
    (group,) = diff_graphs(graph, more).groups
    assert (group.kind, group.changes[0].aspect, group.changes[0].after) == ("changed", "repeats", "4")


@given(acyclic_graphs(), acyclic_graphs())
def test_every_part_of_both_is_named_exactly_once(first: Graph, second: Graph) -> None:
    diff = diff_graphs(first, second)
    assert [n.first for n in diff.nodes if n.first is not None] == [node.id for node in first.nodes]
    assert sorted(n.second for n in diff.nodes if n.second is not None) == sorted(node.id for node in second.nodes)
    assert sorted(e.second for e in diff.edges if e.second is not None) == list(range(len(second.edges)))
    for node in diff.nodes:
        assert (node.kind == "removed") == (node.second is None)
        assert (node.kind == "added") == (node.first is None)
        assert (node.kind == "changed") == bool(node.changes)


def test_large_flat_graphs_are_matched_by_id() -> None:
    many = [f"op{i}" for i in range(600)]
    matched = aligned(chain(*many), chain(*many, "one_more")).nodes
    assert matched == {f"layer{i}": f"layer{i}" for i in range(600)}


def test_costs_are_compared_in_numbers_and_percent() -> None:
    space = NasBench201(NasBench201Config.parse({"width": 8, "cells_per_stage": 1}))
    presets = {preset.name: preset.genotype for preset in space.presets()}
    diff = diff_architectures(space, presets["all_conv3x3"], presets["all_conv1x1"], (1, 8, 8), 10)
    first, second = (space.cost(presets[name], (1, 8, 8), 10) for name in ("all_conv3x3", "all_conv1x1"))
    params = next(cost for cost in diff.costs if cost.name == "params")
    assert params == CostDiff("params", first.params, second.params)
    assert params.percent == pytest.approx(100 * (second.params / first.params - 1))
    assert CostDiff("macs", 0, 5).percent is None
    assert [edge.kind for edge in diff.graph.edges].count("changed") == 6
    assert not diff.is_same_network


def test_equal_networks_written_differently_are_the_same_network() -> None:
    space = NasBench201(NasBench201Config())
    dead = {"edges": ["none", "nor_conv_3x3", "nor_conv_1x1", "skip_connect", "none", "none"]}
    other = {"edges": ["none", "nor_conv_1x1", "nor_conv_1x1", "skip_connect", "none", "none"]}
    assert diff_architectures(space, dead, other, (3, 32, 32), 10).is_same_network


def test_spaces_with_other_settings_cannot_be_compared() -> None:
    one, other = NasBench201(NasBench201Config()), NasBench201(NasBench201Config.parse({"width": 8}))
    assert difference_of_spaces(one, one) is None
    assert difference_of_spaces(one, other) == "settings"


def test_both_pictures_mark_what_differs_and_closed_groups_that_hold_it() -> None:
    rng = np.random.default_rng(1)
    space = NasBench201(NasBench201Config())
    diff = diff_architectures(space, space.sample(rng), space.sample(rng), (3, 32, 32), 10)
    first, second = draw_diff(diff)
    changed = [edge for edge in diff.graph.edges if edge.kind == "changed"]
    assert first.count("graph-badge") == second.count("graph-badge")
    assert first.count("graph-badge") >= len(changed) > 0
    before, after = unrolled_cells(6), unrolled_cells(6)
    nodes = [replace(n, operation="conv_7x7", label="7×7") if n.id == "cell3.2.0" else n for n in after.nodes]
    large = replace(
        diff, first=before, second=replace(after, nodes=tuple(nodes)),
        graph=diff_graphs(before, replace(after, nodes=tuple(nodes))),
    )  # fmt: skip
    closed = default_collapsed(before)
    for picture in draw_diff(large, collapsed=(closed, closed)):
        assert picture.count("graph-badge") == 1
        assert 'is-changed" data-node="group:cell3.2"' in picture


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, [("a", "changed", "1", "true")]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("a.1", "changed", "2", "3")]),
        ({"a": ["x", "y", "z"]}, {"a": ["x", "z"]}, [("a.1", "removed", "y", "")]),
        ({"a": [{"k": 3}]}, {"a": [{"k": 3}, {"k": 5}]}, [("a.1", "added", "", '{"k": 5}')]),
        ({"a": 1, "b": 2}, {"a": 1, "c": 2}, [("b", "removed", "2", ""), ("c", "added", "", "2")]),
        ("x", "y", [("", "changed", "x", "y")]),
    ],
)
def test_genotypes_are_compared_by_path(
    first: object, second: object, expected: list[tuple[str, str, str, str]]
) -> None:
    found = genotype_changes(first, second)
    assert [(change.path, change.kind, change.before, change.after) for change in found] == expected


def test_the_list_of_genotype_changes_and_their_texts_are_bounded() -> None:
    found = genotype_changes(list(range(2 * MOST_CHANGES)), [-1 - i for i in range(2 * MOST_CHANGES)])
    assert len(found) == MOST_CHANGES
    assert genotype_changes({"a": "x" * 500}, {"a": "y"})[0] == GenotypeChange("a", "changed", "x" * 79 + "…", "y")
