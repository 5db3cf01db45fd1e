"""DARTS: every published count, the text of its code, what its operations are, what is one network."""

from __future__ import annotations

import json
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.cost import blueprint_cost
from nas.blueprint.piece import piece
from nas.core.count import NOTHING
from nas.core.errors import ConstraintLeavesNothing, Interrupted, InvalidConfig, InvalidGenotype
from nas.core.space import Notated, Space
from nas.hardware.cost_check import counted
from nas.operations.heads import auxiliary_head
from nas.operations.primitives.dropping import DropPath
from nas.spaces.darts import OPERATION_NAMES, Darts, DartsConfig
from nas.spaces.darts_network import num_alphas
from nas.training.loop import Hooks
from tests.contracts.space_contract import SpaceContract
from tests.nas.training.tiny import same_bits, train_tiny

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "darts.json").read_text())
V2_TEXT = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)


def make(**config: Any) -> Darts:
    return Darts(DartsConfig.parse(config))


def published(space: Darts, name: str) -> dict[str, Any]:
    return next(preset.genotype for preset in space.presets() if preset.name == name)


@pytest.mark.parametrize(
    "config",
    [{"blocks": 2, "cells": 3}, {"cells": 4, "stem": "large", "operations": ["skip_connect", "dil_conv_5x5"]}],
    ids=["two nodes", "large stem"],
)
class TestVariants(SpaceContract):
    @pytest.fixture
    def space(self, config: dict[str, Any]) -> Space:
        return make(**config)


@pytest.mark.parametrize("row", GOLDEN["evaluation"], ids=lambda row: f"{row['genotype']} C{row['config']['filters']}")
def test_published_cells_cost_what_they_do_in_the_published_code(row: dict[str, Any]) -> None:
    space = make(**row["config"])
    cost = space.cost(published(space, row["genotype"]), tuple(row["input_shape"]), row["num_classes"])
    assert (cost.params, cost.macs - cost.bias_adds) == (row["params"], row["macs"])


def by_cell(blueprint: Blueprint) -> list[tuple[int, int]]:
    """(parameters, MACs) of each cell, in their order."""
    found: dict[tuple[str, ...], Any] = {}
    for layer in blueprint.layers:
        name = layer.path[:1] if layer.path[0].startswith("reduction") else layer.path[:2]
        if layer.path[0].startswith(("stage", "reduction")):
            found[name] = found.get(name, NOTHING) + layer.count
    return [(count.params, count.macs) for count in found.values()]


def test_every_cell_of_the_published_network_costs_what_it_should() -> None:
    row = GOLDEN["cells_of_darts_v2"]
    space = make(**row["config"])
    cells = by_cell(space.blueprint(published(space, "darts_v2"), (3, 32, 32), 10))
    assert [params for params, _ in cells] == row["params"]
    assert {number: cells[int(number)][1] for number in row["macs"]} == row["macs"]


@pytest.mark.parametrize("row", GOLDEN["search"], ids=lambda row: str(row["config"]))
def test_the_search_network_has_the_published_numbers(row: dict[str, Any]) -> None:
    count = make(**row["config"]).search_network_count(tuple(row["input_shape"]), 10)
    assert (count.params, count.macs - count.bias_adds) == (row["params"], row["macs"])


def test_architecture_parameters_auxiliary_head_and_size_are_the_published_ones() -> None:
    assert num_alphas(len(OPERATION_NAMES), 4) == GOLDEN["num_alphas"]
    head = GOLDEN["auxiliary_head"]
    shape = (head["channels"], head["side"], head["side"])
    assert piece(auxiliary_head, shape, head["num_classes"]).params == head["params"]
    size = make().size()
    assert size.is_exact and size.lower == GOLDEN["cells_of_one_kind"] ** 2


@given(
    st.integers(0, 2**32),
    st.sampled_from(
        [{}, {"blocks": 1}, {"blocks": 6, "cells": 4}, {"stem": "large", "cells": 7, "filters": 5}, {"dropout": 0.2}]
    ),
    st.sampled_from([(1, 8, 8), (3, 32, 32), (2, 5, 7), (1, 1, 1)]),
)
@settings(max_examples=100)
def test_the_closed_form_is_that_of_the_blueprint(seed: int, config: dict[str, Any], shape: tuple[int, ...]) -> None:
    space = make(**config)
    genotype = space.sample(np.random.default_rng(seed))
    assert space.cost(genotype, shape, 5) == blueprint_cost(space.blueprint(genotype, shape, 5))
    assert space.validate(space.notation(genotype)) == genotype


