"""The layer-wise space: the worked example, the rules of padding and joining, pooling and blocks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.cost import blueprint_cost
from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.space import Space
from nas.hardware.cost_check import counted
from nas.operations.convolutions import same_padding
from nas.spaces.layerwise import Layerwise, LayerwiseConfig
from nas.spaces.layerwise_cost import wiring
from tests.contracts.space_contract import SpaceContract

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "layerwise.json").read_text())
EXAMPLE = {"layers": GOLDEN["layers"]}
IMAGE = tuple(GOLDEN["input_shape"])

CONFIGS: tuple[dict[str, Any], ...] = (
    {},
    {"layers": 1},
    {"layers": 5, "strides": "predicted"},
    {"layers": 5, "block_size": 3, "pool_after": [2, 4], "kernels": [2, 3, 4], "extra_filters": 3},
    {"layers": 6, "strides": "predicted", "kernels": [1, 2, 5], "pool_after": [1, 3]},
)


def make(**config: Any) -> Layerwise:
    return Layerwise(LayerwiseConfig.parse(config))


@pytest.mark.parametrize("config", [CONFIGS[3], CONFIGS[4]], ids=["blocks", "strides"])
class TestVariants(SpaceContract):
    @pytest.fixture
    def space(self, config: dict[str, Any]) -> Space:
        return make(**config)


def test_the_worked_example_costs_what_it_costs_by_hand() -> None:
    space = make(**GOLDEN["config"])
    genotype = space.validate(EXAMPLE)
    cost = space.cost(genotype, IMAGE, GOLDEN["num_classes"])
    assert (cost.params, cost.macs - cost.bias_adds) == (GOLDEN["params"], GOLDEN["macs"])
    assert len(space.genes) == GOLDEN["decisions"]
    assert counted(lambda: space.build(genotype, IMAGE, 10), IMAGE).differences(cost) == {}


def test_the_worked_example_has_the_shapes_and_pads_it_has_by_hand() -> None:
    graph = make(**GOLDEN["config"]).graph(EXAMPLE, IMAGE, 10)
    layers = [node for node in graph.nodes if node.id.startswith("layer")]
    assert [list(node.shape or ()) for node in layers] == GOLDEN["shapes"]
    assert [node.params for node in layers] == GOLDEN["params_by_layer"]
    assert next(node.params for node in graph.nodes if node.id == "head") == GOLDEN["params_of_head"]
    assert [(e.source, e.target) for e in graph.edges if "padded to 32×32" in e.label] == [("layer2", "layer4")]
    assert {e.source for e in graph.edges if e.target == "head"} == {"layer3", "layer4"}
    assert {e.source for e in graph.edges if e.target == "layer3"} == {"image"}


@pytest.mark.parametrize("row", GOLDEN["sizes"], ids=lambda row: f"{row['layers']} {row['strides']}")
def test_sizes(row: dict[str, Any]) -> None:
    size = make(layers=row["layers"], strides=row["strides"]).size()
    assert size.is_exact and size.lower == row["size"]


@given(st.data(), st.sampled_from(CONFIGS), st.sampled_from([(1, 8, 8), (3, 32, 32), (2, 5, 7), (1, 1, 1)]))
@settings(max_examples=150)
def test_the_closed_form_is_that_of_the_blueprint(
    data: st.DataObject, config: dict[str, Any], shape: tuple[int, ...]
) -> None:
    space = make(**config)
    genotype = space.sample(np.random.default_rng(data.draw(st.integers(0, 2**32))))
    assert space.cost(genotype, shape, 5) == blueprint_cost(space.blueprint(genotype, shape, 5))


def test_padding_keeps_the_smaller_half_in_front() -> None:
    """32 places, kernel 3, stride 2: one zero behind; kernel 1: none, whatever the stride."""
    assert [same_padding(32, 3, 2), same_padding(32, 5, 2), same_padding(32, 5, 1), same_padding(32, 1, 3)] == [
        (0, 1),
        (1, 2),
        (2, 2),
        (0, 0),
    ]


def test_smaller_maps_are_centred_with_the_odd_zero_behind() -> None:
    import torch

    space = make(layers=3, strides="predicted", kernels=[1], filters=[1])
    one = {"kernel_height": 1, "kernel_width": 1, "stride_height": 1, "stride_width": 1, "filters": 1}
    half = one | {"stride_height": 2, "stride_width": 2}
    network = space.build({"layers": [one, half | {"inputs": [0]}, one | {"inputs": [1, 1]}]}, (1, 3, 3), 2).eval()
    for name in ("layer1.conv", "layer2.conv"):
        torch.nn.init.ones_(network.get_submodule(name).weight)  # type: ignore[arg-type]
    seen: list[torch.Tensor] = []
    network.get_submodule("layer3.concat").register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        network(torch.arange(1.0, 10.0).reshape(1, 1, 3, 3))
    large, small = seen[0][0].round().tolist()
    assert large == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert small == [[1, 3, 0], [7, 9, 0], [0, 0, 0]]


def test_a_layer_without_inputs_reads_the_image_and_the_head_reads_what_nobody_does() -> None:
    layers = [{}, {"inputs": [0]}, {"inputs": [1, 0]}, {"inputs": [0, 0, 0]}]
    assert wiring(layers) == ([(0,), (0,), (1,), (0,)], (2, 3, 4))


def test_pooling_halves_what_is_read_later() -> None:
    space = make(layers=3, pool_after=[1, 2])
    layer = {"kernel_height": 3, "kernel_width": 3, "filters": 6}
    blueprint = space.blueprint({"layers": [layer, layer | {"inputs": [0]}, layer | {"inputs": [1, 0]}]}, (1, 9, 9), 3)
    pools = [
        (layer.path[0], layer.inputs[0], layer.shape) for layer in blueprint.layers if layer.primitive.name == "pool"
    ]
    assert pools == [
        ("pool1", (1, 9, 9), (1, 5, 5)),
        ("pool1", (6, 9, 9), (6, 5, 5)),
        ("pool2", (6, 5, 5), (6, 3, 3)),
        ("pool2", (6, 5, 5), (6, 3, 3)),
    ]


def test_a_block_reads_all_before_it_and_hands_on_all_of_it() -> None:
    space = make(layers=1, block_size=3, extra_filters=2)
    layer = {"kernel_height": 3, "kernel_width": 3, "filters": 6}
    blueprint = space.blueprint({"layers": [layer]}, (3, 8, 8), 4)
    convolutions = [layer for layer in blueprint.layers if layer.primitive.name == "conv"]
    assert [layer.inputs[0][0] for layer in convolutions] == [3, 11, 19]
    assert blueprint.layers[-1].inputs[0] == (24,)


@pytest.mark.parametrize("name", LayerwiseConfig.presets)
def test_published_settings_cost_what_their_networks_do(name: str) -> None:
    space = Layerwise(LayerwiseConfig.parse(LayerwiseConfig.presets[name]))
    genotype = space.sample(np.random.default_rng(2))
    assert space.cost(genotype, IMAGE, 10) == blueprint_cost(space.blueprint(genotype, IMAGE, 10))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"pool_after": [4]}, "1 to 3, got 4"),
        ({"block_size": 2, "strides": "predicted"}, "need fixed strides"),
        ({"filters": [8, 8]}, "given once"),
        ({"kernels": [0]}, "at least 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfig, match=message):
        make(**config)


def test_every_fault_is_named_at_its_field() -> None:
    layer = {"kernel_height": 4, "kernel_width": 3, "filters": True}
    with pytest.raises(InvalidGenotype) as refusal:
        make(layers=2).validate({"layers": [layer, layer | {"inputs": [2]}]})
    assert [error.field for error in refusal.value.errors] == [
        "layers.0.kernel_height",
        "layers.0.filters",
        "layers.1.kernel_height",
        "layers.1.filters",
        "layers.1.inputs.0",
    ]


def test_the_presets_are_wired_as_they_say() -> None:
    chain, dense = make(layers=4).presets()
    assert wiring(chain.genotype["layers"])[0] == [(0,), (1,), (2,), (3,)]
    assert wiring(dense.genotype["layers"])[0] == [(0,), (1,), (1, 2), (1, 2, 3)]
    assert make(kernels=[1]).presets() == ()


def test_hostile_genotypes_are_refused_with_the_first_faults() -> None:
    space = make(layers=40)
    layer = {"filters": 10**4000, "inputs": [0] * 10**6}
    for genotype in ({"layers": [layer] * 40}, {"layers": [{}] * 10**6}, {str(i): 0 for i in range(10**5)}):
        with pytest.raises(InvalidGenotype) as refusal:
            space.validate(genotype)
        assert 1 <= len(refusal.value.errors) <= 20
        assert all(len(error.message) < 200 for error in refusal.value.errors)
