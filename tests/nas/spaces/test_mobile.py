"""Mobile networks: published counts, which genes have an effect, what canonical means, resolution."""

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
from nas.hardware.cost_check import counted
from nas.spaces.genes import value_at
from nas.spaces.mobile import Mobile
from nas.spaces.mobile_config import MobileConfig
from nas.spaces.mobile_stage import Stage, stage_from_text
from tests.nas.spaces.same_network import check_that_canonical_forms_name_networks, layers_of

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "mobile.json").read_text())


def make(preset: str = "digits", **config: Any) -> Mobile:
    return Mobile(MobileConfig.parse({**MobileConfig.presets[preset], **config}))


def golden_genotype(space: Mobile, row: dict[str, Any]) -> Genotype:
    if "architecture" in row:
        return next(p.genotype for p in space.presets() if p.name == row["architecture"])
    most = [stage.blocks for stage in space.config.parsed_stages()]
    if "blocks" in row:
        texts = [
            ["zero" if text == "Z" else "mbconv_k{}_e{}".format(*text.split("_")) for text in stage]
            for stage in row["blocks"]
        ]
        stages = [["mbconv_k3_e1"], *texts]
    else:
        chosen = row["uniform"]
        operation = f"mbconv_k{chosen['kernel']}_e{chosen['expansion']}"
        rest = "zero" if space.config.depth_search == "zero_operation" and "blocks" in chosen else operation
        stages = [["mbconv_k3_e1"], *([operation] + [rest] * (number - 1) for number in most[1:])]
    genotype: Genotype = {"width": 1.0, "stages": [{"blocks": blocks} for blocks in stages]}
    if space.config.depth_search == "stage_depth":
        for stage, number in zip(genotype["stages"], most, strict=True):
            stage["depth"] = min(row["uniform"]["blocks"], number)
    if space.config.resolutions:
        genotype["resolution"] = row["side"]
    return genotype


@pytest.mark.parametrize("row", GOLDEN["networks"], ids=lambda row: f"{row['settings']}-{row['params']}-{row['side']}")
def test_costs_are_the_published_ones(row: dict[str, Any]) -> None:
    space = make(row["settings"])
    genotype = space.validate(golden_genotype(space, row))
    cost = space.cost(genotype, (3, row["side"], row["side"]), row["classes"])
    assert (cost.params, cost.macs - cost.bias_adds) == (row["params"], row["macs"])


def test_a_released_network_counted_in_torch() -> None:
    space = make("proxyless_mobile")
    genotype = next(p.genotype for p in space.presets() if p.name == "proxyless_mobile")
    count = counted(lambda: space.build(genotype, (3, 224, 224), 1000), (3, 224, 224))
    assert (count.params, count.macs - count.bias_adds) == (4_080_512, 320_427_584)
    assert count.differences(space.cost(genotype, (3, 224, 224), 1000)) == {}


def test_sizes_are_the_published_ones() -> None:
    sizes = GOLDEN["sizes"]
    proxyless = make("proxyless")
    assert proxyless.size().upper == sizes["proxyless"]["genotypes"]
    choices = [len(gene.options) for gene in proxyless.genes if len(gene.options) > 1]
    assert {str(n): choices.count(n) for n in set(choices)} == sizes["proxyless"]["choices_per_block"]
    assert make("proxyless_mini").size().upper == sizes["proxyless_mini"]["genotypes"]
    ofa = make("ofa")
    assert ofa.size().distinct == len(ofa.config.resolutions) * sizes["ofa_per_resolution"]["distinct"]
    two = make("ofa", expansions=[3, 6], resolutions=[])
    assert two.size().distinct == sizes["ofa_two_expansions"]["distinct"]


TINY = {
    "zero": {"depth_search": "zero_operation", "stages": ["r3_s1_o16", "r2_s2_o16"], "width_multipliers": [1.0, 1.5]},
    "depth": {"depth_search": "stage_depth", "stages": ["r3_s1_o16", "r2_s2_o8_se"], "resolutions": [6, 8]},
    "fixed": {
        "depth_search": "fixed",
        "stages": ["r2_s2_o8_noskip", "r2_s2_o8_swish"],
        "width_multipliers": [1.0, 1.05],
    },
    "shape in between": {"depth_search": "stage_depth", "stages": ["r2_s1_o16_e1_k3", "r3_s1_o24_k3"], "min_depth": 2},
}


