"""The strategy contract over the registry: every strategy with its defaults and with each of its presets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nas.core.parameter import Parametrised
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.registry import strategies
from nas.strategies import controller_search, optuna_study
from nas.strategies.island_search import IslandSearch
from nas.strategies.supernet_search import SupernetSearch
from tests.contracts.strategy_contract import STEPS, LongRun, Make, StrategyContract, alone
from tests.contracts.toys import BitStrings, NamedBitStrings

# Settings that must keep the contract beside the defaults and the presets: (strategy, settings).
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
    ("progressive", {"beam": 2, "first_level": 8}),  # comes to its largest architectures soon
)
_SMALL_POPULATION = {"population_size": 20, "sample_size": 10}
SMALLER: dict[str, dict[str, int]] = {
    "bayesian": {"max_observations": 60, "epochs": 5, "num_layers": 2},
    "asha": {"remembered": 40},
    "bohb": {"remembered": 20, "max_epochs": 9},
    "median_stopping": {"remembered": 10},
    "hpo": {"remembered": 20},
    "reinforce": {"units": 4, "batch_size": 1, "accumulate": 1},
    "ppo": {"units": 4, "batch_size": 1, "accumulate": 1, "epochs": 1},
    "progressive": {"remembered": 60, "beam": 8, "epochs": 5},
    **dict.fromkeys(("aging_evolution", "tournament", "genetic", "nsga2", "hurdles"), _SMALL_POPULATION),
}
"""By strategy what says how much is remembered, or how much work a model is: its bound is looked at with at most so much."""
LIGHTER: dict[str, dict[str, int]] = {
    "bayesian": {"num_candidates": 50, "epochs": 15},
    "hpo": {"num_candidates": 4},
    "reinforce": {"units": 8},
    "ppo": {"units": 8},
    "progressive": {"beam": 64, "epochs": 8},
}
"""By strategy how much work a model is at most: what it promises does not hang on how wide it is or how many it chooses from.
With settings as they are given all cases are compared with another process."""
SHOWN_UPDATES = 50
"""Of a controller, instead of 500: it has settled sooner, and what grows beside them is the greater share."""
MODEL_DRAWS = 4
"""Of TPE before the space itself is drawn from, instead of 20."""
SETTLED: dict[str, int] = {"grid": 330}
"""By strategy the results after which it keeps its size, where that takes more than 200: the third, finest grid begins when
the first two are walked."""
LONG_RUNS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("bayesian", "reinforce", "ppo"), (500, 90)),
    "hpo": (600, 120),
    "progressive": (900, 150),
}
"""Results of the run and of a cycle, by strategy, where each step learns a model: half its run is beyond what it remembers."""
FOR_ONE_SPACE = {("grid", "efficientnet")}
"""Presets that name parameters of a space, which these strings do not have; tested on that space."""
BY_VALUES = ("hpo", "bohb")
"""Strategies that serve both kinds of spaces: defaults and presets search named values, variants decisions."""


def _is_like(one: Any, other: Any) -> bool:
    """Equal, or numbers on the same side of 1: 0, 1 and none may switch something off or on, other amounts do not."""
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in (one, other)):
        return bool(one == other)
    return bool(one == other or min(one, other) > 1 or 0 < min(one, other) <= max(one, other) < 1)


def _kinds_and_others(name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The defaults and each preset that differs from all before it in more than amounts; then the other presets."""
    config = strategies.get(name).Config
    kinds: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for settings in ({}, *(dict(s) for preset, s in config.presets.items() if (name, preset) not in FOR_ONE_SPACE)):
        new = config.parse(settings).model_dump()
        known = [config.parse(kind).model_dump() for kind in kinds]
        is_known = any(all(_is_like(new[key], like[key]) for key in new) for like in known)
        (others if is_known else kinds).append(settings)
    return kinds, others


