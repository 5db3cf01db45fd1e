"""The unrolled graph shows every layer that runs, with its costs."""

from __future__ import annotations

from nas.blueprint.draft import Draft
from nas.blueprint.unrolled import unrolled_graph
from nas.operations.convolutions import conv, conv_bn
from nas.operations.heads import mean_linear_head
from nas.registry import spaces


def test_costs_of_the_nodes_add_up_to_those_of_the_network() -> None:
    kind = spaces.get("nasbench201")
    space = kind(kind.Config.parse({"width": 4, "cells_per_stage": 1}))
    genotype = space.presets()[0].genotype
    graph = unrolled_graph(space.blueprint(genotype, (3, 16, 16), 10), "a title")
    cost = space.cost(genotype, (3, 16, 16), 10)
    assert (sum(n.params for n in graph.nodes), sum(n.macs for n in graph.nodes)) == (cost.params, cost.macs)
    assert (graph.title, graph.inputs, graph.outputs) == ("a title", ("input",), ("output",))


def test_groups_nest_and_dead_layers_are_marked() -> None:
    draft = Draft((1, 8, 8))
    with draft.group("stage", "Stage"), draft.group("cell", "Cell"):
        x = conv_bn(draft, draft.inputs[0], 4, 3)
        conv(draft, x, 4, 1)
    graph = unrolled_graph(draft.finish(x), "")
    assert [(g.id, g.label, g.parent) for g in graph.groups] == [
        ("stage", "Stage", None),
        ("stage.cell", "Cell", "stage"),
    ]
    assert {e.target for e in graph.edges if e.is_dead} == {"stage.cell.conv2"}
    node = next(n for n in graph.nodes if n.id == "stage.cell.conv")
    assert (node.label, node.operation, node.group, node.shape) == ("Conv 3×3", "conv_3x3", "stage.cell", (4, 8, 8))


def test_the_auxiliary_head_is_left_out() -> None:
    draft = Draft((1, 8, 8))
    with draft.auxiliary():
        auxiliary = mean_linear_head(draft, draft.inputs[0], 3)
    graph = unrolled_graph(draft.finish(mean_linear_head(draft, draft.inputs[0], 3), auxiliary=auxiliary), "")
    assert not any("auxiliary" in node.id for node in graph.nodes) and not graph.groups
