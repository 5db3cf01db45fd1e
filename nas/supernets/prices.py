"""What each option of each row costs, and what a mixture of them is expected to cost. No torch: the control side reads it.

Cai, Zhu and Han 2019, arXiv 1812.00332, section 3.3: E[cost] = Σ over rows of Σ over options p·cost(option) + fixed parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.choice import Choice

PriceOf = Callable[[Blueprint], float]
"""The price of one candidate, a blueprint of one input and one output: its MACs, its weights, its milliseconds in a table."""


@dataclass(frozen=True, slots=True)
class RowPrices:
    """`rows[r][k]`: what option k of row r costs, over all places that the row decides; `fixed`: everything else."""

    fixed: float
    rows: tuple[tuple[float, ...], ...]

    def of_path(self, path: Sequence[int]) -> float:
        return self.fixed + sum(row[option] for row, option in zip(self.rows, path, strict=True))

    def expected(self, probabilities: Sequence[Sequence[float]]) -> float:
        """`probabilities[r][k]`: how likely each option is."""
        return self.fixed + sum(
            share * price
            for row, shares in zip(self.rows, probabilities, strict=True)
            for share, price in zip(shares, row, strict=True)
        )


def row_prices(supernet: Blueprint, num_rows: int, price_of: PriceOf, fixed: float) -> RowPrices:
    """Prices of a space's supernet (`Shareable.supernet`). `fixed`: of what stands outside the open places."""
    totals: list[list[float]] = [[] for _ in range(num_rows)]
    for layer in supernet.layers:
        if isinstance(layer.primitive, Choice):
            prices = [price_of(option.as_chosen) for option in layer.primitive.options]
            before = totals[layer.primitive.row] or [0.0] * len(prices)
            totals[layer.primitive.row] = [a + b for a, b in zip(before, prices, strict=True)]
    return RowPrices(fixed, tuple(map(tuple, totals)))


def counted_prices(supernet: Blueprint, num_rows: int, cost: str) -> RowPrices:
    """Prices in "macs" or "params", known without measuring. A supernet's batch norms may have fewer weights than a network's."""
    outside = sum(
        getattr(layer.count, cost) for layer in supernet.main_layers if not isinstance(layer.primitive, Choice)
    )
    return row_prices(supernet, num_rows, lambda blueprint: getattr(blueprint.count, cost), outside)
