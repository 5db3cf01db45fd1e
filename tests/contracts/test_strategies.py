"""The strategy contract over the registry: every strategy with its defaults and with each of its presets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nas.core.parameter import Parametrised
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.registry import strategies
from tests.contracts.strategy_contract import STEPS, Driver, Make, StrategyContract, toy_setup
from tests.contracts.toys import BitStrings, NamedBitStrings

# Settings that must keep the contract too and are no preset: (strategy, settings).
VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("random", {"avoid_duplicates": True, "remembered": 50}),
    ("aging_evolution", {"selection": "domination", "crossover_probability": 0.5, "with_replacement": False}),
    ("aging_evolution", {"fill_idle": True, "population_size": 5, "sample_size": 2}),
    ("tournament", {"selection": "domination", "crossover_probability": 0.5, "population_size": 6}),
    ("genetic", {"selection": "roulette", "fitness_scaling": "rank", "elites": 0, "population_size": 9}),
    ("genetic", {"crossover": "two_point", "population_size": 8}),
    ("genetic", {"selection": "roulette", "elites": 3, "population_size": 10, "mutation_probability": 0.2}),
    ("local_search", {"move": "best", "num_starts": 3, "selection": "domination", "remembered": 60}),
    ("nsga2", {"tournament": "dominance", "population_size": 7, "mutation_probability": 0.2}),
    ("nsga2", {"renewal": "every_result", "avoid_duplicates": False, "population_size": 8}),
    ("nsga2", {"explore_generations": 2, "exploit_generations": 999, "population_size": 7, "archive_size": 30}),
    ("reinforce", {"num_controllers": 3, "batch_size": 3, "layers": 2, "entropy_weight": 0.01, "tanh_constant": 2.5}),
    ("ppo", {"num_controllers": 2, "batch_size": 4, "accumulate": 2, "reward_power": 2.0}),
    ("hyperband", {"inner": "aging_evolution", "rungs": [2, 5, 11], "reduction_factor": 4}),
    ("asha", {"inner": "tournament", "skipped_rungs": 1, "remembered": 40}),
    ("bohb", {"random_share": 0.1, "remembered": 40, "num_brackets": 1, "max_epochs": 9}),
    ("median_stopping", {"inner": "tournament", "num_startup": 2, "warmup_epochs": 6, "remembered": 8}),
    ("hpo", {"sampler": "nsga2", "population_size": 10, "remembered": 40}),
    ("hpo", {"sampler": "random", "pruner": "percentile", "remembered": 40}),
    ("hurdles", {"increments": [1, 2, 3, 4], "children_per_hurdle": 4, "population_size": 6, "sample_size": 2}),
)
LONG_RUNS = {"bayesian": 300, "hpo": 300, "reinforce": 300, "ppo": 300}
"""By strategy, where each step learns a model: 300 more results, after 300 that filled whatever it remembers."""
FOR_ONE_SPACE = {("grid", "efficientnet")}
"""Presets that name parameters of a space, which these strings do not have; tested on that space."""
CASES = [
    *((name, {}) for name in strategies),
    *(
        (name, dict(settings))
        for name in strategies
        for preset, settings in strategies.get(name).Config.presets.items()
        if (name, preset) not in FOR_ONE_SPACE
    ),
    *VARIANTS,
]


def maker(name: str, settings: dict[str, Any]) -> Make:
    kind = strategies.get(name)

    def make(setup: SearchSetup) -> Strategy:
        if Parametrised in kind.requires:
            assert isinstance(setup.space, BitStrings)
            setup = replace(setup, space=NamedBitStrings(setup.space.config))
        return kind(kind.Config.parse(settings), setup)

    return make


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{json.dumps(case[1])}" if case[1] else case[0])
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return request.param  # type: ignore[no-any-return]


class TestStrategies(StrategyContract):
    @pytest.fixture
    def make(self, case: tuple[str, dict[str, Any]]) -> Make:
        return maker(*case)

    @pytest.fixture
    def long_run(self, case: tuple[str, dict[str, Any]]) -> int:
        if case[1].get("num_layers") == 10:
            pytest.skip("networks are no part of the state: it is that of the smaller ones")
        if case[1].get("remembered", 0) >= 2_000:
            pytest.skip("remembers more results than are told here: bounded by that setting as the defaults are")
        if case[1].get("stages", 1) > 1:
            pytest.skip("grows when a finer grid begins, at most twice: see tests/nas/strategies/test_grid.py")
        return LONG_RUNS.get(case[0], 900)

    def test_it_declares_itself(self, case: tuple[str, dict[str, Any]]) -> None:
        kind = strategies.get(case[0])
        assert kind.title
        assert kind.summary
        assert kind.source
        for field in kind.Config.model_fields.values():
            assert field.title
            assert field.description


def test_the_same_seed_gives_the_same_sequence_in_another_process(tmp_path: Path) -> None:
    """All cases in one fresh process, with the order of hashes shuffled."""
    here = {json.dumps(case): Driver(maker(*case), toy_setup(seed=7), tmp_path).steps(STEPS).asked for case in CASES}
    script = (
        "import json, pathlib, sys\n"
        "from tests.contracts.strategy_contract import STEPS, Driver, toy_setup\n"
        "from tests.contracts.test_strategies import CASES, maker\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "drive = lambda case: Driver(maker(*case), toy_setup(seed=7), folder).steps(STEPS).asked\n"
        "print(json.dumps({json.dumps(case): drive(case) for case in CASES}))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONHASHSEED": "random"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == here
