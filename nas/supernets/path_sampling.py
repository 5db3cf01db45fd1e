"""Which paths through a supernet a step trains. Draws come from the generator handed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Generator

from nas.core.errors import InvalidGenotype
from nas.core.space import Shareable, Space
from nas.supernets.prices import RowPrices

Path = tuple[int, ...]
Draw = Callable[[Generator], Path]

_LOOKED_AT = 1000  # paths that the range of MACs is taken from
_MOST_TRIES = 500  # as in Guo et al.'s published code; then any path will do
_ENDS = (0.05, 0.95)  # quantiles between which the ranges of MACs lie


def uniform_path(sizes: Sequence[int], generator: Generator) -> Path:
    """Each row uniform over its options, independent of the others."""
    return tuple(int(torch.randint(size, (), generator=generator)) for size in sizes)


def architecture_path(space: Space, sizes: Sequence[int], generator: Generator) -> Path:
    """A uniform path; where that is no architecture of the space, one that the space draws."""
    assert isinstance(space, Shareable)  # the strategy requires it
    path = uniform_path(sizes, generator)
    try:
        space.genotype_of(path)
    except InvalidGenotype:
        seed = int(torch.randint(2**62, (), generator=generator))
        return tuple(space.path_of(space.sample(np.random.Generator(np.random.PCG64(seed)))))
    return path


def fair_paths(sizes: Sequence[int], generator: Generator) -> list[Path]:
    """As many paths as the longest row has options, which together take every option of each row.

    Strict fairness (Chu, Zhang and Xu 2021, arXiv 1907.01845, section 4): path k takes the k-th of a random order per row. A
    row with fewer options begins further orders, so there the counts are equal in expectation only.
    """
    most = max(sizes)
    columns = []
    for size in sizes:
        orders = [torch.randperm(size, generator=generator) for _ in range(-(-most // size))]
        columns.append(torch.cat(orders)[:most].tolist())
    return list(zip(*columns, strict=True))


class MacsUniform:
    """First a range of MACs, uniform; then paths until one lies in it. Guo et al. 2020, arXiv 1904.00420, published code.

    The ranges have equal width between the 5 % and the 95 % quantile of paths drawn at the start.
    """

    def __init__(self, prices: RowPrices, draw: Draw, num_bins: int, generator: Generator) -> None:
        """`generator` is used here only."""
        self._prices = prices
        self._draw = draw
        drawn = [prices.of_path(draw(generator)) for _ in range(_LOOKED_AT)]
        low, high = (float(end) for end in np.quantile(drawn, _ENDS))
        self.edges = np.linspace(low, high, num_bins + 1)

    def __call__(self, generator: Generator) -> Path:
        at = int(torch.randint(len(self.edges) - 1, (), generator=generator))
        path = self._draw(generator)
        for _ in range(_MOST_TRIES - 1):
            if self.edges[at] <= self._prices.of_path(path) <= self.edges[at + 1]:
                break
            path = self._draw(generator)
        return path
