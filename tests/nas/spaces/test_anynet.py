"""AnyNet: ResNets and ResNeXts as points of it, sizes of the published spaces, restrictions, laws of drawing."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.cost import blueprint_cost
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, InvalidGenotype
from nas.hardware.cost_check import counted
from nas.spaces.anynet import AnyNet
from nas.spaces.anynet_config import AnyNetConfig
from nas.spaces.anynet_options import spaced

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "anynet.json").read_text())
COSTS = [(settings, name) for settings, rows in GOLDEN["costs"].items() for name in rows]


def make(**config: Any) -> AnyNet:
    return AnyNet(AnyNetConfig.parse(config))


def preset_space(name: str) -> AnyNet:
    return make(**AnyNetConfig.presets[name])


def preset(space: AnyNet, name: str) -> dict[str, Any]:
    return next(preset.genotype for preset in space.presets() if preset.name == name)


@pytest.mark.parametrize(("setting", "name"), COSTS)
def test_costs_are_the_published_ones(setting: str, name: str) -> None:
    space = preset_space(setting)
    data = GOLDEN[setting.split("_", maxsplit=1)[0]]
    cost = space.cost(preset(space, name), tuple(data["input_shape"]), data["num_classes"])
    expected = GOLDEN["costs"][setting][name]
    assert {field: getattr(cost, field) for field in expected} == expected


@pytest.mark.parametrize(("setting", "name"), [("cifar_resnet", "resnet_56"), ("imagenet_resnet", "resnext_50_32x4d")])
def test_published_networks_count_the_same_in_torch(setting: str, name: str) -> None:
    space = preset_space(setting)
    genotype = preset(space, name)
    count = counted(lambda: space.build(genotype, (3, 64, 64), 10), (3, 64, 64))
    assert count.differences(space.cost(genotype, (3, 64, 64), 10)) == {}


def test_networks_of_other_surroundings_are_no_presets() -> None:
    assert [p.name for p in preset_space("cifar_vanilla").presets()] == ["vanilla_56"]
    assert make(**{**AnyNetConfig.presets["cifar_resnet"], "stem_width": 8}).presets() == ()
    shallow = make(**{**AnyNetConfig.presets["cifar_resnet"], "max_depth": 9})
    assert [p.name for p in shallow.presets()] == ["resnet_20", "resnet_56"]


@pytest.mark.parametrize("name", GOLDEN["sizes"])
def test_sizes_are_the_published_ones(name: str) -> None:
    size = preset_space(name).size()
    assert size.lower == size.upper == GOLDEN["sizes"][name]


@pytest.mark.parametrize("name", GOLDEN["rounded_sizes"])
def test_sizes_round_to_the_published_ones(name: str) -> None:
    assert float(f"{preset_space(name).size().upper:.1e}") == GOLDEN["rounded_sizes"][name]


def test_a_small_space_has_the_size_found_by_trying() -> None:
    space = make(num_stages=2, max_depth=3, max_width=16, width_step=4, bottlenecks=[1], groups=[1, 2])
    falling = {**space.config.as_json(), "widths_never_fall": True, "depths_never_fall": True, "shares_groups": True}
    depths, widths = (1, 2, 3), (8, 12, 16)
    assert space.size().upper == (3 * 3 * 2) ** 2
    pairs = [(a, b) for a, b in product(depths, repeat=2) if a <= b]
    assert make(**falling).size().upper == len(pairs) ** 2 * 2
    assert space.config.width_options == widths


def test_listed_values_lie_at_about_equal_ratios() -> None:
    assert spaced(1, 16, 1, 5) == (1, 2, 4, 8, 16)
    assert spaced(16, 256, 1, 5) == (16, 32, 64, 128, 256)
    assert spaced(64, 1024, 1, 5) == (64, 128, 256, 512, 1024)
    assert spaced(1, 24, 1, 9) == (1, 2, 3, 4, 5, 7, 11, 16, 24)
    assert spaced(16, 256, 1, 12) == (16, 21, 26, 34, 44, 56, 73, 93, 120, 155, 199, 256)
    assert spaced(1, 4, 1, 4) == (1, 2, 3, 4)
    assert spaced(5, 30, 8, 0) == (8, 16, 24)
    with pytest.raises(ValueError, match="only 3"):
        spaced(8, 24, 8, 4)


@settings(max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40)),
    block=st.sampled_from(["vanilla", "basic", "bottleneck"]),
    config=st.fixed_dictionaries(
        {
            "squeeze_excite": st.booleans(),
            "groups_are": st.sampled_from(["widths", "counts"]),
            "bottlenecks": st.sampled_from([[1], [0.25, 0.5], [1, 2, 4]]),
            "shares_bottleneck": st.booleans(),
            "shares_groups": st.booleans(),
            "widths_never_fall": st.booleans(),
            "stem": st.sampled_from(["conv3x3", "conv3x3_stride2", "conv7x7_stride2_pool"]),
            "first_stage_stride": st.integers(1, 2),
            "width_step": st.sampled_from([1, 3, 8]),
            "num_stages": st.integers(1, 4),
        }
    ),
)
def test_the_closed_form_is_the_sum_over_the_layers(
    seed: int, shape: tuple[int, int, int], block: str, config: dict[str, Any]
) -> None:
    space = make(block=block, **config)
    genotype = space.sample(np.random.default_rng(seed))
    assert space.validate(genotype) == genotype
    assert space.cost(genotype, shape, 10) == blueprint_cost(space.blueprint(genotype, shape, 10))


def test_ranges_are_drawn_log_uniform_and_lists_uniform() -> None:
    rng = np.random.default_rng(0)
    ranges = make(num_stages=1, max_depth=16)
    drawn = Counter(ranges.sample(rng)["stages"][0]["depth"] for _ in range(4_000))
    # log-uniform on (0.5, 16], rounded up: 1 takes log 2 of log 32
    assert abs(drawn[1] / 4_000 - 0.2) < 0.03
    assert abs(drawn[4] / 4_000 - log(4 / 3) / log(32)) < 0.02
    listed = make(num_stages=1, max_depth=16, num_depths=4)
    drawn = Counter(listed.sample(rng)["stages"][0]["depth"] for _ in range(4_000))
    assert set(drawn) == set(listed.config.depth_options)
    assert all(abs(number / 4_000 - 0.25) < 0.04 for number in drawn.values())


def test_restricted_draws_follow_the_law_of_free_draws_that_keep_the_restriction() -> None:
    free = make(num_stages=2, max_depth=1, max_width=24, bottlenecks=[1], groups=[1])
    restricted = make(**{**free.config.as_json(), "widths_never_fall": True})
    rng = np.random.default_rng(3)

    def widths(space: AnyNet) -> tuple[int, int]:
        first, second = space.sample(rng)["stages"]
        return first["width"], second["width"]

    kept = Counter(pair for pair in (widths(free) for _ in range(12_000)) if pair[0] <= pair[1])
    drawn = Counter(widths(restricted) for _ in range(6_000))
    assert set(drawn) == set(kept)
    total = sum(kept.values())
    assert all(abs(drawn[pair] / 6_000 - kept[pair] / total) < 0.03 for pair in kept)


def test_restrictions_hold_for_draws_changes_children_and_neighbours() -> None:
    space = make(widths_never_fall=True, depths_never_fall=True, shares_bottleneck=True, shares_groups=True)
    rng = np.random.default_rng(5)
    for _ in range(30):
        first, second = space.sample(rng), space.sample(rng)
        family = [first, space.mutate(first, rng).genotype, space.crossover(first, second, rng)]
        for genotype in [*family, *space.neighbours(first)]:
            for field in ("depth", "width"):
                values = [stage[field] for stage in genotype["stages"]]
                assert values == sorted(values)
            assert set(genotype) == {"stages", "bottleneck", "group_width"}
            assert set(genotype["stages"][0]) == {"depth", "width"}


def test_a_falling_width_is_refused_at_its_stage() -> None:
    space = make(widths_never_fall=True)
    genotype = space.sample(np.random.default_rng(0))
    for stage, width in zip(genotype["stages"], (32, 24, 16), strict=True):
        stage["width"] = width
    with pytest.raises(InvalidGenotype) as refusal:
        space.validate(genotype)
    assert [error.field for error in refusal.value.errors] == ["stages.1.width", "stages.2.width"]


def test_what_becomes_the_same_stage_is_the_same_network() -> None:
    space = make(num_stages=1, groups=[8, 16], bottlenecks=[1])

    def network(group_width: int) -> dict[str, Any]:
        return {"stages": [{"depth": 1, "width": 8, "bottleneck": 1, "group_width": group_width}]}

    assert space.canonical(network(8)) == space.canonical(network(16))
    wide = {"stages": [{"depth": 1, "width": 32, "bottleneck": 1, "group_width": 8}]}
    assert space.canonical(wide) != space.canonical(network(8))


def test_counted_groups_are_that_many() -> None:
    space = preset_space("nds_resnext_b")
    rng = np.random.default_rng(7)
    for _ in range(50):
        genotype = space.sample(rng)
        for wanted, made in zip(genotype["stages"], json.loads(space.canonical(genotype)), strict=True):
            _, width, _, inner, groups = made
            assert (width, groups) == (wanted["width"], wanted["groups"])
            assert inner == wanted["width"] // wanted["bottleneck"]


def test_a_range_of_macs_is_kept_and_an_empty_one_named() -> None:
    space = make(min_macs_m=1, max_macs_m=4, reference_side=32)
    rng = np.random.default_rng(1)
    first = space.sample(rng)
    family = [first, space.mutate(first, rng).genotype, *space.neighbours(first)]
    assert all(1e6 <= space.cost(g, (3, 32, 32), 1000).macs <= 4e6 for g in family)
    assert space.size().lower == 1
    with pytest.raises(ConstraintLeavesNothing, match="none of 5,000 draws"):
        make(num_stages=1, max_depth=1, min_macs_m=500_000, reference_side=8).sample(rng)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"min_depth": 4}, "depths"),
        ({"min_width": 72}, "widths"),
        ({"num_depths": 4}, "depths: there are only 3"),
        ({"width_step": 48, "min_width": 50}, "widths: there is no multiple of 48"),
        ({"groups": [0]}, "groups"),
        ({"groups": [2, 2]}, "groups"),
        ({"bottlenecks": [8]}, "0.25"),
    ],
)
def test_settings_that_hold_no_network_are_refused(config: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidConfig, match=said):
        AnyNetConfig.parse(config)


@pytest.mark.parametrize("name", AnyNetConfig.presets)
def test_well_known_settings_draw_networks(name: str) -> None:
    space = preset_space(name)
    genotype = space.sample(np.random.default_rng(2))
    assert space.validate(genotype) == genotype
    assert len(list(space.neighbours(genotype))) > 0
    assert space.cost(genotype, (3, 32, 32), 10).params > 0


def test_any_number_of_widths_is_an_axis() -> None:
    space = make(max_width=4096, width_step=1)
    widths = {parameter.name: parameter.values for parameter in space.parameters()}["stages.0.width"]
    assert widths == tuple(range(8, 4097))
