"""The prices behind a cost penalty and behind curves of expected costs. No torch: strategies check them before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nas.blueprint.choice import Choice
from nas.core.errors import InvalidConfig
from nas.core.setup import SearchSetup
from nas.hardware.latency_choice import found_latency
from nas.hardware.latency_table import LatencyTable, MissingLatency
from nas.hardware.network_pieces import pieces_of
from nas.hardware.piece_key import key_of
from nas.supernets.cost_penalty import CostPenalty
from nas.supernets.prices import RowPrices, counted_prices, row_prices

Prices = Mapping[str, RowPrices]
"""By the name of the cost, a metric: "macs", "params", "latency_ms"."""


def prices_of(penalty: CostPenalty, setup: SearchSetup) -> Prices:
    """MACs and weights, known without measuring, and milliseconds where a table is chosen.

    Raises InvalidConfig at "latency_table" for a table that is not there or lacks an entry, naming the keys, and at
    "penalty_form" for logarithms of costs that may fall to 1 or below.
    """
    space: Any = setup.space  # the strategy requires Shareable
    problem = setup.problem
    supernet = space.supernet(problem.input_shape, problem.num_classes)
    num_rows = len(space.rows())
    prices = {cost: counted_prices(supernet, num_rows, cost) for cost in ("macs", "params")}
    if penalty.latency_table:
        prices["latency_ms"] = latency_prices(setup, found_latency(penalty.latency_table, setup.latency))
    if penalty.has_penalty and penalty.penalty_form == "mul_log":
        paid = prices[penalty.penalised_cost]
        least = paid.of_path([row.index(min(row)) for row in paid.rows])
        if least <= 1:
            raise InvalidConfig.at(
                "penalty_form",
                f"mul_log takes the logarithm of {penalty.penalised_cost}, which may fall to {least:.3g} here; take add_linear",
            )
    return prices


def latency_prices(setup: SearchSetup, table: LatencyTable) -> RowPrices:
    """Milliseconds of each option by `table`, through its calibration line.

    What stands outside the options is what a whole network takes beside those of its path. Raises InvalidConfig at
    "latency_table", naming the keys, when the table lacks an entry.
    """
    space: Any = setup.space
    problem = setup.problem
    rows = space.rows()
    supernet = space.supernet(problem.input_shape, problem.num_classes)
    some = space.derived([[1 / len(row.options)] * len(row.options) for row in rows])
    whole = [piece.key for piece in pieces_of(space, some, problem.input_shape, problem.num_classes)]
    options = [
        key_of(option.as_chosen)
        for layer in supernet.layers
        if isinstance(layer.primitive, Choice)
        for option in layer.primitive.options
    ]
    if absent := table.missing([*whole, *options]):
        raise InvalidConfig.at("latency_table", str(MissingLatency(table.name, absent)))
    line = table.calibration
    prices = row_prices(supernet, len(rows), lambda blueprint: line.slope * table.ms(key_of(blueprint)), fixed=0.0)
    inside = prices.of_path(space.path_of(some))
    return RowPrices(line(table.sum_ms(whole)) - inside, prices.rows)


def cost_facts(prices: Prices, probabilities: Sequence[Sequence[float]], path: Sequence[int]) -> dict[str, Any]:
    """For `EpochFacts.data`: what the mixture is expected to cost, and what the architecture costs that would be derived."""
    return {
        "expected": {cost: paid.expected(probabilities) for cost, paid in prices.items()},
        "chosen_cost": {cost: paid.of_path(path) for cost, paid in prices.items()},
    }
