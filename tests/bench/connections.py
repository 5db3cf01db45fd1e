"""Do searched connections beat random ones of the same cost? `python -m tests.bench.connections --problem accuracy --seeds 8`.

Every arm trains for the same number of candidate-epochs on the digits and names its best eight wirings. These are trained
from scratch, longer and from several initial weights, the best of them by validation score is chosen, and that one is
trained and measured on the test part. The same seed gives all arms the same split and the same random start, so
differences are paired (Wilcoxon).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy.stats import wilcoxon

from nas.connections.form import Form
from nas.connections.island import ConnectionIsland
from nas.connections.stacked import StackedNetworks
from nas.connections.training import PopulationRecipe, scores, train
from nas.connections.variation import Wires, wires_of
from nas.core.objective import Objective
from nas.core.problem import OutputScored, Problem
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.estimators.train import Train
from nas.islands.island import IslandPlace
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import problems
from nas.spaces.connections import Connections, ConnectionsConfig
from nas.training.data import place
from nas.training.environment import reproducible, stream

CPU = torch.device("cpu")


class Bench:
    """One seed: a split of the digits, and what the arms share."""

    def __init__(self, args: argparse.Namespace, seed: int) -> None:
        self.args, self.seed = args, seed
        name, config = "image_classification", {"split_seed": seed}
        if args.problem == "auprc":
            name, config = "novelty_detection", {"split_seed": seed, "novel_class": seed % 10, "novelty": args.novelty}
        kind = problems.get(name)
        self.problem: Problem = kind(kind.Config.parse(config), BundledLibrary())
        self.space = Connections(
            ConnectionsConfig.parse({"nodes": args.nodes, "width": args.width, "generator": args.generator})
        )
        estimator = Train(Train.Config.parse({}))
        objectives = (Objective.from_text(args.problem), Objective.from_text("params"))
        self.setup = SearchSetup(self.space, self.problem, estimator, objectives, (), run_seed=seed)
        self._warm: dict[str, Any] = {}
        config_: Any = self.space.config
        self.form = Form(
            "vector", args.nodes, config_.widths, config_.operations, self.problem.input_shape, self.problem.num_classes
        )

    def cached(self, key: str, make: Any) -> Any:
        if key not in self._warm:
            self._warm[key] = make()
        return self._warm[key]

    def searched(self, inherit: str) -> list[Genotype]:
        """Generations until the budget of candidate-epochs is spent."""
        args = self.args
        settings = ConnectionIsland.Config.parse(
            {
                "population_size": args.population,
                "epochs": args.epochs,
                "inherit": inherit,
                "minimises_edges": not args.score_alone,
                "learning_rate": args.rate,
            }
        )
        island = ConnectionIsland(settings, self.setup, IslandPlace(self.seed, 0, "cpu", self.cached))
        spent, each = args.population * args.epochs, args.population * (2 if inherit == "parent" else 2 * args.epochs)
        island.step()
        while spent + each <= args.budget:
            island.step()
            spent += each
        return list(island.best(args.named))

    def start(self) -> list[tuple[float, Genotype]]:
        """The random wirings that searches begin with, and their scores there, the best first."""
        settings = ConnectionIsland.Config.parse(
            {"population_size": self.args.population, "epochs": self.args.epochs, "learning_rate": self.args.rate}
        )
        island = ConnectionIsland(settings, self.setup, IslandPlace(self.seed, 0, "cpu", self.cached))
        island.step()
        found = [(each["score"], each["genotype"]) for each in island.state().data["members"]]
        return sorted(found, key=lambda one: -one[0])

    def drawn(self) -> list[Genotype]:
        """The best of as many random wirings as the budget pays for; the first ones are the start of the searches."""
        num = self.args.budget // self.args.epochs
        settings = ConnectionIsland.Config.parse(
            {"population_size": self.args.population, "epochs": self.args.epochs, "learning_rate": self.args.rate}
        )
        found: list[tuple[float, Genotype]] = []
        for part in range(num // self.args.population):
            seed = self.seed if part == 0 else 10_000 * (self.seed + 1) + part
            island = ConnectionIsland(settings, self.setup, IslandPlace(seed, 0, "cpu", self.cached))
            island.step()
            found += [(each["score"], each["genotype"]) for each in island.state().data["members"]]
        return [genotype for _, genotype in sorted(found, key=lambda one: -one[0])[: self.args.named]]

    def chosen(self, named: Sequence[Genotype]) -> Genotype:
        """The best of them by validation score behind a long training."""
        found = self.measured([wires_of(genotype) for genotype in named], "validation", word=201)
        return named[int(np.argmax(found))]

    def measured(self, wirings: Sequence[Wires], part: str, word: int) -> np.ndarray[Any, Any]:
        """(wirings,): the mean over initial weights of the score behind a long training from scratch."""
        args = self.args
        splits = self.problem.splits()  # type: ignore[attr-defined]
        training, measured = place(splits.train, CPU), place(getattr(splits, part), CPU)
        judge = self.problem if isinstance(self.problem, OutputScored) else None
        stack = [wires for wires in wirings for _ in range(args.repeats)]
        weights = self.form.fresh(len(stack), stream(self.seed, word))
        networks = StackedNetworks(self.form, stack, weights, CPU)
        recipe, order = PopulationRecipe(args.rate), stream(self.seed, word + 1)
        train(networks, training, recipe, args.final_epochs, order, judge=judge)
        found = [each[args.problem] for each in scores(networks, measured, judge)]
        return np.array(found).reshape(len(wirings), args.repeats).mean(axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problem", choices=("accuracy", "auprc"), default="accuracy")
    parser.add_argument("--novelty", choices=("energy", "msp", "reconstruction"), default="energy", help="for auprc")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--nodes", type=int, default=12)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--generator", default="mixed")
    parser.add_argument("--population", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--budget", type=int, default=3840, help="candidate-epochs of each arm")
    parser.add_argument("--named", type=int, default=8, help="wirings that each arm names")
    parser.add_argument("--final-epochs", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--score-alone", action="store_true")
    args = parser.parse_args()
    rows, edges, seconds = [], [], []
    arms = (
        "one draw of WS(4, 0.75)",
        "fully connected",
        "random, best of n",
        "search",
        "search, weights inherited",
        "random start, best",
        "random start, mean",
    )
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        bench = Bench(args, seed)
        presets = {preset.name: preset.genotype for preset in bench.space.presets()}
        chosen, spent = [presets["ws"], presets["complete"]], [0.0, 0.0]
        with reproducible(CPU, seed):
            for arm in ("random", "none", "parent"):
                started = time.perf_counter()
                named = bench.drawn() if arm == "random" else bench.searched(arm)
                chosen.append(bench.chosen(named))
                spent.append(time.perf_counter() - started)
            start = [genotype for _, genotype in bench.start()]
            chosen.append(bench.chosen(start[: args.named]))
            spent += [0.0, 0.0]
            tested = bench.measured([wires_of(genotype) for genotype in [*chosen, *start]], "test", word=301)
            rows.append([*tested[: len(chosen)], tested[len(chosen) :].mean()])
        edges.append([*(len(each["edges"]) for each in chosen), np.mean([len(each["edges"]) for each in start])])
        seconds.append(spent)
        print(seed, *(np.round(each, 4).tolist() for each in (rows[-1], edges[-1], spent)), flush=True)
    _print_table(args, arms, np.array(rows), np.array(edges), np.array(seconds))


def _print_table(args: argparse.Namespace, arms: Sequence[str], rows: Any, edges: Any, seconds: Any) -> None:
    print(
        f"\n{args}\n\n| arm | test {args.problem} | edges | seconds | better than random in | p | than its start | p |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for place_, arm in enumerate(arms):
        mean, spread = rows[:, place_].mean(), rows[:, place_].std(ddof=1) if len(rows) > 1 else 0.0
        compared = " | ".join(paired(rows[:, place_] - rows[:, other]) for other in (2, len(arms) - 1))
        size, spent = edges[:, place_].mean(), seconds[:, place_].mean()
        print(f"| {arm} | {mean:.4f} ± {spread:.4f} | {size:.1f} | {spent:.1f} | {compared} |")


def paired(gain: Any) -> str:
    """Seeds with a gain, and the one-sided p of Wilcoxon's test of pairs."""
    if not np.any(gain):
        return "– | –"
    p = wilcoxon(gain, alternative="greater").pvalue
    return f"{int((gain > 0).sum())} of {len(gain)} | {p:.4f}"


if __name__ == "__main__":
    main()
