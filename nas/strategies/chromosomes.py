"""Operators of genetic algorithms on chromosomes as plain lists of genes. Holland 1975; for permutations Davis 1985."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

GeneCrossover = Literal["one_point", "two_point", "uniform"]

T = TypeVar("T")


def spin(chances: npt.NDArray[np.float64], rng: Generator) -> int:
    """The wheel of fortune: a place drawn with its chance; they add up to 1."""
    return int(rng.choice(len(chances), p=chances))


def shares(room: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Chances in proportion to the room on the wheel, of which there is some."""
    chances: npt.NDArray[np.float64] = room / room.sum()
    return chances


def one_point(first: Sequence[T], second: Sequence[T], rng: Generator) -> list[T]:
    """The head of one and the tail of the other, cut at one place that leaves genes of both: 1 … length - 1."""
    length = min(len(first), len(second))
    if length < 2:
        return list(first)
    cut = int(rng.integers(1, length))
    return [*first[:cut], *second[cut:]]


def two_point(first: Sequence[T], second: Sequence[T], rng: Generator) -> list[T]:
    """The genes of the other between two different places; with fewer than three genes as `one_point`."""
    length = min(len(first), len(second))
    if length < 3:
        return one_point(first, second, rng)
    begin, end = sorted(int(place) for place in rng.choice(np.arange(1, length + 1), size=2, replace=False))
    return [*first[:begin], *second[begin:end], *first[end:]]


def uniform(first: Sequence[T], second: Sequence[T], rng: Generator) -> list[T]:
    """Each gene of either with equal chance; what the first has more than the second is its own."""
    length = min(len(first), len(second))
    from_second = rng.integers(2, size=length)
    crossed = [b if chosen else a for a, b, chosen in zip(first[:length], second[:length], from_second, strict=True)]
    return [*crossed, *first[length:]]


def crossed(kind: GeneCrossover, first: Sequence[T], second: Sequence[T], rng: Generator) -> list[T]:
    operators = {"one_point": one_point, "two_point": two_point, "uniform": uniform}
    return operators[kind](first, second, rng)


def order_crossover(first: Sequence[T], second: Sequence[T], begin: int, end: int) -> list[T]:
    """OX, for permutations: genes `begin` … `end` - 1 of the first where they stand; the other places, left to right, take
    what is missing in the order of the second. The child is a permutation again."""
    kept = list(first[begin:end])
    others = [gene for gene in second if gene not in kept]
    return [*others[:begin], *kept, *others[begin:]]


def exchanged(chromosome: Sequence[T], one: int, other: int) -> list[T]:
    """Two genes have changed places."""
    genes = list(chromosome)
    genes[one], genes[other] = genes[other], genes[one]
    return genes
