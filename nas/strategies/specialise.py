"""The best network within a limit, by evolution on a model of accuracy and a table of costs: no network is trained or run.

Cai et al. 2020, arXiv 1908.09791, section 3.4; numbers of the released code. There a child that breaks the limit is drawn again
for ever; here draws are capped, and a limit that nothing meets is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.errors import ConstraintLeavesNothing
from nas.core.space import Dial
from nas.supernets.elastic_parts import Open, Setting
from nas.supernets.elastic_tables import Numbers, Settings

MOST_REDRAWS = 100
"""How often as many networks as are missing are drawn again."""


@dataclass(frozen=True, slots=True)
class EvolutionShape:
    """`parents`: share of a generation that lives on and breeds; `mutants`: share of the children that is mutated, the others are
    crossed; `changed`: probability of each block and each depth to change, `rescaled`: of what the whole network has."""

    population: int = 100
    generations: int = 500
    parents: float = 0.25
    mutants: float = 0.5
    changed: float = 0.1
    rescaled: float = 0.5


@dataclass(frozen=True, slots=True)
class Specialised:
    """`predicted` accuracy and `price` of the best; `bests`: the best prediction after each generation, the first draw included."""

    setting: Setting
    predicted: float
    price: float
    bests: tuple[float, ...]


class Dialling:
    """Draws and changes settings whose options are open."""

    def __init__(self, dials: Sequence[Dial], options: Open, shape: EvolutionShape) -> None:
        self._low = np.array([allowed[0] for allowed in options])
        self._high = np.array([allowed[-1] + 1 for allowed in options])
        # Kernel and width of a block change together.
        names = [dial.group if dial.aspect in ("kernel", "width") and dial.group else dial.name for dial in dials]
        units = list(dict.fromkeys(names))
        self._unit_of = np.array([units.index(name) for name in names])
        whole = {name for name, dial in zip(names, dials, strict=True) if not dial.group}
        self._chances = np.array([shape.rescaled if unit in whole else shape.changed for unit in units])

    def drawn(self, num: int, rng: Generator) -> Settings:
        return rng.integers(self._low, self._high, size=(num, len(self._low)))

    @property
    def smallest(self) -> Settings:
        return self._low[None, :].astype(np.int64)

    def mutated(self, parents: Settings, num: int, rng: Generator) -> Settings:
        chosen = parents[rng.integers(len(parents), size=num)]
        changes = (rng.random((num, len(self._chances))) < self._chances)[:, self._unit_of]
        mutants: Settings = np.where(changes, self.drawn(num, rng), chosen)
        return mutants

    def crossed(self, parents: Settings, num: int, rng: Generator) -> Settings:
        """Each dial from either of two parents."""
        first, second = parents[rng.integers(len(parents), size=(2, num))]
        children: Settings = np.where(rng.integers(2, size=first.shape, dtype=bool), first, second)
        return children


def specialise(
    dialling: Dialling,
    shape: EvolutionShape,
    *,
    predict: Callable[[Settings], Numbers],
    price: Callable[[Settings], Numbers],
    limit: float,
    allowed: Callable[[Settings], npt.NDArray[np.bool_]],
    rng: Generator,
) -> Specialised:
    """The network with the highest prediction found whose price is at most `limit` and that is `allowed`.

    Raises ConstraintLeavesNothing when neither a draw nor the smallest network keeps to both.
    """

    def collected(make: Callable[[int], Settings], wanted: int) -> Settings:
        found = np.empty((0, dialling.smallest.shape[1]), dtype=np.int64)
        for _ in range(MOST_REDRAWS):
            missing = wanted - len(found)
            if missing == 0:
                break
            made = make(missing)
            made = made[price(made) <= limit]
            found = np.concatenate([found, made[allowed(made)]])
        return found

    population = collected(partial(dialling.drawn, rng=rng), shape.population)
    if len(population) < shape.population:  # a tight limit: what is drawn is rarely small enough, its neighbours are
        seeds = np.concatenate([population, collected(lambda num: dialling.smallest, 1)])
        if not len(seeds):
            cheapest = float(price(dialling.smallest)[0])
            raise ConstraintLeavesNothing(
                f"none of {MOST_REDRAWS * shape.population:,} networks drawn keeps to {limit:g}, nor the smallest one, which has "
                f"{cheapest:g}; raise the limit"
            )
        mutants = collected(partial(dialling.mutated, seeds, rng=rng), shape.population - len(population))
        population = np.concatenate([seeds, mutants])[: shape.population]
    scores = predict(population)
    bests = [float(scores.max())]
    num_parents = max(1, round(shape.parents * shape.population))
    for _ in range(shape.generations):
        order = np.argsort(-scores, kind="stable")[:num_parents]
        parents, kept = population[order], scores[order]
        num_children = shape.population - len(parents)
        num_mutants = round(shape.mutants * num_children)
        mutants = collected(partial(dialling.mutated, parents, rng=rng), num_mutants)
        crossed = collected(partial(dialling.crossed, parents, rng=rng), num_children - num_mutants)
        children = np.concatenate([mutants, crossed])
        population = np.concatenate([parents, children])
        scores = np.concatenate([kept, predict(children)])
        bests.append(float(scores.max()))
    best = population[int(np.argmax(scores))]
    return Specialised(tuple(int(option) for option in best), bests[-1], float(price(best[None, :])[0]), tuple(bests))
