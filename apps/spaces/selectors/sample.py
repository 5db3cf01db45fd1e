"""A sample of a space, drawn in pieces, with what each architecture costs for one kind of input."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.random import PCG64, Generator, SeedSequence

from nas import registry
from nas.core.cost import Cost
from nas.core.errors import NasError
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Rejecting, Space

PIECE = 250
"""Architectures drawn at once. Piece i has its own generator, so a larger sample begins with the smaller one."""

RAW = 2**32 - 1
"""The number of the generator of raw draws; no sample has as many pieces."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One architecture of the sample. `number` counts all draws from 0: with the seed it names the architecture."""

    number: int
    genotype: Genotype
    cost: Cost


@dataclass(frozen=True, slots=True)
class Sample:
    """Attributes:
    num_drawn: how often the space was asked for an architecture.
    built: those that exist for this input, in the order in which they were drawn.
    costs: metric → values (len(built),).
    refusals: why the others do not exist, the most frequent reason first, with how many.
    """

    num_drawn: int
    built: tuple[Drawn, ...]
    costs: Mapping[str, npt.NDArray[np.float64]]
    refusals: tuple[tuple[str, int], ...]

    @property
    def num_refused(self) -> int:
        return self.num_drawn - len(self.built)


def sampled(space: Space, input_shape: Shape, num_classes: int, *, num: int, seed: int) -> Sample:
    """The same arguments give the same sample; a larger `num` goes on where a smaller one ended."""
    config = json.dumps(space.config.as_json(), sort_keys=True)
    built: list[Drawn] = []
    refusals: Counter[str] = Counter()
    for piece in range(-(-num // PIECE)):
        drawn = _piece(space.name, config, tuple(input_shape), num_classes, seed=seed, piece=piece)
        for number, one in enumerate(drawn[: num - piece * PIECE], start=piece * PIECE):
            if isinstance(one, str):
                refusals[one] += 1
            else:
                built.append(Drawn(number, *one))
    rows = [one.cost.as_metrics() for one in built]
    costs = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]} if rows else {}
    return Sample(num, tuple(built), costs, tuple(refusals.most_common()))


def drawn_at(space: Space, *, seed: int, number: int) -> Genotype:
    """The architecture that `sampled` draws as that number. Raises NasError when the space could not give one."""
    rng = _generator(seed, number // PIECE)
    for _ in range(number % PIECE):
        _attempt(space, rng)
    return space.sample(rng)


def raw_draws_refused(space: Space, *, num: int, seed: int) -> int | None:
    """How many of `num` raw draws the space's own rule refuses; None for a space whose every draw is admitted."""
    if not isinstance(space, Rejecting):
        return None
    rng = _generator(seed, RAW)
    return sum(space.draw(rng) is None for _ in range(num))


@lru_cache(maxsize=64)
def _piece(
    space_name: str, config: str, input_shape: Shape, num_classes: int, *, seed: int, piece: int
) -> tuple[tuple[Genotype, Cost] | str, ...]:
    """Genotypes with their costs, or why there is none. Cached: typing in a constraint draws nothing anew."""
    space = _space(space_name, config)
    found: list[tuple[Genotype, Cost] | str] = []
    for genotype in _genotypes(space_name, config, seed=seed, piece=piece):
        if isinstance(genotype, str):
            found.append(genotype)
            continue
        try:
            found.append((genotype, space.cost(genotype, input_shape, num_classes)))
        except NasError as error:
            found.append(_reason(error))
    return tuple(found)


@lru_cache(maxsize=16)
def _genotypes(space_name: str, config: str, *, seed: int, piece: int) -> tuple[Genotype | str, ...]:
    """Cached beside the pieces: another input has other costs, not other architectures."""
    space, rng = _space(space_name, config), _generator(seed, piece)
    return tuple(_attempt(space, rng) for _ in range(PIECE))


def _space(space_name: str, config: str) -> Space:
    kind = registry.spaces.get(space_name)
    space: Space = kind(kind.Config.parse(json.loads(config)))
    return space


def _generator(seed: int, piece: int) -> Generator:
    return Generator(PCG64(SeedSequence([seed, piece])))


def _attempt(space: Space, rng: Generator) -> Genotype | str:
    try:
        return space.sample(rng)
    except NasError as error:
        return _reason(error)


def _reason(error: NasError) -> str:
    """The first of its sentences: reasons are counted, and the places inside a genotype differ."""
    errors = getattr(error, "errors", ())
    return str(errors[0].message if errors else error)[:200]
