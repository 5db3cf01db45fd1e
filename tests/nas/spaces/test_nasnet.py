"""NASNet: the published numbers, the published cell, settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.spaces.cells.wiring import Wiring
from nas.spaces.nasnet import EIGHT_OPERATIONS, OPERATION_NAMES, NasNet, NasNetConfig

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "nasnet.json").read_text())


def make(**config: Any) -> NasNet:
    return NasNet(NasNetConfig.parse(config))


def nasnet_a(space: NasNet) -> dict[str, Any]:
    return {preset.name: preset.genotype for preset in space.presets()}["nasnet_a"]


@pytest.mark.parametrize("row", GOLDEN["networks"], ids=lambda row: f"{row['repeats']}@{row['filters']}")
def test_costs_are_the_published_ones(row: dict[str, Any]) -> None:
    space = make(repeats=row["repeats"], filters=row["filters"])
    cost = space.cost(nasnet_a(space), tuple(row["input_shape"]), row["num_classes"])
    assert (cost.params, cost.macs - cost.bias_adds) == (row["params"], row["macs"])


def test_costs_grow_along_the_network_as_in_the_published_code() -> None:
    space = make(repeats=6, filters=32)
    after: dict[str, int] = {}
    total = 0
    for layer in space.blueprint(nasnet_a(space), (3, 32, 32), 10).main_layers:
        total += layer.count.params
        after[layer.path[0]] = after[".".join(layer.path[:2])] = total
    expected = GOLDEN["cumulative_params"]["after"]
    assert {name: after[name] for name in expected} == expected


@pytest.mark.parametrize(("repeats", "filters", "classes"), [(2, 8, 10), (3, 12, 100), (5, 20, 7)])
def test_params_follow_the_closed_form(repeats: int, filters: int, classes: int) -> None:
    """Of NASNet-A on small images with two cells a stage or more, summed cell by cell by hand."""
    f = filters
    total = 87 * f + (31 * f**2 + 270 * f) + (19 * f**2 + 178 * f) + (repeats - 2) * (22 * f**2 + 178 * f)
    for f in (2 * filters, 4 * filters):
        total += (16 * f**2 + 338 * f) + (17 * f**2 + 178 * f) + (20 * f**2 + 178 * f)
        total += (repeats - 2) * (22 * f**2 + 178 * f)
    total += 24 * filters * classes + classes
    space = make(repeats=repeats, filters=filters)
    assert space.cost(nasnet_a(space), (3, 32, 32), classes).params == total


@pytest.mark.parametrize("row", GOLDEN["printed"], ids=lambda row: row["preset"])
def test_networks_for_large_images_round_to_what_the_paper_prints(row: dict[str, Any]) -> None:
    space = make(**NasNetConfig.presets[row["preset"]])
    cost = space.cost(nasnet_a(space), (3, row["side"], row["side"]), 1000)
    assert round(cost.weight_bytes / 4e6, 1) == row["million_statistics_and_params"]
    if "million_params" in row:
        assert round(cost.params / 1e6, 1) == row["million_params"]
    digits = 0 if row["million_macs"] < 1_000 else -2
    assert round((cost.macs - cost.bias_adds) / 1e6, digits) == row["million_macs"]


def test_the_auxiliary_head_has_the_published_size_and_is_not_counted() -> None:
    row = GOLDEN["auxiliary_params"]
    space = make(repeats=row["repeats"], filters=row["filters"], auxiliary_head=True)
    blueprint = space.blueprint(nasnet_a(space), (3, 32, 32), 10)
    assert sum(layer.count.params for layer in blueprint.layers if layer.is_auxiliary) == row["params"]
    seen = next(layer for layer in blueprint.layers if layer.is_auxiliary)
    assert seen.inputs == ((6 * 64, 16, 16),)  # the last normal cell before the second reduction
    assert space.cost(nasnet_a(space), (3, 32, 32), 10).params == GOLDEN["networks"][0]["params"]


def test_sizes() -> None:
    assert make().size().upper == GOLDEN["sizes"]["one_cell"] ** 2
    few = make(**NasNetConfig.presets["eight_operations"])
    assert few.config.operations == EIGHT_OPERATIONS
    assert few.size().upper == GOLDEN["sizes"]["one_cell_of_eight_operations"] ** 2


def test_where_blocks_do_not_read_blocks_there_are_as_many_cells_as_the_exercise_says() -> None:
    row = GOLDEN["sizes"]["flat"]
    space = make(reads_blocks=False, operations=OPERATION_NAMES[: row["operations"]], blocks=row["blocks"])
    assert len(space.config.combines) == row["combines"]
    assert space.size().upper == row["one_cell"] ** 2
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(50)]
    drawn += [space.mutate(genotype, rng).genotype for genotype in drawn]
    drawn += list(space.neighbours(drawn[0]))
    read = {state for genotype in drawn for block in genotype["normal"]["blocks"] for state in block["inputs"]}
    assert read == {0, 1}
    with pytest.raises(InvalidGenotype) as refusal:
        space.validate(make(operations=OPERATION_NAMES[:5]).sample(rng))
    assert all(".inputs." in error.field for error in refusal.value.errors)


def test_the_published_cell_joins_states_that_are_read() -> None:
    """By the rule of the search its cells would join five and three states, not six and four."""
    space = make(combines=["add"])
    genotype = nasnet_a(space)
    assert [len(wiring.joined) for wiring in space._wirings(genotype)] == [6, 4]
    ruled: dict[str, Any] = {name: {"blocks": cell["blocks"]} for name, cell in genotype.items()}
    cells: tuple[Wiring, Wiring] = space._wirings(ruled)
    assert [wiring.joined for wiring in cells] == [[2, 3, 4, 5, 6], [4, 5, 6]]
    assert space.canonical(ruled) != space.canonical(genotype)


def test_the_published_cell_is_offered_where_its_operations_are() -> None:
    assert [preset.name for preset in make(**NasNetConfig.presets["eight_operations"]).presets()] == ["nasnet_a"]
    assert make(operations=["conv_3x3", "identity"]).presets() == ()
    assert make(combines=["concat"]).presets() == ()
    assert make(blocks=4).presets() == ()


def test_a_concatenation_is_as_wide_as_both_and_comes_back_at_its_readers() -> None:
    space = make(blocks=2, operations=["sep_conv_3x3", "max_pool_3x3"])
    wide = {"inputs": [0, 1], "operations": ["max_pool_3x3", "sep_conv_3x3"], "combine": "concat"}
    reader = {"inputs": [2, 2], "operations": ["max_pool_3x3", "sep_conv_3x3"], "combine": "add"}
    cell = {"blocks": [wide, reader]}
    blueprint = space.blueprint({"normal": cell, "reduction": cell}, (3, 32, 32), 10)
    shapes = {".".join(layer.path): layer.shape for layer in blueprint.layers}
    assert shapes["stage2.cell1.block1.concat"] == (32, 16, 16)
    assert shapes["stage2.cell1.block2.first.pool"] == (32, 16, 16)
    assert shapes["stage2.cell1.block2.first.conv"] == (16, 16, 16)  # 1×1 without ReLU
    assert shapes["stage2.cell1.block2.second.conv2"] == (16, 16, 16)  # narrow from the first separable on
    assert shapes["stage2.cell1.block2.add"] == (16, 16, 16)


def test_reading_before_the_reduction_skips_the_cell_that_was_reduced() -> None:
    genotype = nasnet_a(make())
    read = {}
    for flag in (False, True):
        layers = make(repeats=2, reads_before_reduction=flag).blueprint(genotype, (3, 32, 32), 10).layers
        first = next(layer for layer in layers if layer.path[:3] == ("stage2", "cell1", "older"))
        assert first.inputs == ((48, 32, 32),)
        read[flag] = layers[first.reads[0] - 1].path[:2]
    assert read == {False: ("stage1", "cell2"), True: ("stage1", "cell1")}


def test_drop_paths_grow_with_depth_and_spare_identities() -> None:
    space = make(repeats=6, drop_path=0.4)
    blueprint = space.blueprint(nasnet_a(space), (3, 32, 32), 10)
    drops = {layer.path: layer.primitive for layer in blueprint.layers if layer.primitive.name == "drop_path"}
    tenth = [primitive for path, primitive in drops.items() if path[:2] == ("stage2", "cell3")]
    # cell 9 of 20 (from 0), keep 0.6 at the end: 0.8 there, 0.9 half-way through the training
    assert {primitive.probability for primitive in tenth} == {0.2}
    assert len(tenth) == 8  # ten operations, two identities
    last = [primitive.probability for path, primitive in drops.items() if path[:2] == ("stage3", "cell6")]
    assert set(last) == {0.4}


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"blocks": 0}, "blocks"),
        ({"blocks": 11}, "blocks"),
        ({"repeats": 0}, "repeats"),
        ({"filters": 3}, "filters"),
        ({"stem": "huge"}, "stem"),
        ({"stem": "large", "filters": 7}, ""),
        ({"operations": []}, "operations"),
        ({"operations": ["identity", "identity"]}, "operations"),
        ({"operations": ["identity", "conv_9x9"]}, "operations.1"),
        ({"combines": ["add", "add"]}, "combines"),
        ({"drop_path": 1.0}, "drop_path"),
    ],
)
def test_a_wrong_configuration_is_refused_at_its_field(config: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        make(**config)
    assert [error.field for error in refusal.value.errors] == [field]


def test_the_graph_shows_the_network_and_both_cells() -> None:
    space = make(repeats=2)
    genotype = nasnet_a(space)
    graph = space.graph(genotype, (3, 32, 32), 10)
    cost = space.cost(genotype, (3, 32, 32), 10)
    outline = [node for node in graph.nodes if node.group == "network"]
    assert [node.id for node in outline] == [
        *("image", "stem", "stage1", "reduction1", "stage2", "reduction2", "stage3", "head", "logits")
    ]
    assert (sum(n.params for n in outline), sum(n.macs for n in outline)) == (cost.params, cost.macs)
    shapes = {node.id: node.shape for node in outline}
    assert (shapes["stage1"], shapes["reduction1"], shapes["stage3"]) == ((48, 32, 32), (64, 16, 16), (192, 8, 8))
    assert {group.id: group.repeats for group in graph.groups} == {"network": 1, "normal": 6, "reduction": 2}
    joined = [edge.source for edge in graph.edges if edge.target == "normal.out"]
    assert joined == [f"normal.{state}" for state in range(1, 7)]
    operations = [node.operation for node in graph.nodes if node.id.startswith("reduction.5.")]
    assert operations == ["identity", "avg_pool_3x3"]


def test_a_random_network_answers_on_the_smallest_images() -> None:
    import torch

    space, rng = make(repeats=1, filters=4), np.random.default_rng(0)
    for _ in range(3):
        network = space.build(space.sample(rng), (1, 1, 1), 3).eval()
        with torch.no_grad():
            assert network(torch.zeros(2, 1, 1, 1)).shape == (2, 3)
