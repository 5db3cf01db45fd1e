"""ENAS's macro space: published numbers and arc, the text form, the two networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.cost import blueprint_cost
from nas.core.errors import InvalidGenotype
from nas.core.space import Notated, Space
from nas.hardware.cost_check import counted
from nas.spaces.enas_macro import EnasMacro, EnasMacroConfig
from nas.spaces.enas_macro_network import OPERATION_NAMES, halvings
from tests.contracts.space_contract import SpaceContract

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "enas_macro.json").read_text())
RELEASED = GOLDEN["released"]
FINAL = {"network": "final", "layers": RELEASED["layers"], "filters": RELEASED["filters"]}
CONFIGS: tuple[dict[str, Any], ...] = (
    {},
    {"network": "final"},
    {"layers": 2},
    {"layers": 3, "filters": 3, "network": "final"},
    {"layers": 9, "filters": 2, "dropout": 0.1},
)


def make(**config: Any) -> EnasMacro:
    return EnasMacro(EnasMacroConfig.parse(config))


class TestFinalNetwork(SpaceContract):
    @pytest.fixture
    def space(self) -> Space:
        return make(network="final", layers=7, filters=8)


def test_the_search_network_has_the_published_number_of_weights() -> None:
    row = GOLDEN["supernet"]
    space = make(layers=row["layers"], filters=row["filters"])
    assert space.supernet_params(tuple(row["input_shape"]), row["num_classes"]) == row["params"]


@pytest.mark.parametrize("row", GOLDEN["sizes"], ids=lambda row: str(row["layers"]))
def test_sizes(row: dict[str, Any]) -> None:
    size = make(layers=row["layers"]).size()
    assert size.is_exact and size.lower == row["size"]


def test_the_released_architecture_is_read_from_its_script_and_written_as_there() -> None:
    space = make(**FINAL)
    assert isinstance(space, Notated)
    genotype = space.validate(RELEASED["arc"])
    (preset,) = space.presets()
    assert preset.genotype == genotype
    numbers = space.notation(genotype)
    assert len(numbers.split()) == RELEASED["num_numbers"]
    assert numbers.startswith("0 3 0 0 1 0 2 0 0 1 2 0 0 0 0 3 1 1 0 1 0 ")
    assert space.validate(numbers) == space.validate({"arc": numbers}) == genotype


def test_the_released_network_by_the_rules_of_its_code() -> None:
    """Filters 96, 192, 384; per layer 1×1, k×k, the projection of all that is joined; reductions of every stored map."""
    layers = [(int(term[0]), term[2:]) for term in RELEASED["arc"].split()]
    filters, expected = RELEASED["filters"], 27 * 96 + 2 * 96
    for number, (operation, bits) in enumerate(layers):
        kernel = (3, 3, 5, 5)[operation]
        expected += filters**2 + 2 * filters + kernel**2 * filters**2 + 2 * filters
        if number:
            expected += (bits.count("1") + 1) * filters**2 + 2 * filters
        if number in (7, 15):
            expected += (number + 2) * (filters * 2 * filters + 4 * filters)
            filters *= 2
    expected += 10 * filters
    space = make(**FINAL)
    genotype = space.presets()[0].genotype
    cost = space.cost(genotype, (3, 32, 32), 10)
    assert cost.params == expected
    assert counted(lambda: space.build(genotype, (3, 32, 32), 10), (3, 32, 32)).differences(cost) == {}


@given(st.data(), st.sampled_from(CONFIGS), st.sampled_from([(1, 8, 8), (3, 32, 32), (2, 5, 7), (1, 1, 1)]))
@settings(max_examples=150)
def test_the_closed_form_is_that_of_the_blueprint(
    data: st.DataObject, config: dict[str, Any], shape: tuple[int, ...]
) -> None:
    space = make(**config)
    genotype = space.sample(np.random.default_rng(data.draw(st.integers(0, 2**32))))
    assert space.cost(genotype, shape, 5) == blueprint_cost(space.blueprint(genotype, shape, 5))
    assert space.validate(space.notation(genotype)) == genotype


def test_a_single_branch_is_priced_by_hand() -> None:
    """One layer of F filters without halving: stem 11F on one channel, a branch, a classifier without bias."""
    f = 8
    branch = {
        "conv_3x3": 9 * f * f + 2 * f,
        "sep_conv_3x3": f * f + 11 * f,
        "conv_5x5": 25 * f * f + 2 * f,
        "sep_conv_5x5": f * f + 27 * f,
        "avg_pool_3x3": 0,
        "max_pool_3x3": 0,
    }
    for operation in OPERATION_NAMES:
        cost = make(layers=1, filters=f).cost({"layers": [{"operation": operation}]}, (1, 8, 8), 10)
        assert cost.params == 11 * f + f * f + 2 * f + branch[operation] + 10 * f


def test_maps_are_halved_after_each_third() -> None:
    assert [halvings(layers) for layers in (1, 2, 3, 6, 14, 24)] == [(), (), (1, 2), (2, 4), (4, 8), (8, 16)]


def written(skips: list[int], **config: Any) -> Blueprint:
    """Three layers, the last one with `skips` (stem, layer 1)."""
    layers = [
        {"operation": "conv_3x3"},
        {"operation": "conv_3x3", "skips": [0]},
        {"operation": "conv_3x3", "skips": skips},
    ]
    return make(layers=3, filters=4, **config).blueprint({"layers": layers}, (1, 8, 8), 3)


def names(blueprint: Blueprint, group: str) -> list[str]:
    return [layer.path[1] for layer in blueprint.layers if layer.path[0] == group and len(layer.path) == 2]


def test_the_search_network_adds_its_skips_and_normalises_the_sum() -> None:
    assert names(written([1, 1]), "layer3") == ["add", "add2", "bn"]
    assert names(written([0, 0]), "layer3") == ["bn"]


def test_the_final_network_joins_its_skips_and_projects_them() -> None:
    assert names(written([1, 1], network="final"), "layer3") == ["concat", "relu", "conv", "bn"]
    joined = [layer for layer in written([1, 0], network="final").layers if layer.path == ("layer3", "concat")]
    assert [layer.inputs for layer in joined] == [((16, 2, 2), (16, 2, 2))]


def test_a_map_that_nobody_reads_is_not_halved() -> None:
    assert (
        len({layer.path for layer in written([0, 0]).layers if layer.path[0] == "halving2" and "bn" in layer.path}) == 1
    )
    bns = [layer for layer in written([1, 0]).layers if layer.path[0] == "halving2" and layer.primitive.name == "bn"]
    assert len(bns) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0: 3:0 0:1", "layer 3 has 2 bits, one per map before; got 1"),
        ("0: 3:0", "expected 3 layers, got 2"),
        ("0: 6:0 0:11", "layer 2: an operation is a number from 0 to 5, got '6'"),
        ("0: 3:0 0:12", "layer 3: bits are 0 or 1"),
        ("0: 3:0 0", "written operation:bits"),
        ("0 3 0 0 1", "3 layers are 6 numbers, layer k an operation and k - 1 bits; got 5 words"),
        ("0 3 0 0 1 7", "layer 3: bits are 0 or 1"),
        ("0 3 0 ² 1 1", "layer 3: an operation is a number from 0 to 5"),
        ("0 " * 100_000, "has 200,000 characters"),
    ],
)
def test_a_text_that_is_not_exact_is_refused(text: str, message: str) -> None:
    for given_, field in ((text, ""), ({"arc": text}, "arc")):
        with pytest.raises(InvalidGenotype) as refusal:
            make(layers=3).validate(given_)
        assert message in refusal.value.errors[0].message
        assert refusal.value.errors[0].field == field


def test_the_final_network_has_no_pooling() -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        make(layers=1, network="final").validate({"layers": [{"operation": "max_pool_3x3"}]})
    assert refusal.value.errors[0].field == "layers.0.operation"
