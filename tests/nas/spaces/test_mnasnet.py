"""MnasNet: published counts, the text of the reference code, skips without room, what canonical means."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.cost import blueprint_cost
from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.proposal import Genotype
from nas.spaces.mnasnet import MnasNet
from nas.spaces.mnasnet_config import MnasNetConfig
from tests.nas.spaces.same_network import check_that_canonical_forms_name_networks, layers_of

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "mnasnet.json").read_text())


def make(preset: str = "digits", **config: Any) -> MnasNet:
    return MnasNet(MnasNetConfig.parse({**MnasNetConfig.presets[preset], **config}))


def published(space: MnasNet, name: str) -> Genotype:
    return next(preset.genotype for preset in space.presets() if preset.name == name)


@pytest.mark.parametrize("row", GOLDEN["networks"], ids=lambda row: f"{row['architecture']}-{row['side']}")
def test_costs_are_the_published_ones(row: dict[str, Any]) -> None:
    space = make("imagenet_released", stem_stride=row["stem_stride"])
    cost = space.cost(published(space, row["architecture"]), (3, row["side"], row["side"]), row["classes"])
    assert (cost.params, cost.macs - cost.bias_adds) == (row["params"], row["macs"])


def test_every_block_of_a1_has_its_published_parameters() -> None:
    space = make("imagenet_released")
    graph = space.graph(published(space, "mnasnet_a1"), (3, 224, 224), 1000)
    found: dict[str, int] = {}
    for node in graph.nodes:
        found[node.group or node.id] = found.get(node.group or node.id, 0) + node.params
    assert {name: found[name] for name in GOLDEN["a1_params"]} == GOLDEN["a1_params"]
    assert sum(found.values()) == sum(GOLDEN["a1_params"].values())


def test_b1_is_the_one_of_torchvision() -> None:
    space = make("imagenet_released")
    cost = space.cost(published(space, "mnasnet_b1"), (3, 224, 224), 1000)
    assert cost.params == GOLDEN["b1_params"]["params"]
    assert round(cost.macs / 1e9, 3) == GOLDEN["b1_macs"]["gigamacs"]


def test_a_block_has_the_published_number_of_choices_where_no_rounding_joins_them() -> None:
    space = make("imagenet")
    assert [p.name for p in space.presets()] == []
    per_block = [prod(len(g.options) for g in space.genes if g.path[1] == block) for block in range(7)]
    assert per_block[2:6] == [GOLDEN["choices_per_block"]["number"]] * 4
    assert len([g for g in space.genes if g.path[1] == 0]) == 6


TINY = {
    "skips without room": {"blocks": ["r1_s1_o24", "r1_s2_o24"], "operations": ["mbconv3"]},
    "room for some": {"blocks": ["r2_s1_o8", "r1_s2_o16"], "operations": ["sep_conv"], "filter_factors": [1.0, 2.0]},
    "ratios that round alike": {"blocks": ["r1_s2_o24"], "operations": ["conv"], "se_ratios": [0, 0.05, 0.1]},
    "no skip without": {"blocks": ["r2_s2_o16"], "operations": ["conv", "mbconv6"], "skips": ["pool", "identity"]},
}


@pytest.mark.parametrize("config", TINY.values(), ids=TINY.keys())
def test_canonical_forms_name_networks_and_are_counted_exactly(config: dict[str, Any]) -> None:
    space = make(**{"stem_width": 8, "kernels": [3], "layer_changes": [0, 1], "head_width": 0, **config})
    assert check_that_canonical_forms_name_networks(space) == space.size().distinct


def test_blocks_that_run_together_have_equal_keys_but_no_count() -> None:
    space = make(
        blocks=["r1_s1_o16", "r1_s1_o16"],
        operations=["mbconv3"],
        kernels=[3],
        se_ratios=[0],
        filter_factors=[1.0],
        layer_changes=[0, 1],
        head_width=0,
    )
    assert space.size().distinct is None
    assert check_that_canonical_forms_name_networks(space) < space.size().upper


@settings(max_examples=60)
@given(
    preset=st.sampled_from(["digits", "cifar", "imagenet_released"]),
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40)),
    classes=st.integers(1, 100),
)
def test_the_closed_form_is_the_sum_over_the_layers(
    preset: str, seed: int, shape: tuple[int, int, int], classes: int
) -> None:
    space = make(preset)
    genotype = space.sample(np.random.default_rng(seed))
    assert space.cost(genotype, shape, classes) == blueprint_cost(space.blueprint(genotype, shape, classes))


def test_the_text_of_the_reference_code_is_read_and_written() -> None:
    space = make("imagenet_released")
    text = (
        "r1_k3_s11_e1_i32_o16_noskip r2_k3_s22_e6_i16_o24 r3_k5_s22_e3_i24_o40_se0.25 r4_k3_s22_e6_i40_o80 "
        "r2_k3_s11_e6_i80_o112_se0.25 r3_k5_s22_e6_i112_o160_se0.25 r1_k3_s11_e6_i160_o320"
    )
    genotype = space.validate(text)
    assert genotype == published(space, "mnasnet_a1")
    assert space.notation(genotype) == text
    assert genotype["blocks"][2] == {
        "op": "mbconv3",
        "kernel": 5,
        "se": 0.25,
        "skip": "identity",
        "filters": 40,
        "layers": 3,
    }


def test_every_architecture_survives_its_text() -> None:
    space, rng = make("imagenet"), np.random.default_rng(0)
    for genotype in (space.sample(rng) for _ in range(100)):
        assert space.validate(space.notation(genotype)) == genotype


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("r1_k3_s11_e1_i16_o16", "", "expected 3 blocks"),
        ("r1_k3_s11_e1_i16_o16 " * 200, "", "expected 3 blocks"),
        ("r1_k3_s22_e1_i16_o16 x x", "blocks.0", "stride 1, so s11"),
        ("r1_k3_s11_e1_i32_o16 x x", "blocks.0", "reads 16 channels, so i16"),
        ("r1_k3_s11_e4_i16_o16 x x", "blocks.0", "expansions are e1, e3, e6, or conv"),
        ("r1_k3_s11_e1_i16_o16 what x", "blocks.1", "a block reads like"),
        ("r9_k3_s11_e1_i16_o16 r2_k3_s22_e6_i16_o24 r2_k3_s22_e6_i24_o40", "blocks.0.layers", "not among"),
    ],
)
def test_wrong_texts_are_refused_in_words(text: str, field: str, words: str) -> None:
    with pytest.raises(InvalidGenotype, match=words) as refusal:
        make().validate(text)
    assert refusal.value.errors[0].field == field


def test_an_identity_without_room_is_none_and_a_pool_never_is() -> None:
    space = make(blocks=["r1_s2_o24"], layer_changes=[0])
    block = {"op": "conv", "kernel": 3, "se": 0.0, "filters": 24, "layers": 1}
    none, identity, pool = ({"blocks": [{**block, "skip": skip}]} for skip in ("none", "identity", "pool"))
    assert space.canonical(none) == space.canonical(identity) != space.canonical(pool)
    assert layers_of(space, none) == layers_of(space, identity) != layers_of(space, pool)


def test_a_picture_tells_layers_and_blocks() -> None:
    space = make("imagenet_released")
    graph = space.graph(published(space, "mnasnet_a1"), (3, 224, 224), 1000)
    nodes = {node.id: node for node in graph.nodes}
    assert nodes["block1.layer1"].label == "Sep conv 3×3"
    assert nodes["block3.layer1"].label == "MB3 5×5 SE, stride 2"
    assert nodes["block3.layer3"].operation == "mbconv_k5_e3"
    assert nodes["block3.layer3"].shape == (40, 28, 28)
    assert {group.id: group.label for group in graph.groups}["block6"] == "Block 6"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"blocks": ["r2_s1_o16_se"]}, "layers, stride and channels only"),
        ({"blocks": ["rubbish"]}, "reads like"),
        ({"kernels": [4]}, "kernels are 3, 5 or 7"),
        ({"se_ratios": [2]}, "from 0.01 to 1"),
        ({"filter_factors": [0]}, "from 0.05 to 4"),
        ({"layer_changes": [0, 100]}, "from -8 to 8"),
        ({"layer_changes": [0, 0]}, "chosen once"),
    ],
    ids=str,
)
def test_wrong_settings_are_refused_in_words(config: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        make(**config)
