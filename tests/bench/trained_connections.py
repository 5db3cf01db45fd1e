"""Do searched networks beat the random ones they began with? `python -m tests.bench.trained_connections --problem auprc`.

`tests.bench.connections` asks that of wirings, each trained anew. Here a network is its wiring and its weights, as a search with
inherited weights finds them: of each arm's networks the best one by validation is measured on the test part as it is. Arms:
the random start; the same trained on as long as the search lasts, or as much as it costs; the best of as many random networks
as it costs. The last two lines ask of the wirings alone: means over all of the first and the last generation, trained anew.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from numpy.typing import NDArray

from nas.connections.form import Weights
from nas.connections.island import ConnectionIsland
from nas.connections.stacked import StackedNetworks
from nas.connections.training import PopulationRecipe, scores, train
from nas.connections.variation import Wires, wires_of
from nas.core.problem import OutputScored
from nas.islands.island import IslandPlace
from nas.training.data import place
from nas.training.environment import reproducible, stream
from tests.bench.connections import CPU, Bench, paired

ARMS = (
    "random start",
    "random start, trained as long",
    "random start, trained at the same cost",
    "random, best of n",
    "search",
    "wirings of the start, trained anew",
    "wirings of the search, trained anew",
)
Scores = NDArray[np.float64]


class Raced(Bench):
    """One seed."""

    def island(self, seed: int) -> ConnectionIsland:
        args = self.args
        settings = ConnectionIsland.Config.parse(
            {
                "population_size": args.population,
                "epochs": args.epochs,
                "inherited_epochs": args.inherited_epochs,
                "minimises_edges": not args.score_alone,
                "learning_rate": args.rate,
            }
        )
        return ConnectionIsland(settings, self.setup, IslandPlace(seed, 0, "cpu", self.cached))

    def networks(self, island: ConnectionIsland) -> tuple[list[Wires], Weights]:
        """Of all members, as the island trained them."""
        state = island.state()
        weights = {name: torch.from_numpy(np.array(array)) for name, array in state.arrays.items()}
        return [wires_of(member["genotype"]) for member in state.data["members"]], weights

    def trained_on(self, wirings: list[Wires], weights: Weights, rounds: int) -> Weights:
        """As parents are: one short training after the other, each with its own fall of the rate."""
        networks = StackedNetworks(self.form, wirings, weights, CPU)
        examples = place(self.problem.splits().train, CPU)  # type: ignore[attr-defined]
        for number in range(rounds):
            order = stream(self.seed, 10_000 + number)
            train(
                networks,
                examples,
                PopulationRecipe(self.args.rate),
                self.args.inherited_epochs,
                order,
                judge=self._judge,
            )
        return networks.export()

    def best(self, wirings: list[Wires], weights: Weights) -> tuple[float, float]:
        """(validation, test) of the one that is best by validation."""
        validation, test = (self._measured(wirings, weights, part) for part in ("validation", "test"))
        return float(validation.max()), float(test[validation.argmax()])

    def anew(self, wirings: list[Wires]) -> float:
        """The mean test score of them all behind trainings from scratch."""
        weights = self.form.fresh(len(wirings) * self.args.repeats, stream(self.seed, 301))
        stack = [wires for wires in wirings for _ in range(self.args.repeats)]
        networks = StackedNetworks(self.form, stack, weights, CPU)
        examples = place(self.problem.splits().train, CPU)  # type: ignore[attr-defined]
        recipe, order = PopulationRecipe(self.args.rate), stream(self.seed, 302)
        train(networks, examples, recipe, self.args.final_epochs, order, judge=self._judge)
        return float(self._measured(stack, networks.export(), "test").mean())

    @property
    def _judge(self) -> OutputScored | None:
        return self.problem if isinstance(self.problem, OutputScored) else None

    def _measured(self, wirings: list[Wires], weights: Weights, part: str) -> Scores:
        examples = place(getattr(self.problem.splits(), part), CPU)  # type: ignore[attr-defined]
        networks = StackedNetworks(self.form, wirings, weights, CPU)
        return np.array([each[self.args.problem] for each in scores(networks, examples, self._judge)])

    def drawn(self, part: int) -> tuple[float, float]:
        """As `best`, of another random population, trained like the start."""
        island = self.island(10_000 * (self.seed + 1) + part)
        island.step()
        return self.best(*self.networks(island))

    def row(self) -> list[float]:
        """The test score of every arm."""
        args = self.args
        island = self.island(self.seed)
        island.step()
        start, begun = self.networks(island)
        # A generation trains as many children beside its parents, so it costs what two rounds of the start do.
        later = [self.trained_on(start, begun, rounds) for rounds in (args.generations, 2 * args.generations)]
        found = [self.best(start, weights)[1] for weights in (begun, *later)]
        cost = args.population * (args.epochs + 2 * args.generations * args.inherited_epochs)
        num = cost // (args.population * args.epochs)
        drawn = [self.best(start, begun), *(self.drawn(part) for part in range(1, num))]
        found.append(max(drawn)[1])
        for _ in range(args.generations):
            island.step()
        last, weights = self.networks(island)
        return [*found, self.best(last, weights)[1], self.anew(start), self.anew(last)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problem", choices=("accuracy", "auprc"), default="auprc")
    parser.add_argument("--novelty", choices=("energy", "msp", "reconstruction"), default="energy", help="for auprc")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--generator", default="mixed")
    parser.add_argument("--population", type=int, default=32)
    parser.add_argument("--generations", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--inherited-epochs", type=int, default=1)
    parser.add_argument("--final-epochs", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--score-alone", action="store_true")
    args = parser.parse_args()
    rows = []
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        begun = time.process_time()
        with reproducible(CPU, seed):
            rows.append(Raced(args, seed).row())
        print(seed, np.round(rows[-1], 4).tolist(), f"{time.process_time() - begun:.0f} s", flush=True)
    _print_table(args, np.array(rows))


def _print_table(args: argparse.Namespace, rows: Scores) -> None:
    print(f"\n{args}\n\n| arm | test {args.problem} | search is better | p |\n|---|---|---|---|")
    for number, arm in enumerate(ARMS):
        against = 6 if number >= 5 else 4
        spread = rows[:, number].std(ddof=1) if len(rows) > 1 else 0.0
        print(f"| {arm} | {rows[:, number].mean():.4f} ± {spread:.4f} | {paired(rows[:, against] - rows[:, number])} |")


if __name__ == "__main__":
    main()
