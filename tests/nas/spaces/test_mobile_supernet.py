"""The supernet of mobile networks: published counts, single paths, what cannot be one network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nas.blueprint.choice import Choice
from nas.core.errors import InvalidConfig
from nas.core.proposal import Genotype
from nas.hardware.network_pieces import pieces_of
from nas.hardware.piece_key import FREE, key_of
from nas.spaces.mobile import Mobile
from nas.spaces.mobile_config import MobileConfig
from nas.supernets.network import Candidates, SinglePath, Supernet
from nas.supernets.prices import counted_prices

IMAGENET, CIFAR = ((3, 224, 224), 1000), ((3, 32, 32), 10)


def make(preset: str, **config: Any) -> Mobile:
    return Mobile(MobileConfig.parse({**MobileConfig.presets[preset], **config}))


@pytest.mark.parametrize(
    ("preset", "problem", "weights", "num_rows", "num_options"),
    [("proxyless", IMAGENET, 16_034_168, 21, 141), ("proxyless_mini", CIFAR, 876_810, 6, 39)],
)
def test_weights_and_options_are_the_published_ones(
    preset: str, problem: tuple[tuple[int, int, int], int], weights: int, num_rows: int, num_options: int
) -> None:
    space = make(preset)
    rows = space.rows()
    blueprint = space.supernet(*problem)
    assert blueprint.count.params == weights
    assert (len(rows), sum(len(row.options) for row in rows)) == (num_rows, num_options)
    assert sorted({len(row.options) for row in rows}) == [6, 7]
    assert all(row.options[-1] == "zero" for row in rows if len(row.options) == 7)
    assert [layer.primitive.row for layer in blueprint.layers if isinstance(layer.primitive, Choice)] == [
        *range(num_rows)
    ]


def _path(space: Mobile, wanted: str) -> list[int]:
    return [row.options.index(wanted if wanted in row.options else "mbconv_k3_e3") for row in space.rows()]


@pytest.mark.parametrize(
    ("preset", "problem", "operation", "params", "macs"),
    [
        ("proxyless", IMAGENET, "mbconv_k3_e3", 3_191_928, 257_422_208),
        ("proxyless", IMAGENET, "mbconv_k7_e6", 5_103_336, 606_590_720),
        ("proxyless", IMAGENET, "zero", 2_154_984, 102_528_896),
        ("proxyless_mini", CIFAR, "mbconv_k3_e3", 112_074, 19_019_392),
        ("proxyless_mini", CIFAR, "mbconv_k7_e6", 246_954, 51_150_976),
    ],
)
def test_single_paths_cost_what_is_published(
    preset: str, problem: tuple[tuple[int, int, int], int], operation: str, params: int, macs: int
) -> None:
    space = make(preset)
    path = _path(space, operation)
    cost = space.cost(space.genotype_of(path), *problem)
    assert (cost.params, cost.macs - cost.bias_adds) == (params, macs)
    blueprint = space.supernet(*problem)
    for name in ("params", "macs"):
        assert counted_prices(blueprint, len(path), name).of_path(path) == getattr(cost, name)


def test_a_mixed_path_of_the_mini_space_costs_what_is_published() -> None:
    space = make("proxyless_mini")
    words = ["mbconv_k5_e3", "mbconv_k3_e6", "mbconv_k7_e3", "zero", "mbconv_k3_e6", "mbconv_k5_e6"]
    genotype = space.genotype_of([row.options.index(word) for row, word in zip(space.rows(), words, strict=True)])
    cost = space.cost(genotype, *CIFAR)
    assert (cost.params, cost.macs - cost.bias_adds) == (174_034, 27_011_200)
    assert space.path_of(genotype) == (2, 1, 4, 6, 1, 3)


@pytest.mark.parametrize(
    ("preset", "problem", "num_keys"), [("proxyless", IMAGENET, 70), ("proxyless_mini", CIFAR, 40)]
)
def test_a_latency_table_needs_as_many_entries_as_published(
    preset: str, problem: tuple[tuple[int, int, int], int], num_keys: int
) -> None:
    space = make(preset)
    options = {
        key_of(option.blueprint)
        for layer in space.supernet(*problem).layers
        if isinstance(layer.primitive, Choice)
        for option in layer.primitive.options
    }
    whole = {piece.key for piece in pieces_of(space, space.genotype_of([0] * len(space.rows())), *problem)}
    assert len((options | whole) - {FREE}) == num_keys


def _values_on(supernet: Supernet, path: tuple[int, ...]) -> list[torch.Tensor]:
    """Weights and buffers along a path, in the order of a stand-alone network: blocks left out are not numbered there."""
    off = {
        f"{name}.options.{option}."
        for name, place in supernet.named_modules()
        if isinstance(place, Candidates)
        for option in range(len(place))
        if option != path[place.row]
    }
    return [value for name, value in supernet.state_dict().items() if not name.startswith(tuple(off))]


def test_a_path_through_the_supernet_is_the_stand_alone_network() -> None:
    space = make("proxyless_digits", stages=["r1_s1_o8_e1_k3_noskip", "r3_s2_o8_se", "r2_s2_o16"])
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    supernet = Supernet(space.supernet((1, 8, 8), 10)).eval()
    images = torch.rand(4, 1, 8, 8)
    seen_zero = False
    for _ in range(4):
        genotype: Genotype = space.sample(rng)
        path = space.path_of(genotype)
        assert space.genotype_of(path) == genotype
        seen_zero |= "zero" in genotype["stages"][1]["blocks"]
        network = space.build(genotype, (1, 8, 8), 10).eval()
        for own, shared in zip(network.state_dict().values(), _values_on(supernet, path), strict=True):
            own.copy_(shared)
        assert torch.equal(supernet(images, SinglePath(path)), network(images))
    assert seen_zero


def test_blocks_with_one_operation_have_no_row_and_the_likeliest_options_are_derived() -> None:
    space = make("proxyless_digits", depth_search="fixed")
    rows = space.rows()
    assert [row.name for row in rows] == [f"stage{s}.block{b}" for s in (2, 3) for b in (1, 2, 3)]
    likely = [[0.1, 0.2, 0.3, 0.2, 0.1, 0.1]] * len(rows)
    genotype = space.derived(likely)
    assert genotype["stages"][0]["blocks"] == ["mbconv_k3_e1"]
    assert space.path_of(genotype) == (2,) * len(rows)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"depth_search": "stage_depth"}, "set Depth to zero_operation"),
        ({"width_multipliers": [0.5, 1.0]}, "one width multiplier"),
        ({"resolutions": [8, 12]}, "one resolution"),
        ({"depth_search": "fixed", "kernels": [3], "expansions": [6]}, "second kernel"),
    ],
)
def test_settings_that_no_supernet_can_hold_are_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidConfig, match=says) as caught:
        make("proxyless_digits", **changed).rows()
    assert [error.field for error in caught.value.errors] == ["space"]