ONE_BY_ONE = tuple(name for name in strategies if not issubclass(strategies.get(name), SupernetSearch | IslandSearch))
"""Those that evaluate single architectures; the others have test_supernet_strategies.py and test_island_strategies.py."""
CASES = [*((name, kind) for name in ONE_BY_ONE for kind in _kinds_and_others(name)[0]), *VARIANTS]
ALL_CASES = [*CASES, *((name, other) for name in ONE_BY_ONE for other in _kinds_and_others(name)[1])]
"""Also presets that are like another case but for amounts: they are only seen to run, and to run alike in another process."""


def at_most(name: str, settings: dict[str, Any], most: dict[str, int]) -> dict[str, Any]:
    """`settings`, with those amounts lowered that are larger than `most`."""
    config = strategies.get(name).Config.parse(settings)
    return {**settings, **{key: value for key, value in most.items() if getattr(config, key, value) > value}}


def searches_values(name: str, settings: dict[str, Any]) -> bool:
    """Whether the case searches named values, else decisions."""
    return Parametrised in strategies.get(name).requires or (name in BY_VALUES and (name, settings) not in VARIANTS)


def maker(name: str, settings: dict[str, Any], *, by_values: bool | None = None) -> Make:
    """`by_values`: as `searches_values` says of a case whose amounts were lowered."""
    kind = strategies.get(name)
    if by_values is None:
        by_values = searches_values(name, settings)

    def make(setup: SearchSetup) -> Strategy:
        if by_values:
            assert isinstance(setup.space, BitStrings)
            setup = replace(setup, space=NamedBitStrings(setup.space.config))
        return kind(kind.Config.parse(settings), setup)

    return make


@pytest.fixture(
    scope="class", params=CASES, ids=lambda case: f"{case[0]}-{json.dumps(case[1])}" if case[1] else case[0]
)
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return request.param  # type: ignore[no-any-return]


class TestStrategies(StrategyContract):
    @pytest.fixture(scope="class")
    @classmethod
    def make(cls, case: tuple[str, dict[str, Any]]) -> Make:
        name, settings = case
        return maker(name, at_most(name, settings, LIGHTER.get(name, {})), by_values=searches_values(name, settings))

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _few_draws_of_models(cls) -> Iterator[None]:
        """Densities are made for each draw of TPE: those that break a constraint are as many as show that they do not count."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(optuna_study, "MODEL_DRAWS", MODEL_DRAWS)
            yield

    @pytest.fixture
    def long_run(self, case: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> LongRun:
        monkeypatch.setattr(controller_search, "SHOWN_UPDATES", SHOWN_UPDATES)
        name, settings = case
        smaller = at_most(name, settings, {**LIGHTER.get(name, {}), **SMALLER.get(name, {})})
        make = maker(name, smaller, by_values=searches_values(name, settings))
        num_results, cycle = LONG_RUNS.get(name, (1_500, 300))
        return LongRun(make, SETTLED.get(name, 200), num_results, cycle)

    def test_it_goes_on_when_everything_it_knows_is_forbidden(
        self, case: tuple[str, dict[str, Any]], make: Make, tmp_path: Any
    ) -> None:
        if case[0] != "grid":
            super().test_it_goes_on_when_everything_it_knows_is_forbidden(make, tmp_path)
            return
        # A grid ends with its points, of which next to none does without: it says so instead of waiting for ever.
        strategy, _ = self.after_everything_is_forbidden(make, tmp_path)
        assert strategy.done()

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
    here = {json.dumps(case): alone(maker(*case), tmp_path).steps(STEPS).asked for case in ALL_CASES}
    script = (
        "import json, pathlib, sys\n"
        "from tests.contracts.strategy_contract import STEPS, alone\n"
        "from tests.contracts.test_strategies import ALL_CASES, maker\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "drive = lambda case: alone(maker(*case), folder).steps(STEPS).asked\n"
        "print(json.dumps({json.dumps(case): drive(case) for case in ALL_CASES}))\n"
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