def test_the_published_text_is_read_and_written() -> None:
    space = make()
    assert isinstance(space, Notated)
    genotype = space.validate(V2_TEXT)
    assert genotype == published(space, "darts_v2") == space.validate({"genotype": V2_TEXT})
    assert genotype["normal"]["blocks"][2] == {"inputs": [0, 1], "operations": ["skip_connect", "sep_conv_3x3"]}
    text = space.notation(genotype)
    assert text.startswith("Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0)")
    assert space.validate(text) == genotype
    spread = V2_TEXT.replace(", ", " ,\n ").replace("[2 ,\n 3 ,\n 4 ,\n 5]", "range(2, 6)").replace("'", '"')
    assert space.validate(spread) == genotype


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("Genotype", "Cell"), "expected Genotype(normal="),
        (("normal_concat=[2, 3, 4, 5]", "normal_concat=[4, 5]"), "normal_concat must be [2, 3, 4, 5]"),
        (("reduce_concat=[2, 3, 4, 5]", "reduce_concat=range(2, 7)"), "reduce_concat must be [2, 3, 4, 5]"),
        (("('dil_conv_3x3', 2)]", "('dil_conv_3x3', 2), ('dil_conv_3x3', 2)]"), "8 for 4 nodes; got 9"),
        (("('dil_conv_3x3', 2)]", "dil_conv_3x3, 2]"), "a list of ('operation', state)"),
        (("('dil_conv_3x3', 2)]", "('dil_conv_3x3', 9999999999)]"), "a list of ('operation', state)"),
        (("Genotype(", "Genotype(" + " " * 9000), "characters; a genotype has at most"),
    ],
)
def test_a_text_that_is_not_exact_is_refused(change: tuple[str, str], message: str) -> None:
    text = V2_TEXT.replace(*change)
    for given_, field in ((text, ""), ({"genotype": text}, "genotype")):
        with pytest.raises(InvalidGenotype) as refusal:
            make().validate(given_)
        assert message in refusal.value.errors[0].message
        assert refusal.value.errors[0].field == field


def test_what_a_node_reads_is_checked() -> None:
    space = make()
    genotype = published(space, "darts_v2")
    genotype["normal"]["blocks"][0]["inputs"] = [1, 1]
    genotype["reduction"]["blocks"][1]["inputs"] = [0, 3]
    genotype["reduction"]["blocks"][2]["operations"] = ["none", "skip_connect"]
    with pytest.raises(InvalidGenotype) as refusal:
        space.validate(genotype)
    assert [error.field for error in refusal.value.errors] == [
        "normal.blocks.0.inputs",
        "reduction.blocks.1.inputs.1",
        "reduction.blocks.2.operations.0",
    ]


def test_the_order_in_which_edges_are_written_is_none() -> None:
    space = make(blocks=1)
    one = {"inputs": [0, 1], "operations": ["sep_conv_3x3", "skip_connect"]}
    other = {"inputs": [1, 0], "operations": ["skip_connect", "sep_conv_3x3"]}
    assert space.validate({"normal": {"blocks": [other]}, "reduction": {"blocks": [one]}}) == {
        "normal": {"blocks": [one]},
        "reduction": {"blocks": [one]},
    }


def renumbered(blocks: list[dict[str, Any]], order: tuple[int, ...]) -> tuple[Any, ...] | None:
    """The cell with its nodes in another order, None where a node would read a later one."""
    place = {0: 0, 1: 1} | {node + 2: at + 2 for at, node in enumerate(order)}
    found = []
    for at, node in enumerate(order):
        edges = sorted(
            (place[state], operation)
            for state, operation in zip(blocks[node]["inputs"], blocks[node]["operations"], strict=True)
        )
        if edges[-1][0] >= at + 2:
            return None
        found.append(tuple(edges))
    return tuple(found)


def test_cells_are_one_network_exactly_when_renumbering_their_nodes_makes_them_equal() -> None:
    space = make(blocks=3, operations=["skip_connect", "sep_conv_3x3"])
    fixed = space.sample(np.random.default_rng(0))["reduction"]
    seen: dict[str, set[Any]] = {}
    num_cells = 0
    nodes = [
        [
            {"inputs": list(pair), "operations": list(operations)}
            for pair in [(i, j) for j in range(node + 2) for i in range(j)]
            for operations in product(space.config.operations, repeat=2)
        ]
        for node in range(3)
    ]
    for blocks in product(*nodes):
        num_cells += 1
        forms = (renumbered(list(blocks), order) for order in permutations(range(3)))
        brute = min(form for form in forms if form is not None)
        seen.setdefault(space.canonical({"normal": {"blocks": list(blocks)}, "reduction": fixed}), set()).add(brute)
    assert num_cells**2 == space.size().lower
    assert all(len(forms) == 1 for forms in seen.values())
    assert len(set().union(*seen.values())) == len(seen) < num_cells


