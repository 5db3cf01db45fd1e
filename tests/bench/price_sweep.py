"""What a price on MACs does to ProxylessNAS on the bundled digits: `python -m tests.bench.price_sweep --seeds 2`.

One thread. Prints one line per search as it ends, then the means as a table. Validation accuracy of the network found, trained from
scratch; nothing here is asserted.
"""

from __future__ import annotations

import argparse
import time
from statistics import mean
from typing import Any

import torch

from nas.core.budget import Budget
from nas.core.objective import Objective
from nas.core.setup import SearchSetup
from nas.jobs.local import search
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import estimators, problems, spaces, strategies

PRICES = (0.0, 0.5, 3.0, 30.0)
"""λ: loss per million MACs."""

SEARCH: dict[str, Any] = {"epochs": 24, "warmup_epochs": 6, "architecture_rate": 0.02, "penalised_cost": "macs"}
COLUMNS = ("expected", "macs", "params", "accuracy", "seconds")


def setup_of(seed: int) -> SearchSetup:
    space, problem, estimator = spaces.get("mobile"), problems.get("image_classification"), estimators.get("train")
    return SearchSetup(
        space=space(space.Config.parse(space.Config.presets["proxyless_digits"])),
        problem=problem(problem.Config.parse({"dataset": "digits"}), BundledLibrary()),
        estimator=estimator(estimator.Config.parse({"epochs": 10})),
        objectives=(Objective.from_text("accuracy"), Objective.from_text("macs")),
        constraints=(),
        run_seed=seed,
    )


def searched(price: float, seed: int) -> dict[str, float]:
    """Expected MACs at the end of the search; MACs, weights and accuracy of what was found; processor seconds of it all."""
    setup = setup_of(seed)
    kind = strategies.get("proxyless")
    began = time.process_time()
    *_, last_leg, final = search(
        kind(kind.Config.parse({**SEARCH, "penalty_weight": price}), setup), setup, Budget(trials=10)
    )
    cost = final.result.metrics
    return {
        "expected": last_leg.result.payload["data"]["expected"]["macs"],
        "macs": cost["macs"],
        "params": cost["params"],
        "accuracy": cost["accuracy"],
        "seconds": time.process_time() - began,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--prices", type=float, nargs="+", default=list(PRICES))
    given = parser.parse_args()
    torch.set_num_threads(1)
    lines = []
    for price in given.prices:
        found = []
        for seed in range(given.seeds):
            found.append(searched(price, seed))
            print(f"λ {price:g}, seed {seed}: {found[-1]}", flush=True)
        lines.append([price, *(mean(row[column] for row in found) for column in COLUMNS)])
    print(
        "\n| λ per million MACs | E[MACs] | MACs found | weights | validation accuracy | CPU s |\n|---|---|---|---|---|---|"
    )
    for price, expected, macs, params, accuracy, seconds in lines:
        print(f"| {price:g} | {expected:,.0f} | {macs:,.0f} | {params:,.0f} | {100 * accuracy:.2f} % | {seconds:.0f} |")


if __name__ == "__main__":
    main()
