"""NAS-Bench-201: the published numbers, the string form, what canonical means, refusals."""

from __future__ import annotations

import csv
import gzip
import json
import os
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, InvalidGenotype
from nas.hardware.cost_check import counted
from nas.spaces.nasbench201 import NasBench201, NasBench201Config
from nas.spaces.nasbench201_cell import (
    EDGES,
    OPERATION_NAMES,
    canonical_cell,
    cell_from_string,
    cell_peak,
    cell_to_string,
    live_edges,
)

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "nasbench201.json").read_text())
ALL_CELLS = tuple(product(OPERATION_NAMES, repeat=6))
cells = st.lists(st.sampled_from(OPERATION_NAMES), min_size=6, max_size=6)


def make(**config: Any) -> NasBench201:
    return NasBench201(NasBench201Config.parse(config))


@pytest.mark.parametrize("row", GOLDEN["architectures"], ids=lambda row: str(row["index"]))
def test_costs_are_the_published_ones(row: dict[str, Any]) -> None:
    space = make()
    cost = space.cost(space.validate(row["string"]), tuple(GOLDEN["input_shape"]), GOLDEN["num_classes"])
    assert (cost.params, cost.macs) == (row["params"], row["macs"])


@pytest.mark.parametrize(("side", "share"), [(32, 1), (16, 4)])
def test_costs_follow_the_closed_form_of_the_benchmark(side: int, share: int) -> None:
    space = make()
    for classes, edges in product((10, 100, 120), ALL_CELLS[::97]):
        n1, n3 = edges.count("nor_conv_1x1"), edges.count("nor_conv_3x3")
        cost = space.cost({"edges": list(edges)}, (3, side, side), classes)
        assert cost.params == 72_656 + 65 * classes + 28_000 * n1 + 243_040 * n3
        assert cost.macs == (7_782_400 + 3_932_160 * n1 + 35_389_440 * n3) // share + 65 * classes


def test_every_row_of_the_published_table_agrees() -> None:
    folder = os.environ.get("NASWEB_TEST_DATA")
    if not folder:
        pytest.skip("NASWEB_TEST_DATA is not set")
    space = make()
    seen = set()
    with gzip.open(Path(folder) / "nasbench201" / "nasbench201_cifar10.csv.gz", "rt") as table:
        for row in csv.DictReader(table):
            genotype = space.validate(row["arch_str"])
            cost = space.cost(genotype, (3, 32, 32), 10)
            assert (cost.params, cost.macs) == (int(row["c10_params"]), int(row["c10_macs"])), row["arch_str"]
            seen.add(tuple(genotype["edges"]))
    assert seen == set(ALL_CELLS)


def test_the_path_encoding_of_the_reference_code() -> None:
    """The example and the order of naszilla (arXiv 1910.11858)."""
    space = make()
    text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
    encoded = space.path_encoding(space.validate(text))
    assert (len(encoded), np.flatnonzero(encoded).tolist()) == (155, [4, 17, 27, 132])


def test_paths_through_none_are_left_out_unless_asked_for() -> None:
    cell = {"edges": ["none", "nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_3x3", "skip_connect"]}
    assert np.flatnonzero(make().path_encoding(cell)).tolist() == [0, 5 + 1 + 4 * 5]
    assert np.flatnonzero(make().path_encoding(cell, drop_dead_paths=False)).tolist() == [
        0,
        5 + 3 + 2 * 5,
        5 + 1 + 4 * 5,
        30 + 3 + 4 * 5 + 4 * 25,
    ]


@given(cells)
def test_a_path_is_live_exactly_when_all_its_edges_are(cell: list[str]) -> None:
    space = make()
    live = int(space.path_encoding({"edges": cell}).sum())
    assert (live > 0) == any(live_edges(cell))
    assert live <= int(space.path_encoding({"edges": cell}, drop_dead_paths=False).sum()) <= 4


def test_the_encoding_marks_the_operation_of_each_edge() -> None:
    space = make(operations=["skip_connect", "nor_conv_3x3"])
    encoded = space.encoding({"edges": ["skip_connect"] * 5 + ["nor_conv_3x3"]})
    assert encoded.tolist() == [1, 0] * 5 + [0, 1]


def test_size_is_the_published_one() -> None:
    size = make().size()
    assert (size.lower, size.upper, size.distinct) == (
        GOLDEN["num_strings"],
        GOLDEN["num_strings"],
        GOLDEN["num_distinct"],
    )


def test_fewer_operations_make_a_smaller_space() -> None:
    size = make(operations=["skip_connect", "nor_conv_3x3"]).size()
    assert size.upper == 64
    assert size.distinct == len({canonical_cell(e) for e in product(("skip_connect", "nor_conv_3x3"), repeat=6)}) < 64


def test_every_cell_survives_the_published_string() -> None:
    texts = {cell_to_string(edges) for edges in ALL_CELLS}
    assert len(texts) == len(ALL_CELLS)
    assert all(tuple(cell_from_string(cell_to_string(edges))) == edges for edges in ALL_CELLS)