def test_all_architectures_are_reached_by_single_changes() -> None:
    space = make(blocks=2, operations=["skip_connect", "sep_conv_3x3"])
    waiting = [space.sample(np.random.default_rng(1))]
    found = {json.dumps(waiting[0])}
    while waiting:
        for neighbour in space.neighbours(waiting.pop()):
            if (text := json.dumps(neighbour)) not in found:
                found.add(text)
                waiting.append(neighbour)
    assert len(found) == space.size().lower == 48**2


def test_a_single_architecture_cannot_change() -> None:
    space = make(blocks=1, operations=["skip_connect"])
    with pytest.raises(ConstraintLeavesNothing, match="a single architecture"):
        space.mutate(space.sample(np.random.default_rng(0)), np.random.default_rng(0))


def test_a_skip_with_stride_is_a_factorized_reduction_and_dropped_like_other_operations() -> None:
    space = make(blocks=1, cells=3, filters=4, drop_path=0.2)
    cell = {"blocks": [{"inputs": [0, 1], "operations": ["skip_connect", "max_pool_3x3"]}]}
    blueprint = space.blueprint({"normal": cell, "reduction": cell}, (1, 8, 8), 3)
    names: dict[str, list[str]] = {}
    for layer in blueprint.layers:
        if "first" in layer.path or "second" in layer.path:
            names.setdefault(f"{layer.path[0]}.{layer.path[-2]}", []).append(layer.primitive.name)
    assert names["stage1.first"] == ["identity"]
    assert names["stage1.second"] == ["pool", "drop_path"]
    assert names["reduction1.first"] == ["activation", "conv", "shift", "conv", "concat", "bn", "drop_path"]
    drops = [layer.primitive for layer in blueprint.layers if isinstance(layer.primitive, DropPath)]
    assert set(drops) == {DropPath(0.2, "epochs")}


def test_training_extras_cost_nothing() -> None:
    plain, extra = make(cells=3), make(cells=3, drop_path=0.3, auxiliary_head=True, dropout=0.1)
    genotype = plain.sample(np.random.default_rng(5))
    shape = (3, 32, 32)
    assert plain.cost(genotype, shape, 10) == extra.cost(genotype, shape, 10)
    network = extra.build(genotype, shape, 10)
    assert network.has_auxiliary_head
    assert counted(lambda: network.to("meta"), shape).differences(extra.cost(genotype, shape, 10)) == {}


@pytest.mark.parametrize("cut", [6, 11])
def test_a_training_with_drop_paths_that_was_paused_ends_with_the_same_bits(cut: int) -> None:
    space = make(blocks=1, cells=3, filters=4, drop_path=0.5, dropout=0.2)
    genotype = space.sample(np.random.default_rng(4))

    def network() -> Any:
        return space.build(genotype, (1, 8, 8), 3)

    _, whole = train_tiny(make=network)
    asked, saved = iter([False] * cut), []
    with pytest.raises(Interrupted):
        train_tiny(make=network, hooks=Hooks(should_stop=lambda: next(asked, True), save=saved.append))
    _, continued = train_tiny(make=network, checkpoint=saved[-1])
    assert same_bits(whole, continued)


def test_an_auxiliary_head_needs_a_map_of_five_by_five() -> None:
    space = make(auxiliary_head=True)
    genotype = space.sample(np.random.default_rng(0))
    for call in (space.cost, space.blueprint):
        with pytest.raises(InvalidGenotype, match="needs a map of 5×5"):
            call(genotype, (1, 8, 8), 10)


def test_both_kinds_of_cells_stand_in_the_smallest_network() -> None:
    with pytest.raises(InvalidConfig, match="at least 3"):
        make(cells=2)
    blueprint = make(cells=3).blueprint(make().sample(np.random.default_rng(0)), (1, 8, 8), 3)
    tops = list(dict.fromkeys(layer.path[0] for layer in blueprint.layers))
    assert tops == ["stem", "stage1", "reduction1", "reduction2", "head"]
