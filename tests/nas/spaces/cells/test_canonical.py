"""Canonical forms of cells: equal exactly for cells that differ in the order of writing only."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.spaces.cells.canonical import canonical_cell
from nas.spaces.cells.wiring import Wiring, wiring
from nas.spaces.nasnet import NASNET_FAMILY
from tests.nas.spaces.cells.spaces_of_cells import genotypes, make


def certificate(cell: Wiring) -> tuple[Any, ...]:
    """By trying every numbering of the blocks: equal exactly for equal cells. B! tries."""
    found = []
    for order in permutations(range(len(cell.blocks))):
        names = [-2, -1, *order]
        blocks: list[Any] = [None] * len(cell.blocks)
        for name, (first, one, second, two, is_wide) in zip(order, cell.blocks, strict=True):
            blocks[name] = (is_wide, sorted([(names[first], one), (names[second], two)]))
        found.append((blocks, sorted(names[state] for state in cell.joined)))
    return min(found)


def cells(num_blocks: int, operations: tuple[str, ...], *, wide: bool) -> list[Wiring]:
    """All there are."""
    choices = [
        list(product(range(2 + b), operations, range(2 + b), operations, (False, True) if wide else (False,)))
        for b in range(num_blocks)
    ]
    return [wiring(NASNET_FAMILY, blocks) for blocks in product(*choices)]


@pytest.mark.parametrize(
    ("num_blocks", "operations", "wide"),
    [(1, ("a", "b", "c"), True), (2, ("a", "b"), True), (3, ("a",), False), (3, ("a",), True), (3, ("a", "b"), False)],
)
def test_every_small_cell_has_the_form_of_its_equals_and_of_no_other(
    num_blocks: int, operations: tuple[str, ...], wide: bool
) -> None:
    forms: dict[str, Any] = {}
    equals: dict[str, str] = {}
    everything = cells(num_blocks, operations, wide=wide)
    for cell in everything[:: max(1, len(everything) // 6_000)]:
        form, proof = canonical_cell(cell), repr(certificate(cell))
        assert forms.setdefault(form, proof) == proof
        assert equals.setdefault(proof, form) == form
    assert len(forms) > 1


def rewritten(genotype: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Blocks in another order that still has operands before their readers, operands swapped here and there."""
    changed: dict[str, Any] = {}
    for name, cell in genotype.items():
        blocks = cell["blocks"]
        names: dict[int, int] = {0: 0, 1: 1}
        written: list[dict[str, Any]] = []
        left = set(range(len(blocks)))
        while left:
            ready = [b for b in sorted(left) if all(state in names for state in blocks[b]["inputs"])]
            block = ready[rng.integers(len(ready))]
            turn = slice(None, None, int(rng.choice([1, -1])))
            written.append(
                {
                    **blocks[block],
                    "inputs": [names[state] for state in blocks[block]["inputs"]][turn],
                    "operations": blocks[block]["operations"][turn],
                }
            )
            names[block + 2] = len(written) + 1
            left.remove(block)
        changed[name] = {"blocks": written}
        if "concat" in cell:
            changed[name]["concat"] = sorted(names[state] for state in cell["concat"])
    return changed


@settings(max_examples=60)
@given(data=st.data(), seed=st.integers(0, 2**32))
@pytest.mark.parametrize("name", ["nasnet", "pnas", "enas_micro"])
def test_writing_a_cell_in_another_order_changes_nothing(name: str, data: st.DataObject, seed: int) -> None:
    space = make(name, blocks=data.draw(st.integers(1, 7)))
    genotype = data.draw(genotypes(space))
    other = rewritten(genotype, np.random.default_rng(seed))
    assert space.validate(other) == other
    assert space.canonical(other) == space.canonical(genotype)
    cost, again = (space.cost(g, (3, 32, 32), 10) for g in (genotype, other))
    assert (cost.params, cost.macs, cost.activations) == (again.params, again.macs, again.activations)


@settings(max_examples=60)
@given(data=st.data())
def test_forms_of_whole_cells_agree_with_trying_all_numberings(data: st.DataObject) -> None:
    space = make("nasnet", operations=["identity", "conv_1x1"])
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    one = space.sample(rng)
    other = space.mutate(rewritten(one, rng), rng).genotype if data.draw(st.booleans()) else rewritten(one, rng)
    same = all(
        certificate(space._wiring(one[name])) == certificate(space._wiring(other[name]))
        for name in ("normal", "reduction")
    )
    assert (space.canonical(one) == space.canonical(other)) == same


def test_a_block_read_twice_is_not_two_blocks_that_look_alike() -> None:
    """The second has twice the weights."""
    twin = (0, "conv_1x1", 1, "conv_1x1", False)
    shared = wiring(NASNET_FAMILY, [twin, twin, (2, "conv_1x1", 2, "conv_1x1", False)])
    apart = wiring(NASNET_FAMILY, [twin, twin, (2, "conv_1x1", 3, "conv_1x1", False)])
    assert canonical_cell(shared) != canonical_cell(apart)


def test_adding_and_concatenating_are_told_apart() -> None:
    forms = {canonical_cell(wiring(NASNET_FAMILY, [(0, "identity", 1, "identity", wide)])) for wide in (False, True)}
    assert len(forms) == 2


def test_naming_what_is_joined_anyway_changes_nothing() -> None:
    space = make("nasnet", blocks=2, combines=["add"])
    blocks = [{"inputs": [0, 1], "operations": ["identity", "conv_1x1"]}] * 2
    plain = {"normal": {"blocks": blocks}, "reduction": {"blocks": blocks}}
    said = {"normal": {"blocks": blocks, "concat": [2, 3]}, "reduction": {"blocks": blocks}}
    more = {"normal": {"blocks": blocks, "concat": [0]}, "reduction": {"blocks": blocks}}
    assert space.canonical(plain) == space.canonical(said) != space.canonical(more)


@pytest.mark.parametrize("pattern", ["equal", "pairs"])
def test_cells_full_of_equal_blocks_take_no_time(pattern: str) -> None:
    """Ten factorial tries would take minutes; the number of operations compared is what is bounded here."""
    leaf = (0, "conv_1x1", 1, "conv_1x1", False)
    blocks = (
        [leaf] * 10
        if pattern == "equal"
        else [leaf] * 5 + [(2 + i, "conv_1x1", 0, "identity", False) for i in range(5)]
    )
    turned = (
        blocks if pattern == "equal" else [leaf] * 5 + [(6 - i, "conv_1x1", 0, "identity", False) for i in range(5)]
    )
    assert canonical_cell(wiring(NASNET_FAMILY, blocks)) == canonical_cell(wiring(NASNET_FAMILY, turned))
