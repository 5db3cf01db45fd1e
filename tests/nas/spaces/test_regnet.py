"""RegNet: the published networks, the rule behind them, what counts as the same network, refusals."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.cost import blueprint_cost
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, InvalidGenotype
from nas.hardware.cost_check import counted
from nas.spaces.group_compatibility import fitted
from nas.spaces.regnet import RegNet, RegNetConfig, group_widths_up_to
from nas.spaces.regnet_widths import count_valid, stage_widths

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "regnet.json").read_text())
VALID = {"depth": 8, "w_0": 16, "w_a": 12.5, "w_m": 2.5, "group_width": 8, "bottleneck": 1}


def make(**config: Any) -> RegNet:
    return RegNet(RegNetConfig.parse(config))


def preset_space(name: str) -> RegNet:
    return make(**RegNetConfig.presets[name])


def published() -> dict[str, tuple[RegNet, dict[str, Any]]]:
    spaces = [preset_space("imagenet_x"), preset_space("imagenet_y")]
    return {preset.name: (space, preset.genotype) for space in spaces for preset in space.presets()}


def test_all_published_networks_are_there() -> None:
    assert published().keys() == GOLDEN["costs"].keys()


@pytest.mark.parametrize("name", GOLDEN["costs"])
def test_costs_are_the_published_ones(name: str) -> None:
    space, genotype = published()[name]
    cost = space.cost(genotype, tuple(GOLDEN["input_shape"]), GOLDEN["num_classes"])
    assert {field: getattr(cost, field) for field in GOLDEN["costs"][name]} == GOLDEN["costs"][name]


def test_a_published_network_with_squeeze_and_excitation_counts_the_same_in_torch() -> None:
    space, genotype = published()["regnety_800mf"]
    count = counted(lambda: space.build(genotype, (3, 64, 64), 10), (3, 64, 64))
    assert count.differences(space.cost(genotype, (3, 64, 64), 10)) == {}


@pytest.mark.parametrize("name", GOLDEN["stages"])
def test_stages_are_the_published_ones(name: str) -> None:
    space, genotype = published()[name]
    stages = json.loads(space.canonical(genotype))
    assert [stage[1] for stage in stages] == GOLDEN["stages"][name]["widths"]
    assert [stage[0] for stage in stages] == GOLDEN["stages"][name]["depths"]


def test_halves_round_to_even_levels_and_widths() -> None:
    # w_m = 2.25 = 1.5²: u_1 / w_0 = 1.5 lies exactly half way between the levels 0 and 1
    assert stage_widths(2, 64, 32.0, 2.25) == ([64], [2], 1)
    # 8 · 2.5 / 8 = 2.5 → 2; 24 · 2.5 / 8 = 7.5 → 8
    assert stage_widths(2, 8, 12.0, 2.5)[0] == [8, 16]
    assert stage_widths(2, 24, 36.0, 2.5)[0] == [24, 64]


def test_a_skipped_level_is_seen() -> None:
    widths, depths, num_levels = stage_widths(3, 8, 60.0, 2.0)
    assert (len(widths), sum(depths), num_levels) == (3, 3, 5)
    with pytest.raises(InvalidGenotype, match="skip a step"):
        make(max_w_a=64).validate({**VALID, "depth": 4, "w_0": 8, "w_a": 60.0, "w_m": 2.0})


@pytest.mark.parametrize(
    ("width", "bottleneck", "group_width", "expected"),
    [
        (80, 1, 120, (80, 80, 80)),  # RegNetX-8.0GF, stage 1: the group is no wider than the block
        (24, 1, 16, (32, 32, 16)),  # RegNetX-400MF: 24 / 16 = 1.5 → 2 groups
        (40, 1, 16, (32, 32, 16)),  # 40 / 16 = 2.5 → 2 groups
        (64, 4, 8, (64, 16, 8)),
        (72, 2, 8, (64, 32, 8)),  # 36 / 8 = 4.5 → 4 groups
        (24, 0.5, 8, (24, 48, 8)),
        (20, 0.25, 3, (21, 84, 3)),  # inner width a multiple of 3 and of 4
        (4, 8, 1, (8, 1, 1)),
    ],
)
def test_widths_that_groups_divide(
    width: int, bottleneck: float, group_width: int, expected: tuple[int, int, int]
) -> None:
    fit = fitted(width, bottleneck, group_width)
    assert fit == expected
    assert fit.inner % fit.group_width == 0


def test_the_counted_size_is_the_number_found_by_trying() -> None:
    for num_stages, w_ms in product((2, 3, 4), ((2000, 2003), (2249, 2251))):
        lower, upper = count_valid(num_stages, (3, 7), (8, 24), (400, 1000), w_ms)
        found = 0
        for depth, w_0 in product(range(3, 8), (8, 24)):
            for w_a, w_m in product(range(400, 1001), range(w_ms[0], w_ms[1] + 1)):
                widths, _, num_levels = stage_widths(depth, w_0, w_a / 100, w_m / 1000)
                found += len(widths) == num_levels == num_stages
        assert lower <= found <= upper
        assert upper - lower <= 10 + 0.005 * found  # ties, most of them at w_m = 2.25 = 1.5²
        if w_ms[0] == 2000:
            assert found > 0


def test_the_size_multiplies_lines_by_groups_and_ratios() -> None:
    one = make(max_group_width=1).size()
    six = make(max_group_width=2, bottlenecks=[1, 2, 4]).size()
    assert (six.lower, six.upper) == (6 * one.lower, 6 * one.upper)


def test_the_same_stages_are_the_same_network() -> None:
    space = make()
    same = {**VALID, "w_a": 12.51}
    assert stage_widths(8, 16, 12.5, 2.5) == stage_widths(8, 16, 12.51, 2.5)
    assert space.canonical(VALID) == space.canonical(same)
    assert space.canonical(VALID) != space.canonical({**VALID, "group_width": 4})
    assert space.cost(VALID, (1, 8, 8), 10) == space.cost(same, (1, 8, 8), 10)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40)),
    squeeze_excite=st.booleans(),
    stem=st.sampled_from(["conv3x3", "conv3x3_stride2", "conv7x7_stride2_pool"]),
    first_stride=st.integers(1, 2),
    ratios=st.sampled_from([[1], [0.25, 0.5], [2, 4]]),
)
def test_the_closed_form_is_the_sum_over_the_layers(
    seed: int, shape: tuple[int, int, int], squeeze_excite: bool, stem: str, first_stride: int, ratios: list[float]
) -> None:
    space = make(squeeze_excite=squeeze_excite, stem=stem, first_stage_stride=first_stride, bottlenecks=ratios)
    genotype = space.sample(np.random.default_rng(seed))
    assert space.cost(genotype, shape, 10) == blueprint_cost(space.blueprint(genotype, shape, 10))


def test_draws_follow_the_stated_laws() -> None:
    space = make(num_stages=2, min_depth=2, max_depth=9, max_w_0=64, max_group_width=64)
    rng = np.random.default_rng(0)
    group_widths = [space._draw("group_width", rng) for _ in range(4_000)]
    w_0s = [space._draw("w_0", rng) for _ in range(4_000)]
    # log-uniform on (4, 64], rounded up to multiples of 8: the first takes log 2 of log 16
    assert abs(w_0s.count(8) / 4_000 - 0.25) < 0.03
    assert set(w_0s) == set(range(8, 65, 8))
    assert set(group_widths) == set(group_widths_up_to(64)) == {1, 2, 4, 8, 16, 24, 32, 40, 48, 56, 64}
    # log-uniform on (0.5, 64]: 1 takes log 2 of log 128
    assert abs(group_widths.count(1) / 4_000 - 1 / 7) < 0.03


def test_a_range_of_macs_is_kept_by_draws_changes_and_checks() -> None:
    free, narrow = make(), make(min_macs_m=5, max_macs_m=20, reference_side=32)
    rng = np.random.default_rng(1)
    first = narrow.sample(rng)
    genotypes = [first, narrow.sample(rng), narrow.mutate(first, rng).genotype, *narrow.neighbours(first)]
    genotypes.append(narrow.crossover(genotypes[0], genotypes[1], rng))
    assert all(5e6 <= narrow.cost(g, (3, 32, 32), 1000).macs <= 20e6 for g in genotypes)
    outside = next(g for g in iter(lambda: free.sample(rng), None) if free.cost(g, (3, 32, 32), 1000).macs > 20e6)
    with pytest.raises(InvalidGenotype, match="this space holds 5 to 20 million"):
        narrow.validate(outside)
    assert narrow.size().lower == 1 < narrow.size().upper == free.size().upper


def test_a_range_that_no_network_meets_says_so() -> None:
    with pytest.raises(ConstraintLeavesNothing, match="range of multiply-accumulates"):
        make(min_macs_m=900_000, reference_side=8).sample(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"depth": 3}, "depth"),
        ({"depth": 10**30}, "depth"),
        ({"depth": True}, "depth"),
        ({"w_0": 12}, "w_0"),
        ({"w_a": 12.345}, "w_a"),
        ({"w_a": float("inf")}, "w_a"),
        ({"w_a": float("nan")}, "w_a"),
        ({"w_a": 10**400}, "w_a"),
        ({"w_m": 1.9}, "w_m"),
        ({"w_m": "2.5"}, "w_m"),
        ({"group_width": 3}, "group_width"),
        ({"bottleneck": 2}, "bottleneck"),
        ({"bottleneck": [1]}, "bottleneck"),
        ({"w_a": 4.0}, ""),
        ({"more": 1}, "more"),
    ],
)
def test_errors_stand_at_their_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        make().validate({**VALID, **changed})
    assert [error.field for error in refusal.value.errors] == [field]


def test_whole_numbers_are_read_as_numbers() -> None:
    read = make().validate({**VALID, "w_a": 13, "bottleneck": 1.0})
    assert read == {**VALID, "w_a": 13.0}
    assert type(read["bottleneck"]) is int


def test_an_input_that_is_no_image_is_refused_by_cost_and_blueprint_alike() -> None:
    space = make()
    for call in (space.cost, space.blueprint, space.graph):
        with pytest.raises(InvalidGenotype, match="reads images"):
            call(VALID, (12,), 10)


@pytest.mark.parametrize(
    "config",
    [
        {"min_depth": 11},
        {"num_stages": 6, "max_depth": 5},
        {"min_w_a": 33},
        {"bottlenecks": [3]},
        {"bottlenecks": [1, 1]},
        {"num_stages": 6},
        {"min_macs_m": 5, "max_macs_m": 4},
    ],
)
def test_settings_that_hold_no_network_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig):
        RegNetConfig.parse(config)


@pytest.mark.parametrize("name", RegNetConfig.presets)
def test_well_known_settings_draw_networks(name: str) -> None:
    space = preset_space(name)
    genotype = space.sample(np.random.default_rng(2))
    assert space.validate(genotype) == genotype
    assert space.cost(genotype, (3, 32, 32), 10).params > 0
