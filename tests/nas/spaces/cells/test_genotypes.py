"""Genotypes of cells: how they are drawn, changed, crossed, counted, refused."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidGenotype
from nas.core.space import Neighbouring
from nas.spaces.cells.genotypes import CellGenotypes
from tests.nas.spaces.cells.spaces_of_cells import NAMES, make

TINY = CellGenotypes(cells=("cell",), num_blocks=2, operations=("a", "b"), combines=("add", "concat"))


def everything(genotypes: CellGenotypes) -> set[str]:
    blocks = [
        [
            {"inputs": [i, j], "operations": [p, q], "combine": combine}
            for i, j in product(range(2 + b), repeat=2)
            for p, q in product(genotypes.operations, repeat=2)
            for combine in genotypes.combines
        ]
        for b in range(genotypes.num_blocks)
    ]
    return {json.dumps({"cell": {"blocks": list(chosen)}}) for chosen in product(*blocks)}


def test_the_size_is_what_counting_finds() -> None:
    assert TINY.size == len(everything(TINY)) == (2**2 * 2**2 * 2) * (3**2 * 2**2 * 2)


def test_draws_reach_every_genotype_about_equally_often() -> None:
    small = CellGenotypes(cells=("cell",), num_blocks=1, operations=("a", "b"), combines=("add", "concat"))
    rng = np.random.default_rng(0)
    counts = dict.fromkeys(everything(small), 0)
    for _ in range(6_400):
        counts[json.dumps(small.sample(rng))] += 1
    assert len(counts) == 32
    assert min(counts.values()) > 140 and max(counts.values()) < 270  # mean 200, standard deviation 14


def test_neighbours_are_all_that_is_one_change_away() -> None:
    genotype = TINY.sample(np.random.default_rng(1))
    around = {json.dumps(neighbour) for neighbour in TINY.neighbours(genotype)}

    def changes(text: str) -> int:
        other = json.loads(text)
        pairs = zip(genotype["cell"]["blocks"], other["cell"]["blocks"], strict=True)
        return sum(
            (a["inputs"][s] != b["inputs"][s]) + (a["operations"][s] != b["operations"][s])
            for a, b in pairs
            for s in (0, 1)
        ) + sum(
            a["combine"] != b["combine"]
            for a, b in zip(genotype["cell"]["blocks"], other["cell"]["blocks"], strict=True)
        )

    assert around == {text for text in everything(TINY) if changes(text) == 1}


@pytest.mark.parametrize("name", NAMES)
def test_a_mutation_is_a_neighbour_and_reaches_all_of_them(name: str) -> None:
    space = make(name, blocks=2, operations=["identity", "sep_conv_3x3"])
    assert isinstance(space, Neighbouring)
    rng = np.random.default_rng(5)
    genotype = space.sample(rng)
    around = {json.dumps(neighbour) for neighbour in space.neighbours(genotype)}
    reached = {json.dumps(space.mutate(genotype, rng).genotype) for _ in range(1_500)}
    assert reached == around


def test_each_kind_of_mutation_is_as_likely() -> None:
    space, rng = make("nasnet"), np.random.default_rng(6)
    genotype = space.sample(rng)
    kinds = [space.mutate(genotype, rng).kind for _ in range(3_000)]
    assert set(kinds) == {"input", "operation", "combine"}
    assert all(900 < kinds.count(kind) < 1_100 for kind in set(kinds))


def test_with_a_single_operation_inputs_still_change() -> None:
    space = make("pnas", operations=["identity"])
    rng = np.random.default_rng(7)
    assert {space.mutate(space.sample(rng), rng).kind for _ in range(50)} == {"input"}


def test_a_child_takes_whole_blocks_from_either_parent() -> None:
    space, rng = make("amoebanet"), np.random.default_rng(8)
    published = space.presets()[0].genotype
    other = space.sample(rng)
    seen: set[tuple[bool, ...]] = set()
    concats = set()
    for _ in range(200):
        child = space.crossover(published, other, rng)
        for name in ("normal", "reduction"):
            parents = (published[name]["blocks"], other[name]["blocks"])
            assert all(block in (a, b) for block, a, b in zip(child[name]["blocks"], *parents, strict=True))
        seen.add(tuple(a == b for a, b in zip(child["normal"]["blocks"], published["normal"]["blocks"], strict=True)))
        concats.add(tuple(child["normal"].get("concat", ())))
    assert len(seen) == 32
    assert concats == {(), (1, 3, 4, 6)}


def test_a_child_shares_no_lists_with_its_parents() -> None:
    space, rng = make("nasnet"), np.random.default_rng(9)
    parent = space.presets()[0].genotype
    before = json.dumps(parent)
    for changed in (space.crossover(parent, parent, rng), space.mutate(parent, rng).genotype):
        changed["normal"]["blocks"][0]["inputs"][0] = 99
        changed["normal"]["concat"].append(99)
    assert json.dumps(parent) == before


BLOCK = {"inputs": [0, 1], "operations": ["identity", "sep_conv_3x3"]}


@pytest.mark.parametrize(
    ("cell", "fields"),
    [
        ({"blocks": []}, ["cell.blocks"]),
        ({"blocks": [BLOCK, BLOCK, BLOCK]}, ["cell.blocks"]),
        ({"blocks": "two"}, ["cell.blocks"]),
        ({"blocks": [BLOCK, 5]}, ["cell.blocks.1"]),
        ({"blocks": [BLOCK, {"inputs": [0, 1]}]}, ["cell.blocks.1.operations"]),
        ({"blocks": [{**BLOCK, "inputs": [2, 0]}, BLOCK]}, ["cell.blocks.0.inputs.0"]),
        ({"blocks": [BLOCK, {**BLOCK, "inputs": [-1, True]}]}, ["cell.blocks.1.inputs.0", "cell.blocks.1.inputs.1"]),
        ({"blocks": [BLOCK, {**BLOCK, "inputs": [10**400, 0]}]}, ["cell.blocks.1.inputs.0"]),
        (
            {"blocks": [{**BLOCK, "operations": ["conv_9x9", 3]}, BLOCK]},
            ["cell.blocks.0.operations.0", "cell.blocks.0.operations.1"],
        ),
        ({"blocks": [{**BLOCK, "combine": "add"}, BLOCK]}, ["cell.blocks.0.combine"]),
        ({"blocks": [BLOCK, BLOCK], "concat": [2]}, ["cell.concat"]),
        ({"blocks": [BLOCK, {**BLOCK, "inputs": [0] * 100_000}]}, ["cell.blocks.1.inputs"]),
    ],
)
def test_faults_stand_at_their_field(cell: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        make("pnas", blocks=2).validate({"cell": cell})
    assert [error.field for error in refusal.value.errors] == fields
    assert all(10 < len(error.message) < 300 for error in refusal.value.errors)


def test_only_cells_that_grow_may_have_fewer_blocks() -> None:
    assert len(make("pnas", blocks=2).validate({"cell": {"blocks": [BLOCK]}})["cell"]["blocks"]) == 1
    block = {**BLOCK, "operations": ["identity", "identity"]}
    with pytest.raises(InvalidGenotype) as refusal:
        make("enas_micro", blocks=2).validate({"normal": {"blocks": [block]}, "reduction": {"blocks": [block] * 2}})
    assert [error.field for error in refusal.value.errors] == ["normal.blocks"]


@pytest.mark.parametrize(
    ("concat", "fields"),
    [
        ([], ["normal.concat"]),
        ([1, 1], ["normal.concat"]),
        ([4], ["normal.concat.0"]),
        ("all", ["normal.concat"]),
        ([0.5], ["normal.concat.0"]),
        ([0] * 10**6, ["normal.concat"]),
    ],
)
def test_what_is_joined_is_checked(concat: object, fields: list[str]) -> None:
    cell = {"blocks": [BLOCK, BLOCK]}
    space = make("amoebanet", blocks=2)
    assert space.validate({"normal": {**cell, "concat": [3, 0]}, "reduction": cell})["normal"]["concat"] == [0, 3]
    with pytest.raises(InvalidGenotype) as refusal:
        space.validate({"normal": {**cell, "concat": concat}, "reduction": cell})
    assert [error.field for error in refusal.value.errors] == fields


def test_all_faults_are_told_at_once_but_not_without_end() -> None:
    wrong = {"inputs": [9, 9], "operations": ["x", "y"], "combine": "multiply"}
    with pytest.raises(InvalidGenotype) as refusal:
        make("nasnet").validate({"normal": {"blocks": [wrong] * 5}, "reduction": {"blocks": [wrong] * 5}})
    assert len(refusal.value.errors) == 20


def test_deep_nesting_is_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidGenotype) as refusal:
        make("nasnet").validate({"normal": {"blocks": deep}, "reduction": deep})
    assert {error.field for error in refusal.value.errors} == {"normal.blocks", "reduction"}
