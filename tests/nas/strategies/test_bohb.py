"""BOHB: what its densities are made of, from which length, and that they find what is good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.strategies.bohb import Bohb, BohbConfig
from nas.strategies.density_draws import DensityConfig, DensityDraws
from tests.contracts.strategy_contract import Driver
from tests.contracts.toys import BitsConfig, OnesConfig, toy_setup
from tests.nas.strategies.parametrised import Knobs, Quality, quality
from tests.nas.strategies.races import inner_state, one, tell


def knobs(*, seed: int = 0, **chosen: Any) -> SearchSetup:
    return toy_setup(seed=seed, space=Knobs(BitsConfig()), estimator=Quality(OnesConfig()), **chosen)


def draws(setup: SearchSetup | None = None, **settings: Any) -> DensityDraws:
    return DensityDraws(DensityConfig.parse({"random_share": 0.0, **settings}), setup or knobs())


def fill(model: DensityDraws, num: int, epochs: int, *, seed: int = 1) -> None:
    rng = Generator(PCG64(seed))
    for _ in range(num):
        genotype = model.setup.space.sample(rng)
        model.observe(genotype, epochs, {"accuracy": quality(genotype)})


def operators(model: DensityDraws, num: int) -> set[str]:
    return {proposal.operator for proposal in model.ask(num)}


def test_a_model_needs_two_more_points_than_axes() -> None:
    """Six parameters: eight results at one length, not eight at two."""
    model = draws()
    fill(model, 7, 1)
    fill(model, 7, 3, seed=2)
    assert operators(model, 10) == {"random"}
    fill(model, 1, 1, seed=3)
    assert operators(model, 10) == {"model"}


def test_the_longest_training_with_enough_results_counts() -> None:
    """At 9 epochs depth 12 is best, at 27 depth 2: as soon as that is known it leads."""
    model = draws(min_bandwidth=0.01)
    rng = Generator(PCG64(1))
    chosen = {}
    for epochs, best in ((9, 12), (27, 2)):
        for _ in range(40):
            genotype = model.setup.space.sample(rng)
            model.observe(genotype, epochs, {"accuracy": 1.0 - abs(genotype["depth"] - best) / 20})
        proposals = model.ask(60)
        chosen[epochs] = np.mean([(p.genotype or {})["depth"] for p in proposals])
    assert chosen[9] > 9
    assert chosen[27] < 5


def test_the_best_fifteen_per_cent_against_the_others_each_at_least_one_more_than_axes() -> None:
    model = draws(remembered=100)
    fill(model, 100, 1)
    names = ["depth", "flag", "momentum", "optimiser", "rate", "width"]
    fitted = model._model(Generator(PCG64(0)))
    assert fitted is not None
    axes, good, bad = fitted
    assert [axis.name for axis in axes] == names
    assert (len(good.points), len(bad.points)) == (15, 85)
    few = draws()
    fill(few, 8, 1)
    fitted = few._model(Generator(PCG64(0)))
    assert fitted is not None
    assert (len(fitted[1].points), len(fitted[2].points)) == (7, 7)  # of eight: they overlap


def test_failed_trainings_are_the_worst() -> None:
    model = draws()
    rng = Generator(PCG64(5))
    for place in range(16):
        genotype = {**model.setup.space.sample(rng), "rate": 0.09 if place % 2 else 0.0002}
        model.observe(genotype, 1, None if place % 2 else {"accuracy": 0.01})
    fitted = model._model(rng)
    assert fitted is not None
    rates = fitted[1].points[:, 4]
    assert len(rates) == 7
    assert rates.max() < 0.2  # none of those that failed


def test_a_third_is_random() -> None:
    model = draws(random_share=1 / 3)
    fill(model, 30, 1)
    drawn = [proposal.operator for proposal in model.ask(300)]
    assert drawn.count("random") == pytest.approx(100, abs=25)


def test_what_is_good_is_not_forgotten() -> None:
    model = draws(remembered=20)
    best = {"rate": 0.01, "depth": 8, "width": 64, "optimiser": "sgd", "momentum": 0.9, "flag": True}
    model.observe(best, 1, {"accuracy": 1.0})
    fill(model, 100, 1)
    seen = model.state_dict().data["own"]["seen"][0]
    assert len(seen["metrics"]) == 20
    assert {"accuracy": 1.0} in seen["metrics"]


def test_brackets_are_those_of_hyperband_and_teach_the_model(tmp_path: Path) -> None:
    setup = knobs(seed=3)
    race = Bohb(BohbConfig.parse({"max_epochs": 9}), setup)
    first = race.ask(9)
    assert {p.fidelity["epochs"] for p in first} == {1}
    assert {p.operator for p in first} == {"random"}
    for proposal in first:
        tell(race, proposal, quality(proposal.genotype or {}))
    assert [one(race).operator for _ in range(3)] == ["promote"] * 3
    assert "model" in {p.operator for p in race.ask(4)}  # nine results at one epoch are enough for six axes


def test_a_result_teaches_the_model_of_its_own_length() -> None:
    race = Bohb(BohbConfig.parse({"max_epochs": 9}), knobs(seed=3))
    for proposal in race.ask(9):
        tell(race, proposal, quality(proposal.genotype or {}))
    for num_trained in (3, 1):
        for proposal in [one(race) for _ in range(num_trained)]:
            tell(race, proposal, quality(proposal.genotype or {}))
    own = inner_state(race.state_dict())["own"]
    assert [(seen["epochs"], len(seen["metrics"])) for seen in own["seen"]] == [(1, 9), (3, 3), (9, 1)]


def test_it_finds_better_ones_than_chance(tmp_path: Path) -> None:
    """After 150 trials the newcomers of BOHB are far above random ones."""
    found, chance = [], []
    for seed in range(3):
        setup = knobs(seed=seed)
        driver = Driver(lambda s: Bohb(BohbConfig.parse({"max_epochs": 9}), s), setup, tmp_path).steps(150)
        proposals = [Proposal.from_json(p) for p in driver.asked[75:]]
        found += [quality(p.genotype or {}) for p in proposals if p.operator == "model"]
        rng = Generator(PCG64(seed))
        chance += [quality(setup.space.sample(rng)) for _ in range(200)]
    assert np.mean(found) > np.mean(chance) + 0.15


def test_sequences_of_decisions_serve_as_well(tmp_path: Path) -> None:
    race = Bohb(BohbConfig.parse({"max_epochs": 9, "random_share": 0}), toy_setup(num_bits=6))
    driver = Driver(lambda _: race, toy_setup(num_bits=6), tmp_path).steps(120)
    late = [p["genotype"]["bits"].count("1") for p in driver.asked[60:] if p["operator"] == "model"]
    assert np.mean(late) > 4
