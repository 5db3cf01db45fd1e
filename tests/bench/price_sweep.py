"""What a price does to a relaxed search on the bundled digits: `python -m tests.bench.price_sweep --arm darts_latency --seeds 3`.

One thread. Prints one line per search as it ends, then the means as a table. Validation accuracy of the network found, trained from
scratch; nothing here is asserted. A price on latency reads a table that is measured first, on this machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import torch

from nas.core.budget import Budget
from nas.core.objective import Objective
from nas.core.setup import SearchSetup
from nas.estimators.tables import FolderTableLibrary
from nas.hardware.latency_files import load_latency_file, write_latency_file
from nas.hardware.latency_table import predict
from nas.hardware.measure_table import MeasureConfig, measure_table
from nas.hardware.network_pieces import pieces_of
from nas.jobs.local import search
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import estimators, problems, spaces, strategies


@dataclass(frozen=True)
class Arm:
    """`unit`: λ is loss for one of them; `decimals`: of the cost, in the table."""

    strategy: str
    space: str
    space_config: Mapping[str, Any]
    config: Mapping[str, Any]
    cost: str
    unit: str
    decimals: int
    prices: tuple[float, ...]


ARMS: Mapping[str, Arm] = {
    "proxyless_macs": Arm(
        "proxyless",
        "mobile",
        spaces.get("mobile").Config.presets["proxyless_digits"],
        {"epochs": 24, "warmup_epochs": 6, "architecture_rate": 0.02},
        "macs",
        "million MACs",
        0,
        (0.0, 0.5, 3.0, 30.0),
    ),
    "darts_latency": Arm(
        "darts",
        "nasbench201",
        {
            "width": 8,
            "cells_per_stage": 1,
            "operations": ["skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"],
        },
        {"epochs": 20, "alpha_rate": 0.01},
        "latency_ms",
        "millisecond",
        2,
        (0.0, 0.05, 0.2, 0.5, 2.0),
    ),
}
TABLE_BATCH = 64


def setup_of(arm: Arm, seed: int) -> SearchSetup:
    space, problem, estimator = spaces.get(arm.space), problems.get("image_classification"), estimators.get("train")
    return SearchSetup(
        space=space(space.Config.parse(arm.space_config)),
        problem=problem(problem.Config.parse({"dataset": "digits"}), BundledLibrary()),
        estimator=estimator(estimator.Config.parse({"epochs": 10})),
        objectives=(Objective.from_text("accuracy"), Objective.from_text("macs")),
        constraints=(),
        latency=FolderTableLibrary(),
        run_seed=seed,
    )


def measured_table(arm: Arm, folder: Path) -> str:
    """The file of a table of all pieces of the space, measured here."""
    setup = setup_of(arm, 0)
    table = measure_table(
        setup.space,
        setup.problem.input_shape,
        setup.problem.num_classes,
        "cpu",
        name=arm.space,
        config=MeasureConfig.parse({"batch": TABLE_BATCH, "num_checks": 0}),
    )
    file = folder / "table.json"
    write_latency_file(table, file)
    return str(file)


def searched(arm: Arm, price: float, seed: int, table: str | None) -> dict[str, float]:
    """Expected cost at the end of the search; cost, weights and accuracy of what was found; processor seconds of it all."""
    setup = setup_of(arm, seed)
    kind = strategies.get(arm.strategy)
    config = {
        **arm.config,
        "num_trained": 1,
        "penalised_cost": arm.cost,
        "penalty_weight": price,
        "latency_table": table,
    }
    began = time.process_time()
    *_, last_leg, final = search(kind(kind.Config.parse(config), setup), setup, Budget(trials=1000))
    found = final.result.metrics
    expected = last_leg.result.payload["data"]["expected"][arm.cost]
    cost = found[arm.cost] if table is None else _predicted(setup, final.proposal.genotype, table)
    return {
        "expected": expected,
        "cost": cost,
        "params": found["params"],
        "accuracy": found["accuracy"],
        "seconds": time.process_time() - began,
    }


def _predicted(setup: SearchSetup, genotype: Any, table: str) -> float:
    pieces = pieces_of(setup.space, genotype, setup.problem.input_shape, setup.problem.num_classes)
    return predict(load_latency_file(table), pieces)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arm", choices=list(ARMS), default="proxyless_macs")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--prices", type=float, nargs="+")
    given = parser.parse_args()
    torch.set_num_threads(1)
    arm = ARMS[given.arm]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        table = measured_table(arm, Path(folder)) if arm.cost == "latency_ms" else None
        for price in given.prices or arm.prices:
            found = []
            for seed in range(given.seeds):
                found.append(searched(arm, price, seed, table))
                print(f"λ {price:g}, seed {seed}: {found[-1]}", flush=True)
            lines.append((price, {name: mean(row[name] for row in found) for name in found[0]}))
    print(
        f"\n| λ per {arm.unit} | E[{arm.cost}] | {arm.cost} found | weights | validation accuracy | CPU s |"
        "\n|---|---|---|---|---|---|"
    )
    for price, row in lines:
        costs = " | ".join(f"{row[name]:,.{arm.decimals}f}" for name in ("expected", "cost"))
        print(f"| {price:g} | {costs} | {row['params']:,.0f} | {100 * row['accuracy']:.2f} % | {row['seconds']:.0f} |")


if __name__ == "__main__":
    main()
