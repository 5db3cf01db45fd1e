"""AmoebaNet: the published numbers and cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas.spaces.amoebanet import OPERATION_NAMES, SEARCHED_OPERATIONS, AmoebaNet, AmoebaNetConfig

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "amoebanet.json").read_text())


def make(**config: Any) -> AmoebaNet:
    return AmoebaNet(AmoebaNetConfig.parse(config))


def published(space: AmoebaNet, name: str = "amoebanet_a") -> dict[str, Any]:
    return {preset.name: preset.genotype for preset in space.presets()}[name]


@pytest.mark.parametrize("row", GOLDEN["networks"], ids=lambda row: f"{row['cell']} {row['repeats']}-{row['filters']}")
def test_params_are_the_published_ones(row: dict[str, Any]) -> None:
    space = make(repeats=row["repeats"], filters=row["filters"], operations=OPERATION_NAMES)
    assert space.cost(published(space, row["cell"]), (3, 32, 32), 10).params == row["params"]


@pytest.mark.parametrize("row", GOLDEN["imagenet"], ids=lambda row: row["preset"])
def test_networks_for_large_images(row: dict[str, Any]) -> None:
    space = make(**AmoebaNetConfig.presets[row["preset"]])
    cost = space.cost(published(space), (3, row["side"], row["side"]), 1000)
    assert cost.params == row["params"] + 32  # the odd channel of one reduction in the stem, see the golden file
    digits = 0 if row["million_macs"] < 1_000 else -2
    assert round((cost.macs - cost.bias_adds) / 1e6, digits) == row["million_macs"]


def test_an_odd_width_gives_its_last_channel_to_the_second_path() -> None:
    """Where the 32 weights of the large networks come from: a stem of 32 channels is reduced to 25."""
    space = make(**AmoebaNetConfig.presets["imagenet_mobile"])
    layers = space.blueprint(published(space), (3, 224, 224), 1000).layers
    paths = [layer for layer in layers if layer.path[:2] == ("reduction2", "older") and layer.primitive.name == "conv"]
    assert [(layer.inputs[0][0], layer.shape[0]) for layer in paths] == [(32, 12), (32, 13)]


def test_size() -> None:
    assert make().size().upper == GOLDEN["size_of_one_cell"] ** 2
    assert len(make().config.operations) == 8


def test_the_cells_with_other_operations_need_them() -> None:
    names = ["amoebanet_a", "amoebanet_b", "amoebanet_c", "amoebanet_d"]
    assert [p.name for p in make(operations=OPERATION_NAMES).presets()] == names
    assert [p.name for p in make().presets()] == ["amoebanet_a", "amoebanet_c"]
    without_identity = [name for name in SEARCHED_OPERATIONS if name != "identity"]
    assert make(operations=without_identity).presets() == ()


@pytest.mark.parametrize(
    ("name", "joined"),
    [
        ("a", [[3, 4, 6], [3, 5, 6]]),
        ("b", [[3, 4, 6], [5, 6]]),
        ("c", [[4, 5, 6], [3, 5, 6]]),
        ("d", [[3, 4, 6], [4, 5, 6]]),
    ],
)
def test_what_nobody_reads_in_the_published_cells(name: str, joined: list[list[int]]) -> None:
    """The rule of the search; the published cells join some states more, all of these among them."""
    space = make(operations=OPERATION_NAMES)
    genotype = published(space, f"amoebanet_{name}")
    ruled = {cell: {"blocks": value["blocks"]} for cell, value in genotype.items()}
    assert [wiring.joined for wiring in space._wirings(ruled)] == joined
    as_published = [wiring.joined for wiring in space._wirings(genotype)]
    assert as_published == [genotype["normal"]["concat"], genotype["reduction"]["concat"]]


def test_joining_only_what_nobody_reads_makes_the_largest_network_too_small() -> None:
    """75.1 M instead of the published 86.7 M parameters: the stated trap of these cells."""
    space = make(**AmoebaNetConfig.presets["imagenet_large"])
    ruled = {cell: {"blocks": value["blocks"]} for cell, value in published(space).items()}
    assert round(space.cost(ruled, (3, 331, 331), 1000).params / 1e6, 1) == 75.1


def test_a_state_of_the_wrong_size_is_reduced_before_it_is_joined() -> None:
    space = make(operations=OPERATION_NAMES)
    blueprint = space.blueprint(published(space, "amoebanet_c"), (3, 32, 32), 10)
    at = [layer for layer in blueprint.layers if layer.path[:3] == ("reduction1", "output", "state0")]
    assert [layer.primitive.name for layer in at] == ["conv", "shift", "conv", "concat", "bn"]  # no ReLU
    assert at[-1].shape == (16, 16, 16)


def test_mutation_changes_inputs_and_operations_alike_and_never_points_ahead() -> None:
    space, rng = make(), np.random.default_rng(0)
    genotype = space.sample(rng)
    kinds = []
    for _ in range(2_000):
        mutation = space.mutate(genotype, rng)
        kinds.append(mutation.kind)
        genotype = space.validate(mutation.genotype)
    assert 900 < kinds.count("input") < 1_100
    assert set(kinds) == {"input", "operation"}
