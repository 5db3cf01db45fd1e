"""PNAS: the published numbers, the published cell, distinct blocks."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from nas.spaces.pnas import OPERATION_NAMES, Pnas, PnasConfig

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "pnas.json").read_text())


def make(**config: Any) -> Pnas:
    return Pnas(PnasConfig.parse(config))


def pnasnet_5(space: Pnas) -> dict[str, Any]:
    return {preset.name: preset.genotype for preset in space.presets()}["pnasnet_5"]


@pytest.mark.parametrize("row", GOLDEN["networks"], ids=lambda row: f"{row['repeats']}-{row['filters']}")
def test_costs_are_the_published_ones(row: dict[str, Any]) -> None:
    space = make(repeats=row["repeats"], filters=row["filters"])
    cost = space.cost(pnasnet_5(space), (3, 32, 32), 10)
    assert cost.params == row["params"]
    assert cost.macs - cost.bias_adds == row.get("macs", cost.macs - cost.bias_adds)


def test_size() -> None:
    assert make().size().upper == make().size().lower == GOLDEN["size"]


@pytest.mark.parametrize("block", range(5))
def test_a_block_can_be_chosen_in_as_many_ways_as_the_paper_counts(block: int) -> None:
    """The blocks before are all different, so that no two of their states can be taken for each other."""
    space = make(blocks=block + 1)
    before = [{"inputs": [0, 0], "operations": ["identity", name]} for name in OPERATION_NAMES[:block]]
    forms = set()
    for inputs in product(range(block + 2), repeat=2):
        for operations in product(OPERATION_NAMES, repeat=2):
            last = {"inputs": list(inputs), "operations": list(operations)}
            forms.add(space.canonical({"cell": {"blocks": [*before, last]}}))
    # a last block that equals an earlier one but for its number is a block of its own, and counted as one
    assert len(forms) == GOLDEN["distinct_blocks"][block]


def test_cells_and_their_copies_with_stride_stand_where_they_should() -> None:
    """3 N cells, the first of the second and of the third stage with stride 2; no other reduction."""
    space = make(repeats=3, filters=48)
    blueprint = space.blueprint(pnasnet_5(space), (3, 32, 32), 10)
    cells = [group.path for group in blueprint.groups if group.path[-1].startswith(("cell", "reduction"))]
    assert [path[0] for path in cells] == [
        *["stage1"] * 3,
        "reduction1",
        *["stage2"] * 2,
        "reduction2",
        *["stage3"] * 2,
    ]
    strided = [layer for layer in blueprint.layers if layer.path[:4] == ("reduction1", "block5", "second", "conv")]
    assert [layer.primitive.operation for layer in strided] == ["conv_1x1"]  # identity of an input that is halved
    assert strided[0].shape == (96, 16, 16)


def test_all_blocks_are_joined_also_those_that_are_read() -> None:
    space = make()
    wirings = space._wirings(pnasnet_5(space))
    assert [wiring.joined for wiring in wirings] == [[2, 3, 4, 5, 6]] * 2
    graph = space.graph(pnasnet_5(space), (1, 8, 8), 10)
    assert {group.id: group.repeats for group in graph.groups} == {"network": 1, "cell": 3}


def test_the_cell_of_one_block_has_136_forms() -> None:
    space = make(blocks=1)
    everything = {
        space.canonical({"cell": {"blocks": [{"inputs": list(i), "operations": list(o)}]}})
        for i in product((0, 1), repeat=2)
        for o in product(OPERATION_NAMES, repeat=2)
    }
    assert len(everything) == 136
    assert space.size().upper == 4 * 64
