"""EfficientNet: published counts, rounding, both ways of scaling, smaller images."""

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
from nas.hardware.cost_check import counted
from nas.spaces.efficientnet import EfficientNet
from nas.spaces.efficientnet_config import EfficientNetConfig
from nas.spaces.efficientnet_network import Base, base_stages, scaled_repeats, scaled_widths
from tests.nas.spaces.same_network import check_that_canonical_forms_name_networks

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "efficientnet.json").read_text())
B0 = {"width": 1.0, "depth": 1.0, "resolution": 224}


def make(preset: str = "digits", **config: Any) -> EfficientNet:
    return EfficientNet(EfficientNetConfig.parse({**EfficientNetConfig.presets[preset], **config}))


@pytest.mark.parametrize("row", GOLDEN["networks"], ids=lambda row: row["name"])
def test_costs_are_the_published_ones(row: dict[str, Any]) -> None:
    space = make("imagenet")
    genotype = next(p.genotype for p in space.presets() if p.name == row["name"])
    side = genotype["resolution"]
    cost = space.cost(genotype, (3, side, side), 1000)
    assert cost.params == row["params"]
    if "million_macs" in row:
        assert round(cost.macs / 1e6, row["decimals"]) == row["million_macs"]
    assert space.cost(genotype, (3, 224, 224), 1000).macs == cost.macs, "images of another size are resized"


def test_b0_with_ten_classes() -> None:
    assert make("imagenet").cost(B0, (3, 32, 32), 10).params == GOLDEN["b0_ten_classes_params"]


def test_b0_counted_in_torch() -> None:
    space = make("imagenet")
    count = counted(lambda: space.build(B0, (3, 224, 224), 1000), (3, 224, 224))
    assert count.params == 5_288_548
    assert count.differences(space.cost(B0, (3, 224, 224), 1000)) == {}


def test_channels_and_repeats_are_rounded_as_published() -> None:
    stem, *stages, head = scaled_widths(Base(7, 5, 0.25), 1.1)
    assert {"stem": stem, "stages": stages, "head": head} == {k: GOLDEN["b2"][k] for k in ("stem", "stages", "head")}
    assert list(scaled_repeats(Base(7, 5, 0.25), 1.2)) == GOLDEN["b2"]["repeats"]


@pytest.mark.parametrize(
    "space",
    [
        make(stages=3, widths=[0.2, 0.25, 0.5], depths=[0.1, 0.5, 0.6]),
        make(stages=2, resolutions=[]),
        make("compound", stages=3, resolutions=[8], phis=[0, 0.01, 0.02, 1, 2]),
    ],
    ids=["free", "no resolutions", "compound"],
)
def test_canonical_forms_name_networks_and_are_counted_exactly(space: EfficientNet) -> None:
    distinct = check_that_canonical_forms_name_networks(space)
    assert distinct == space.size().distinct


def test_multipliers_that_round_alike_are_one_network() -> None:
    space = make(depths=[0.25, 0.5, 1.0, 1.5], widths=[0.5], stages=1, resolutions=[8])
    size = space.size()
    assert (size.upper, size.distinct) == (4, 2)  # one block, or two
    shallow, deep = ({"width": 0.5, "depth": depth, "resolution": 8} for depth in (0.25, 1.0))
    assert space.canonical(shallow) == space.canonical(deep)
    assert space.cost(shallow, (1, 8, 8), 10) == space.cost(deep, (1, 8, 8), 10)


@settings(max_examples=60)
@given(
    preset=st.sampled_from(["digits", "cifar", "imagenet", "compound"]),
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


def test_compound_scaling_follows_its_coefficients() -> None:
    space = make("compound", phis=[0.0, 1.0])
    assert space.scale({"phi": 0.0}) == (1.0, 1.0, 224)
    assert space.scale({"phi": 1.0}) == (1.1, 1.2, 258)
    ratio = [space.cost({"phi": phi}, (3, 224, 224), 1000).macs for phi in (0.0, 1.0)]
    assert 1.8 < ratio[1] / ratio[0] < 2.6


@pytest.mark.parametrize(
    ("halvings", "stem", "strides"),
    [(5, 2, (1, 2, 2, 2, 1, 2, 1)), (3, 1, (1, 1, 2, 2, 1, 2, 1)), (1, 1, (1, 1, 1, 1, 1, 2, 1)), (0, 1, (1,) * 7)],
)
def test_of_the_strides_the_last_are_kept(halvings: int, stem: int, strides: tuple[int, ...]) -> None:
    found_stem, stages = base_stages(Base(7, halvings, 0.25))
    assert (found_stem, tuple(stage.stride for stage in stages)) == (stem, strides)


def test_stochastic_depth_grows_over_the_blocks_and_costs_nothing() -> None:
    plain, dropping = make("imagenet"), make("imagenet", stochastic_depth=0.2, dropout=0.2)
    layers = dropping.blueprint(B0, (3, 64, 64), 10).layers
    dropped = [layer.primitive.probability for layer in layers if layer.primitive.name == "drop_path"]
    residual = (2, 4, 6, 7, 9, 10, 12, 13, 14)  # blocks that add their input, of 16
    assert dropped == pytest.approx([0.2 * place / 16 for place in residual])
    assert dropping.cost(B0, (3, 64, 64), 10) == plain.cost(B0, (3, 64, 64), 10)
    assert blueprint_cost(dropping.blueprint(B0, (3, 64, 64), 10)) == dropping.cost(B0, (3, 64, 64), 10)


def test_a_picture_tells_blocks_and_stages() -> None:
    graph = make("imagenet").graph(B0, (3, 224, 224), 1000)
    nodes = {node.id: node for node in graph.nodes}
    assert nodes["stage3.block1"].label == "MB6 5×5 SE, stride 2"
    assert nodes["stage7.block1"].shape == (320, 7, 7)
    assert {group.id: group.label for group in graph.groups}["stage7"] == "Stage 7"


def test_b_models_appear_where_their_multipliers_do() -> None:
    assert [p.name for p in make("imagenet").presets()] == [f"b{n}" for n in range(8)]
    assert [p.name for p in make("imagenet", depths=[1.0, 1.1]).presets()] == ["b0", "b1"]
    assert make("cifar").presets() == make("compound").presets() == ()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"widths": [0.0]}, "from 0.05 to 10"),
        ({"depths": [1.0, 1.0]}, "chosen once"),
        ({"resolutions": [5000]}, "from 4 to 2048"),
        ({"phis": [-1.0]}, "from 0 to 16"),
        ({"scaling": "compound", "phis": [16.0], "alpha": 1.5}, "at most 10, 10 and 2048"),
    ],
    ids=str,
)
def test_wrong_settings_are_refused_in_words(config: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidConfig, match=words):
        make(**config)


def test_genes_of_the_other_scaling_are_refused() -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        make("compound").validate(B0)
    assert {error.field for error in refusal.value.errors} == {"phi", "width", "depth", "resolution"}
