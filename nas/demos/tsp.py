"""The genetic algorithm on a travelling salesman's tour of five cities, small enough to look at every chromosome.

A chromosome is the order in which B, C, D and E are visited; the tour begins and ends in A. Fitness is one over its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from math import hypot
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.config import Config, setting
from nas.core.errors import InvalidGenotype
from nas.core.randomness import generator_for
from nas.strategies.chromosomes import exchanged, order_crossover, shares, spin

CITIES = {"A": (0, 0), "B": (1, 6), "C": (7, 2), "D": (8, 8), "E": (4, 9)}
START = "A"
GENES = "".join(city for city in CITIES if city != START)


class TourConfig(Config):
    population: int = setting(
        20, title="Population", description="Chromosomes of a generation.", unit="chromosomes", ge=2, le=10_000
    )
    generations: int = setting(
        50, title="Generations", description="Of offspring, after the random one.", unit="generations", ge=0, le=10_000
    )
    mutation: float = setting(
        0.05,
        title="Mutation probability",
        description="Share of offspring in which two genes change places.",
        ge=0,
        le=1,
    )
    crossover: float = setting(
        0.9, title="Crossover probability", description="Share of offspring that cross two parents.", ge=0, le=1
    )
    seed: int = setting(0, title="Seed", description="Of everything that is drawn.", ge=0, lt=2**63)


@dataclass(frozen=True, slots=True)
class Step:
    """One operator on real chromosomes. `begin` and `end`: the section that was kept, or the two places exchanged."""

    kind: Literal["crossover", "mutation"]
    generation: int
    before: tuple[str, ...]
    begin: int
    end: int
    after: str


@dataclass(frozen=True, slots=True)
class Course:
    """A whole search.

    Attributes:
      initial: the random generation.
      best: the shortest tour of each generation, the random one first.
      winner: the best ever seen.
      examples: the first crossover that made something new and the first mutation, if there were any.
    """

    initial: tuple[str, ...]
    best: tuple[str, ...]
    winner: str
    examples: tuple[Step, ...]


def checked(chromosome: object) -> str:
    """`chromosome` when it visits each city but the start once. Raises InvalidGenotype."""
    text = chromosome if isinstance(chromosome, str) else ""
    wrong = []
    if twice := [gene for gene in GENES if text.count(gene) > 1]:
        wrong.append(f"{', '.join(twice)} more than once")
    if missing := [gene for gene in GENES if gene not in text]:
        wrong.append(f"no {', '.join(missing)}")
    if strange := sorted(set(text[:100]) - set(GENES)):
        wrong.append(f"{', '.join(strange)} as well")
    if wrong:
        said = f"must visit each of {', '.join(GENES)} once, got {chromosome!r:.60}: {'; '.join(wrong)}"
        raise InvalidGenotype.at("chromosome", said)
    return text


def length(chromosome: str) -> float:
    """Of the closed tour, in the unit of the coordinates. Raises InvalidGenotype."""
    tour = [CITIES[city] for city in (START, *checked(chromosome), START)]
    return sum(hypot(x - u, y - v) for (x, y), (u, v) in pairwise(tour))


def fitness(chromosome: str) -> float:
    return 1 / length(chromosome)


def every_chromosome() -> list[str]:
    return ["".join(order) for order in permutations(GENES)]


def optimum() -> tuple[float, list[str]]:
    """The shortest length there is and the tours that have it, found by looking at all of them."""
    lengths = {chromosome: length(chromosome) for chromosome in every_chromosome()}
    shortest = min(lengths.values())
    # A tour and its reverse add up the same distances in another order.
    return shortest, [chromosome for chromosome, found in lengths.items() if found <= shortest + 1e-9]


def solve(config: TourConfig) -> Course:
    """The six steps: create, evaluate, make offspring, evaluate them, stop or go on; the best ever seen is the answer."""
    rng = generator_for(config.seed, 0, 0)
    population = tuple("".join(rng.permutation(list(GENES))) for _ in range(config.population))
    initial, winner = population, min(population, key=length)
    best = [winner]
    examples: dict[str, Step] = {}
    for generation in range(1, config.generations + 1):
        elite = min(population, key=length)
        chances = shares(np.array([fitness(chromosome) for chromosome in population]))
        offspring = []
        for _ in range(config.population - 1):
            child, steps = _child(population, chances, generation, config, rng)
            offspring.append(child)
            for step in steps:
                if step.after not in step.before:
                    examples.setdefault(step.kind, step)
        population = (elite, *offspring)
        best.append(min(population, key=length))
        winner = min(winner, best[-1], key=length)
    return Course(initial, tuple(best), winner, tuple(examples.values()))


def _child(
    population: Sequence[str], chances: npt.NDArray[np.float64], generation: int, config: TourConfig, rng: Generator
) -> tuple[str, list[Step]]:
    child = population[spin(chances, rng)]
    steps: list[Step] = []
    if rng.random() < config.crossover:
        parents = (child, population[spin(chances, rng)])
        begin, end = sorted(int(place) for place in rng.choice(len(GENES) + 1, size=2, replace=False))
        child = "".join(order_crossover(*parents, begin, end))
        steps.append(Step("crossover", generation, parents, begin, end, child))
    if rng.random() < config.mutation:
        one, other = sorted(int(place) for place in rng.choice(len(GENES), size=2, replace=False))
        before, child = child, "".join(exchanged(child, one, other))
        steps.append(Step("mutation", generation, (before,), one, other, child))
    return child, steps