@pytest.mark.parametrize(
    "text",
    [
        "|none~0|+|none~0|none~1|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~0|",
        "|none~1|+|none~0|none~1|+|none~0|none~1|none~2|",
        "|none~0|+|none~1|none~0|+|none~0|none~1|none~2|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2",
        "|none|+|none~0|none~1|+|none~0|none~1|none~2|",
        "|conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|",
        "|none~0|+|none~0||none~1|+|none~0|none~1|none~2|",
        "|none~0 |+|none~0|none~1|+|none~0|none~1|none~2|",
    ],
)
def test_a_string_that_is_not_exact_is_refused(text: str) -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        make().validate({"string": text})
    assert refusal.value.errors[0].field == "string"


def test_the_string_form_is_read_plain_and_as_a_field() -> None:
    text = GOLDEN["architectures"][0]["string"]
    expected = {
        "edges": ["avg_pool_3x3", "nor_conv_1x1", "skip_connect", "nor_conv_1x1", "skip_connect", "skip_connect"]
    }
    assert make().validate(text) == make().validate({"string": text}) == expected


@pytest.mark.parametrize(
    ("genotype", "fields"),
    [
        ({"edges": ["none"] * 5}, ["edges"]),
        ({"edges": ["none"] * 7}, ["edges"]),
        ({"edges": "none"}, ["edges"]),
        ({"edges": ["none", "x", "none", 3, "none", None]}, ["edges.1", "edges.3", "edges.5"]),
        ({"edges": ["none"] * 6, "nodes": 4}, ["nodes"]),
        ({"edges": [["none"]] * 6}, [f"edges.{i}" for i in range(6)]),
    ],
)
def test_errors_stand_at_their_field(genotype: object, fields: list[str]) -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        make().validate(genotype)
    assert [error.field for error in refusal.value.errors] == fields


def test_an_operation_that_was_not_chosen_is_refused() -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        make(operations=["none", "skip_connect"]).validate({"edges": ["none"] * 5 + ["avg_pool_3x3"]})
    assert [error.field for error in refusal.value.errors] == ["edges.5"]


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"width": 3}, "width"),
        ({"cells_per_stage": 0}, "cells_per_stage"),
        ({"operations": []}, "operations"),
        ({"operations": ["none", "conv_9x9"]}, "operations.1"),
        ({"operations": ["none", "none"]}, "operations"),
        ({"depth": 3}, "depth"),
    ],
)
def test_a_wrong_configuration_is_refused_at_its_field(config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        make(**config)
    assert [error.field for error in refusal.value.errors] == [field]


def test_the_order_of_chosen_operations_does_not_matter() -> None:
    assert make(operations=["nor_conv_3x3", "none"]).config == make(operations=["none", "nor_conv_3x3"]).config


def test_a_space_with_one_operation_holds_one_architecture_and_cannot_mutate() -> None:
    space = make(operations=["skip_connect"])
    rng = np.random.default_rng(0)
    assert space.size().upper == 1
    with pytest.raises(ConstraintLeavesNothing):
        space.mutate(space.sample(rng), rng)
    assert list(space.neighbours(space.sample(rng))) == []


def _value(edges: tuple[str, ...], weights: dict[str, complex]) -> complex:
    """What a cell computes when each operation is one fixed nonlinear function that keeps zero."""
    nodes = [complex(0.7, 0.3), 0j, 0j, 0j]
    for (source, target), operation in zip(EDGES, edges, strict=True):
        if operation == "skip_connect":
            nodes[target] += nodes[source]
        elif operation != "none":
            x = nodes[source]
            nodes[target] += weights[operation] * x + x * x
    return nodes[3]


def test_equal_canonical_forms_compute_the_same() -> None:
    weights = {"nor_conv_1x1": 0.31 + 0.1j, "nor_conv_3x3": -0.53 + 0.7j, "avg_pool_3x3": 0.91 - 0.2j}
    values: dict[str, complex] = {}
    for edges in ALL_CELLS:
        form = canonical_cell(edges)
        assert values.setdefault(form, _value(edges, weights)) == pytest.approx(_value(edges, weights), abs=1e-9)
    assert len(values) == GOLDEN["num_distinct"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # a skip hands on its source: reading node 1 through it is reading the input
        ("skip_connect none none none nor_conv_3x3 none", "none none none nor_conv_3x3 none none"),
        # what nobody reads does not matter
        ("nor_conv_3x3 none none avg_pool_3x3 none none", "none none none avg_pool_3x3 none none"),
        # a sum has no order
        (
            "nor_conv_3x3 none none nor_conv_1x1 skip_connect none",
            "nor_conv_1x1 none none nor_conv_3x3 skip_connect none",
        ),
    ],
)
def test_cells_that_differ_in_name_only_share_a_canonical_form(one: str, other: str) -> None:
    assert one != other
    assert canonical_cell(one.split()) == canonical_cell(other.split())


def test_dead_edges_are_those_that_change_nothing() -> None:
    weights = {"nor_conv_1x1": 0.31 + 0.1j, "nor_conv_3x3": -0.53 + 0.7j, "avg_pool_3x3": 0.91 - 0.2j}
    for edges in ALL_CELLS[::13]:
        for place, alive in enumerate(live_edges(edges)):
            cut = (*edges[:place], "none", *edges[place + 1 :])
            assert (abs(_value(cut, weights) - _value(edges, weights)) > 1e-12) == alive, edges


