"""Operators on lists of genes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import PCG64, Generator

from nas.strategies.chromosomes import (
    crossed,
    exchanged,
    one_point,
    order_crossover,
    shares,
    spin,
    two_point,
    uniform,
)

ZEROS, ONES = [0] * 6, [1] * 6


def draws(operator: Any, first: list[int], second: list[int], num: int = 2_000) -> Counter[str]:
    rng = Generator(PCG64(1))
    return Counter("".join(map(str, operator(first, second, rng))) for _ in range(num))


def test_one_point_keeps_the_head_and_leaves_genes_of_both() -> None:
    found = draws(one_point, ZEROS, ONES)
    assert set(found) == {"011111", "001111", "000111", "000011", "000001"}
    assert min(found.values()) > 300  # 400 expected, sd 18


def test_two_point_takes_a_section_of_the_other() -> None:
    found = draws(two_point, ZEROS, ONES)
    sections = {
        "0" * begin + "1" * (end - begin) + "0" * (6 - end) for begin in range(1, 6) for end in range(begin + 1, 7)
    }
    assert set(found) == sections
    assert min(found.values()) > 80  # 133 expected, sd 11


def test_uniform_takes_each_gene_of_either() -> None:
    found = draws(uniform, ZEROS, ONES, num=4_000)
    assert len(found) == 64
    ones = np.array([sum(int(text[place]) * count for text, count in found.items()) for place in range(6)])
    assert ones == pytest.approx(np.full(6, 2_000), abs=160)  # sd 32


@pytest.mark.parametrize("kind", ["one_point", "two_point", "uniform"])
@pytest.mark.parametrize("genes", [[], [0], [0, 0]])
def test_short_chromosomes_cross_as_far_as_they_can(kind: Any, genes: list[int]) -> None:
    child = crossed(kind, genes, [1] * len(genes), Generator(PCG64(0)))
    assert len(child) == len(genes)


@given(st.data())
def test_a_child_has_each_gene_of_one_of_its_parents_at_the_same_place(data: st.DataObject) -> None:
    first = data.draw(st.lists(st.integers(0, 9), max_size=12))
    second = data.draw(st.lists(st.integers(0, 9), min_size=len(first), max_size=len(first)))
    kind: Any = data.draw(st.sampled_from(["one_point", "two_point", "uniform"]))
    child = crossed(kind, first, second, Generator(PCG64(data.draw(st.integers(0, 2**32)))))
    assert len(child) == len(first)
    assert all(gene in pair for gene, pair in zip(child, zip(first, second, strict=True), strict=True))


# --- permutations --------------------------------------------------------------------------------------------------


def test_order_crossover_of_the_worked_example() -> None:
    assert "".join(order_crossover("BEDC", "CBED", 1, 3)) == "CEDB"


@given(st.data())
def test_order_crossover_makes_permutations_that_keep_the_section_and_the_other_s_order(data: st.DataObject) -> None:
    genes = list(range(data.draw(st.integers(0, 9))))
    first, second = data.draw(st.permutations(genes)), data.draw(st.permutations(genes))
    begin = data.draw(st.integers(0, len(genes)))
    end = data.draw(st.integers(begin, len(genes)))
    child = order_crossover(first, second, begin, end)
    assert sorted(child) == genes
    assert child[begin:end] == first[begin:end]
    rest = child[:begin] + child[end:]
    assert rest == [gene for gene in second if gene in rest]


def test_one_point_would_not_do_for_permutations() -> None:
    """Why there is an operator of their own."""
    rng = Generator(PCG64(0))
    assert any(len(set(one_point("BEDC", "CBED", rng))) < 4 for _ in range(20))


def test_exchange_swaps_two_genes_and_leaves_its_argument_alone() -> None:
    genes = ["B", "E", "D", "C"]
    assert exchanged(genes, 0, 2) == ["D", "E", "B", "C"]
    assert genes == ["B", "E", "D", "C"]


# --- the wheel -----------------------------------------------------------------------------------------------------


def test_the_wheel_stops_in_proportion_to_its_room() -> None:
    rng = Generator(PCG64(4))
    chances = shares(np.array([1.0, 2.0, 0.0, 5.0]))
    assert chances.tolist() == [0.125, 0.25, 0.0, 0.625]
    counts = np.bincount([spin(chances, rng) for _ in range(4_000)], minlength=4)
    assert counts[2] == 0
    assert counts / 4_000 == pytest.approx(chances, abs=0.03)
