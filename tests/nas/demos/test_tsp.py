"""The worked example: five cities, 24 chromosomes, one shortest tour and its reverse."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from nas.core.errors import InvalidGenotype
from nas.demos.tsp import TourConfig, checked, every_chromosome, fitness, length, optimum, solve
from nas.demos.tsp_picture import tour_picture
from nas.strategies.chromosomes import exchanged, order_crossover


def test_the_golden_numbers() -> None:
    lengths = {chromosome: length(chromosome) for chromosome in every_chromosome()}
    assert len(lengths) == 24
    assert len({round(value, 9) for value in lengths.values()}) == 12
    shortest, tours = optimum()
    assert shortest == pytest.approx(27.8114, abs=5e-5)
    assert tours == ["BEDC", "CDEB"]
    assert length("CBED") == pytest.approx(34.1707, abs=5e-5)
    assert fitness("CBED") == 1 / length("CBED")


@pytest.mark.parametrize(
    ("chromosome", "said"),
    [
        ("BDECE", "E more than once"),  # a damaged print of a chromosome, as one-point crossover would make it
        ("BDE", "no C"),
        ("BDEX", "no C; X as well"),
        ("ABDE", "no C; A as well"),  # the start is no gene
        ("", "no B, C, D, E"),
        (None, "no B, C, D, E"),
        (["B", "C", "D", "E"], "no B"),
    ],
)
def test_an_illegal_chromosome_is_rejected_in_words(chromosome: object, said: str) -> None:
    with pytest.raises(InvalidGenotype, match="must visit each of B, C, D, E once") as raised:
        checked(chromosome)
    assert said in str(raised.value)


def test_it_finds_the_optimum_with_95_of_100_seeds() -> None:
    found = [
        length(solve(TourConfig(population=6, generations=30, mutation=0.1, seed=seed)).winner) for seed in range(100)
    ]
    assert sum(value == pytest.approx(27.8114, abs=5e-5) for value in found) >= 95


def test_without_offspring_it_does_not_find_it_so_often() -> None:
    found = [length(solve(TourConfig(population=6, generations=0, seed=seed)).winner) for seed in range(100)]
    assert sum(value < 27.82 for value in found) < 70


def test_the_best_never_gets_worse_and_the_winner_is_the_best_ever_seen() -> None:
    course = solve(TourConfig(population=4, generations=20, mutation=0.5, seed=3))
    lengths = [length(chromosome) for chromosome in course.best]
    assert len(lengths) == 21
    assert lengths == sorted(lengths, reverse=True)
    assert length(course.winner) == min(lengths)
    assert len(course.initial) == 4


def test_the_shown_operators_are_real_ones() -> None:
    course = solve(TourConfig(population=6, mutation=0.3, seed=5))
    crossover, mutation = sorted(course.examples, key=lambda step: step.kind)
    first, second = crossover.before
    assert "".join(order_crossover(first, second, crossover.begin, crossover.end)) == crossover.after
    assert "".join(exchanged(mutation.before[0], mutation.begin, mutation.end)) == mutation.after
    assert crossover.after not in crossover.before


def test_the_same_seed_gives_the_same_course() -> None:
    assert solve(TourConfig(seed=4)) == solve(TourConfig(seed=4)) != solve(TourConfig(seed=5))


@pytest.mark.parametrize("generations", [0, 1, 30])
def test_the_picture_is_svg_with_every_city_and_the_tour(generations: int) -> None:
    course = solve(TourConfig(population=6, generations=generations, seed=1))
    root = ElementTree.fromstring(tour_picture(course))
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}circle")) == 5
    tour, steps = (line.attrib["points"].split() for line in root.findall(f"{space}polyline"))
    assert len(tour) == 6
    assert tour[0] == tour[-1]
    assert len(steps) == 1 + 2 * generations
    assert course.winner in (root.findtext(f"{space}title") or "")