@pytest.mark.parametrize(
    ("edges", "tensors"),
    [
        ("none none none none none none", 2),  # the input, and zeros beside it
        ("none none none skip_connect none none", 1),  # an alias
        ("none none none avg_pool_3x3 none none", 2),  # input and output
        ("none none none nor_conv_3x3 none none", 2),  # ReLU in place, convolution's output
        ("skip_connect none none nor_conv_3x3 skip_connect none", 3),  # ReLU needs a copy: the input is read again
        ("nor_conv_3x3 skip_connect nor_conv_3x3 skip_connect nor_conv_3x3 nor_conv_3x3", 4),
        ("none nor_conv_3x3 none none nor_conv_3x3 none", 2),  # nothing reaches the output
    ],
)
def test_peak_memory_inside_a_cell_is_what_a_walk_by_hand_finds(edges: str, tensors: int) -> None:
    assert cell_peak(tuple(edges.split())) == tensors


def test_peak_memory_is_that_of_the_first_stage_in_bytes() -> None:
    # three tensors of 16×32×32 float32: input, ReLU's copy, convolution's output
    genotype = {"edges": ["skip_connect", "none", "none", "nor_conv_3x3", "skip_connect", "none"]}
    assert make().cost(genotype, (3, 32, 32), 10).peak_memory_bytes == 3 * 16 * 32 * 32 * 4


def test_peak_memory_never_falls_below_the_reduction() -> None:
    # an all-skip cell needs one tensor; the reduction needs its input, the ReLU's copy and the half-sized output
    genotype = {"edges": ["skip_connect"] * 6}
    assert make().cost(genotype, (3, 32, 32), 10).peak_memory_bytes == (2 * 16 * 32 * 32 + 32 * 16 * 16) * 4


@settings(max_examples=15)
@given(
    edges=cells,
    width=st.integers(4, 9),
    cells_per_stage=st.integers(1, 3),
    shape=st.sampled_from([(1, 8, 8), (1, 28, 28), (3, 32, 32), (2, 7, 5), (1, 1, 1)]),
    classes=st.integers(2, 12),
)
def test_cost_equals_the_count(
    edges: list[str], width: int, cells_per_stage: int, shape: tuple[int, ...], classes: int
) -> None:
    space = make(width=width, cells_per_stage=cells_per_stage)
    genotype = {"edges": edges}
    count = counted(lambda: space.build(genotype, shape, classes), shape)
    assert count.differences(space.cost(genotype, shape, classes)) == {}


def test_mutation_reaches_every_neighbour_about_equally_often() -> None:
    space = make()
    rng = np.random.default_rng(1)
    genotype = space.sample(rng)
    counts = {json.dumps(neighbour): 0 for neighbour in space.neighbours(genotype)}
    for _ in range(4_800):
        counts[json.dumps(space.mutate(genotype, rng).genotype)] += 1
    assert len(counts) == 24
    assert min(counts.values()) > 140 and max(counts.values()) < 260  # mean 200, standard deviation 14


def test_crossover_takes_each_edge_from_a_parent() -> None:
    space = make()
    rng = np.random.default_rng(2)
    children = {
        tuple(space.crossover({"edges": ["none"] * 6}, {"edges": ["nor_conv_3x3"] * 6}, rng)["edges"])
        for _ in range(2_000)
    }
    assert children == set(product(("none", "nor_conv_3x3"), repeat=6))


def test_presets_are_the_published_cells() -> None:
    space = make()
    strings = {row["index"]: row["string"] for row in GOLDEN["architectures"]}
    presets = {preset.name: cell_to_string(preset.genotype["edges"]) for preset in space.presets()}
    assert presets["best_cifar10"] == strings[6111]
    assert presets["best_cifar10_tied"] == strings[13714]
    assert presets["best_cifar100"] == strings[9930]
    assert presets["best_imagenet16"] == strings[857]


def test_presets_that_need_other_operations_are_left_out() -> None:
    assert [p.name for p in make(operations=["nor_conv_1x1"]).presets()] == ["all_conv1x1"]


def test_the_graph_tells_shapes_costs_and_dead_edges() -> None:
    space = make(width=8, cells_per_stage=2)
    genotype = space.validate("|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|none~1|none~2|")
    graph = space.graph(genotype, (1, 8, 8), 10)
    nodes = {node.id: node for node in graph.nodes}
    assert nodes["stage1"].shape == (8, 8, 8)
    assert nodes["reduction2"].shape == (32, 2, 2)
    cost = space.cost(genotype, (1, 8, 8), 10)
    assert (sum(n.params for n in graph.nodes), sum(n.macs for n in graph.nodes)) == (cost.params, cost.macs)
    inside = [edge for edge in graph.edges if edge.operation]
    assert [edge.operation for edge in inside] == genotype["edges"]
    assert [edge.is_dead for edge in inside] == [True, True, True, False, True, True]
    assert {group.id: group.repeats for group in graph.groups} == {"network": 1, "cell": 6}
