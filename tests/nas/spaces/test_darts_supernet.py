"""The supernet of DARTS: its published numbers, the architectures it stands for, and that a path computes what they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.choice import Choice
from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.space import Shareable
from nas.operations.primitives.normalisation import BatchNorm
from nas.spaces.darts import OPERATION_NAMES, Darts, DartsConfig
from nas.supernets.network import SinglePath, Supernet

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "darts.json").read_text())


def make(**config: Any) -> Darts:
    return Darts(DartsConfig.parse(config))


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("row", GOLDEN["search"], ids=lambda row: str(row["config"]))
def test_it_has_the_published_numbers(row: dict[str, Any]) -> None:
    space = make(**row["config"])
    shape = tuple(row["input_shape"])
    count = space.supernet(shape, 10).count
    assert (count.params, count.macs - count.bias_adds) == (row["params"], row["macs"])
    closed = space.search_network_count(shape, 10)
    assert (count.params, count.macs) == (closed.params, closed.macs)
    assert sum(len(row.options) for row in space.rows()) == GOLDEN["num_alphas"]


@pytest.mark.parametrize("config", [{"blocks": 2, "filters": 5, "cells": 4}, {"stem": "large", "blocks": 1}])
def test_the_closed_form_holds_for_other_settings(config: dict[str, Any]) -> None:
    space = make(**config)
    count, closed = space.supernet((2, 9, 7), 3).count, space.search_network_count((2, 9, 7), 3)
    assert (count.params, count.macs) == (closed.params, closed.macs)


def test_scales_are_where_the_published_code_has_them() -> None:
    blueprint = make(cells=3, blocks=1).supernet((1, 8, 8), 10)
    scaled = [
        layer.path for layer in blueprint.layers if isinstance(layer.primitive, BatchNorm) and layer.primitive.affine
    ]
    assert scaled == [("stem", "bn")]
    (place,) = [layer for layer in blueprint.layers if layer.path == ("stage1", "cell1", "block1", "from0", "choice")]
    assert isinstance(place.primitive, Choice)
    ends = [option.blueprint.layers[-1].primitive for option in place.primitive.options]
    assert [isinstance(end, BatchNorm) for end in ends] == [False, True, True, False, True, True, True, True]
    assert place.primitive.options[0].is_zero


def test_a_zero_in_front_of_a_reduction_is_small() -> None:
    blueprint = make(cells=3, blocks=1).supernet((1, 7, 8), 10)
    (place,) = [layer for layer in blueprint.layers if layer.path == ("reduction1", "block1", "from1", "choice")]
    assert isinstance(place.primitive, Choice)
    assert place.shape == (16, 4, 4)
    assert place.primitive.options[0].is_zero


def test_rows_are_edges_node_by_node() -> None:
    rows = make(blocks=2, operations=["sep_conv_3x3", "skip_connect"]).rows()
    assert [row.name for row in rows[:5]] == ["normal.0-2", "normal.1-2", "normal.0-3", "normal.1-3", "normal.2-3"]
    assert [row.group for row in rows] == ["normal"] * 5 + ["reduction"] * 5
    assert {row.options for row in rows} == {("none", "skip_connect", "sep_conv_3x3")}


@given(st.integers(0, 2**32), st.sampled_from([{}, {"blocks": 1}, {"blocks": 6, "operations": ["sep_conv_5x5"]}]))
@settings(max_examples=50)
def test_a_path_is_an_architecture(seed: int, config: dict[str, Any]) -> None:
    space = make(**config)
    assert isinstance(space, Shareable)
    genotype = space.sample(np.random.default_rng(seed))
    path = space.path_of(genotype)
    assert space.genotype_of(path) == genotype
    certain = [
        [float(option == chosen) for option in range(len(row.options))]
        for row, chosen in zip(space.rows(), path, strict=True)
    ]
    assert space.derived(certain) == genotype
    assert sum(map(bool, path)) == 4 * space.config.blocks


@pytest.mark.parametrize("spoil", [{0: 0}, {2: 1, 3: 1, 4: 1}])
def test_a_path_that_is_no_architecture_is_refused(spoil: dict[int, int]) -> None:
    space = make(blocks=2)
    path = list(space.path_of(space.sample(np.random.default_rng(0))))
    for place, option in spoil.items():
        path[place] = option
    with pytest.raises(InvalidGenotype, match="reads two different states") as refusal:
        space.genotype_of(path)
    assert refusal.value.errors[0].field == f"normal.blocks.{min(spoil) // 2}.inputs"


def test_the_published_rule_derives_the_published_cells() -> None:
    """Cells computed by the published code from these numbers."""
    space = make()
    edges, options = np.arange(14)[:, None], np.arange(8)[None, :]
    normal, reduction = np.sin(0.7 * edges + 1.3 * options), np.cos(0.9 * edges - 0.4 * options)
    expected = {
        "normal": [
            {("dil_conv_3x3", 0), ("max_pool_3x3", 1)},
            {("sep_conv_3x3", 2), ("sep_conv_5x5", 0)},
            {("skip_connect", 0), ("skip_connect", 1)},
            {("sep_conv_3x3", 4), ("sep_conv_5x5", 2)},
        ],
        "reduction": [
            {("max_pool_3x3", 0), ("avg_pool_3x3", 1)},
            {("dil_conv_5x5", 2), ("dil_conv_5x5", 1)},
            {("max_pool_3x3", 2), ("max_pool_3x3", 1)},
            {("dil_conv_5x5", 2), ("dil_conv_5x5", 1)},
        ],
    }
    probabilities = [*softmax(normal), *softmax(reduction)]
    found = space.derived(probabilities)
    for kind, nodes in expected.items():
        blocks = found[kind]["blocks"]
        assert [set(zip(block["operations"], block["inputs"], strict=True)) for block in blocks] == nodes
    shifts = np.linspace(-3, 3, 14)[:, None]  # a constant per edge changes no probability
    assert space.derived([*softmax(normal + shifts), *softmax(reduction - shifts)]) == found
    entropies = [-(p * np.log(p)).sum(axis=1).mean() for p in (softmax(normal), softmax(reduction))]
    assert entropies == pytest.approx([1.8760789, 1.9441985], abs=1e-7)


def test_of_equal_edges_the_lower_states_and_earlier_operations_win() -> None:
    space = make(blocks=2)
    even = [[1 / 8] * 8] * len(space.rows())
    block = {"inputs": [0, 1], "operations": [OPERATION_NAMES[0]] * 2}
    assert space.derived(even) == {kind: {"blocks": [block, block]} for kind in ("normal", "reduction")}


def test_none_is_never_derived() -> None:
    space = make(blocks=1)
    row = [0.9] + [0.0] * 6 + [0.1]
    assert space.derived([row] * 4)["normal"]["blocks"][0]["operations"] == [OPERATION_NAMES[-1]] * 2


def test_a_path_through_the_supernet_is_the_stand_alone_network() -> None:
    """Pools are left out: in the supernet a batch norm follows them."""
    space = make(blocks=3, cells=3, filters=4, operations=["skip_connect", "sep_conv_3x3", "dil_conv_5x5"])
    rng = np.random.default_rng(1)
    torch.manual_seed(0)
    supernet = Supernet(space.supernet((1, 8, 8), 10)).eval()
    images = torch.rand(4, 1, 8, 8)
    for _ in range(4):
        genotype = space.sample(rng)
        path = space.path_of(genotype)
        network = space.build(genotype, (1, 8, 8), 10).eval()
        shared, options = supernet.state_dict(), dict(zip([row.name for row in space.rows()], path, strict=True))
        for name, own in network.state_dict().items():
            parts = name.split(".")
            if "first" in parts or "second" in parts:
                at = next(i for i, part in enumerate(parts) if part in {"first", "second"})
                kind = "reduction" if parts[0].startswith("reduction") else "normal"
                node = int(parts[at - 1].removeprefix("block")) - 1
                state = genotype[kind]["blocks"][node]["inputs"][parts[at] == "second"]
                option = options[f"{kind}.{state}-{node + 2}"]
                parts[at : at + 1] = [f"from{state}", "choice", "options", str(option)]
            if (found := shared.get(".".join(parts))) is not None:
                own.copy_(found)
            else:
                assert parts[-1] in {"weight", "bias"} and parts[-2].startswith("bn")
        torch.testing.assert_close(supernet(images, SinglePath(path)), network(images))


def test_no_operations_are_refused() -> None:
    with pytest.raises(InvalidConfig, match="operations: choose at least 1"):
        make(operations=[])