@pytest.mark.parametrize("config", TINY.values(), ids=TINY.keys())
def test_canonical_forms_name_networks_and_are_counted_exactly(config: dict[str, Any]) -> None:
    space = make(**{"kernels": [3, 5], "expansions": [3], "width_multipliers": [1.0], "head_width": 0, **config})
    assert check_that_canonical_forms_name_networks(space) == space.size().distinct


def test_stages_that_run_together_have_equal_keys_but_no_count() -> None:
    space = make(stages=["r2_s1_o16", "r2_s1_o16"], expansions=[3], width_multipliers=[1.0])
    assert space.size().distinct is None
    assert check_that_canonical_forms_name_networks(space) < space.size().upper


@settings(max_examples=60)
@given(
    preset=st.sampled_from(["digits", "proxyless_mini", "ofa_mini", "ofa", "tinynas", "mobilenet_v2"]),
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


def test_blocks_beyond_the_depth_change_nothing() -> None:
    space, rng = make("ofa_mini"), np.random.default_rng(0)
    tried = 0
    for genotype in (space.sample(rng) for _ in range(40)):
        for gene in space.genes:
            others = [option for option in gene.options if option != value_at(genotype, gene.path)]
            if gene.kind == "operation" and not space.has_effect(gene, genotype):
                changed = space._with(genotype, gene, others[0])
                assert space.canonical(changed) == space.canonical(genotype)
                assert layers_of(space, changed) == layers_of(space, genotype)
                assert changed not in space.neighbours(genotype)
                tried += 1
    assert tried > 50


@pytest.mark.parametrize("preset", ["digits", "proxyless_mini", "ofa_mini"])
def test_a_mutation_is_another_network(preset: str) -> None:
    space, rng = make(preset), np.random.default_rng(1)
    kinds = set()
    for genotype in (space.sample(rng) for _ in range(200)):
        mutation = space.mutate(genotype, rng)
        assert space.canonical(mutation.genotype) != space.canonical(genotype)
        kinds.add(mutation.kind)
    assert kinds == {gene.kind for gene in space.genes if len(gene.options) > 1}


def test_where_a_block_was_left_out_makes_no_difference() -> None:
    space = make("proxyless")
    blocks = [["mbconv_k3_e1"], *[["mbconv_k5_e3"] * 4] * 5, ["mbconv_k5_e3"]]
    one, two, three = ({"width": 1.0, "stages": [{"blocks": list(b)} for b in blocks]} for _ in range(3))
    one["stages"][1]["blocks"] = ["mbconv_k5_e3", "zero", "mbconv_k7_e6", "zero"]
    two["stages"][1]["blocks"] = ["mbconv_k5_e3", "zero", "zero", "mbconv_k7_e6"]
    three["stages"][1]["blocks"] = ["mbconv_k7_e6", "zero", "zero", "mbconv_k5_e3"]
    assert space.canonical(one) == space.canonical(two) != space.canonical(three)


def test_the_network_resizes_its_images_unless_they_fit() -> None:
    import torch

    space = make("ofa_mini")
    genotype = {**space.sample(np.random.default_rng(0)), "resolution": 28}
    resized, as_is = (space.blueprint(genotype, (1, side, side), 10) for side in (8, 28))
    assert [layer.primitive.name for layer in resized.layers[:2]] == ["resize", "conv"]
    assert as_is.layers[0].primitive.name == "conv"
    assert space.cost(genotype, (1, 8, 8), 10).macs == space.cost(genotype, (1, 28, 28), 10).macs
    network = space.build(genotype, (1, 8, 8), 10).eval()
    assert network(torch.zeros(2, 1, 8, 8)).shape == (2, 10)


def test_a_picture_tells_blocks_and_stages() -> None:
    space = make("ofa")
    graph = space.graph(space.presets()[1].genotype, (3, 64, 64), 10)
    blocks = {node.id: node for node in graph.nodes}
    assert blocks["resize"].label == "Resize to 224×224"
    assert blocks["stage3.block1"].label == "MB6 7×7 SE, stride 2"
    assert blocks["stage3.block1"].operation == "mbconv_k7_e6"
    assert blocks["stage4.block2"].label == "MB6 7×7"
    assert {group.id: group.label for group in graph.groups}["stage3"] == "Stage 3"
    cost = space.cost(space.presets()[1].genotype, (3, 64, 64), 10)
    assert (sum(n.params for n in graph.nodes), sum(n.macs for n in graph.nodes)) == (cost.params, cost.macs)


def test_presets_of_a_publication_appear_with_its_settings_only() -> None:
    assert [p.name for p in make("proxyless_gpu").presets()] == ["smallest", "largest", "proxyless_gpu"]
    assert [p.name for p in make("proxyless").presets()] == ["smallest", "largest"]
    for preset in MobileConfig.presets:
        space = make(preset)
        for named in space.presets():
            assert space.validate(named.genotype) == named.genotype
        smallest, largest = (space.cost(p.genotype, (3, 32, 32), 10).params for p in space.presets()[:2])
        assert smallest < largest


def test_a_stage_is_read_from_its_text() -> None:
    assert stage_from_text("r4_s2_o40") == Stage(4, 2, 40)
    assert stage_from_text("r1_s1_o16_e1_k3_noskip") == Stage(1, 1, 16, has_shortcuts=False, kernel=3, expansion=1)
    assert stage_from_text("r4_s2_o160_se_hswish") == Stage(4, 2, 160, squeezes=True, function="hswish")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"stages": ["4 blocks"]}, "reads like r4_s2_o40"),
        ({"stages": ["r0_s1_o16"]}, "1 to 16 blocks"),
        ({"stages": ["r1_s3_o16"]}, "stride is 1 or 2"),
        ({"stages": ["r1_s1_o12"]}, "multiple of 8"),
        ({"stages": ["r1_s1_o16_k4"]}, "kernels are 3, 5 or 7"),
        ({"stages": ["r1_s1_o16_magic"]}, "'magic' is none of"),
        ({"width_multipliers": [100]}, "from 0.05 to 4"),
        ({"resolutions": [8, 8]}, "chosen once"),
        ({"resolutions": [2]}, "from 4 to 1024"),
        ({"stages": ["r2_s1_o16"], "min_depth": 3}, "no stage has that many"),
    ],
    ids=str,
)
def test_wrong_settings_are_refused_in_words(config: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        make(**config)


def test_wrong_genotypes_name_every_fault() -> None:
    space = make("ofa_mini")
    genotype = space.sample(np.random.default_rng(0))
    genotype["stages"][1]["blocks"][2] = "mbconv_k9_e6"
    genotype["stages"][2]["depth"] = 4
    genotype["width"] = True
    with pytest.raises(InvalidGenotype) as refusal:
        space.validate(genotype)
    assert {error.field for error in refusal.value.errors} == {"stages.1.blocks.2", "stages.2.depth", "width"}


def test_a_width_may_come_as_a_whole_number() -> None:
    space = make("ofa_mini")
    genotype = space.sample(np.random.default_rng(0))
    assert space.validate({**genotype, "width": 1}) == genotype
    assert isinstance(space.validate({**genotype, "width": 1})["width"], float)


def test_what_is_no_image_is_refused() -> None:
    space = make()
    with pytest.raises(InvalidGenotype, match="reads images"):
        space.cost(space.sample(np.random.default_rng(0)), (64,), 10)


def test_widths_follow_the_multiplier_and_the_head_only_upwards() -> None:
    space = make("mobilenet_v2", width_multipliers=[0.5, 1.4], kernels=[3], expansions=[6], depth_search="fixed")
    found = []
    for multiplier in (0.5, 1.4):
        genotype = {**space.sample(np.random.default_rng(0)), "width": multiplier}
        shapes = {node.id: node.shape for node in space.graph(genotype, (3, 32, 32), 10).nodes}
        layers = space.blueprint(genotype, (3, 32, 32), 10).layers
        head = next(layer.shape[0] for layer in layers if layer.path[:2] == ("head", "conv"))
        found.append((shapes["stem"][0], shapes["stage3.block1"][0], shapes["stage7.block1"][0], head))
    assert found == [(16, 16, 160, 1280), (48, 48, 448, 1792)]


def test_choices_multiply_to_the_size() -> None:
    space = make()
    assert space.size().upper == prod(len(gene.options) for gene in space.genes) == 73_728
    assert space.size().distinct == 2 * (4 + 4**2 + 4**3) ** 2
