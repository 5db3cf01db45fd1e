"""A population that lives: it gets better, keeps its rules, goes on bit for bit, and takes in others."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidConfig, StateMismatch
from nas.islands.island import IslandPlace, IslandState, Migrant
from nas.problems.cartpole_swingup import CartPoleSwingUp, CartPoleSwingUpConfig
from nas.problems.datasets.libraries import BundledLibrary
from nas.wann import island as wann_island
from nas.wann.island import WannIsland
from nas.wann.island_settings import WannIslandSettings
from nas.wann.ranking import ranked
from tests.support.wann import digits, wann_setup, wann_space

SMALL = {"population_size": 16, "confirm_repeats": 3, "batch_size": 100}


def place(seed: int = 1) -> IslandPlace:
    kept: dict[str, Any] = {}

    def cached(key: str, make: Any) -> Any:
        if key not in kept:
            kept[key] = make()
        return kept[key]

    return IslandPlace(seed, 0, "cpu", cached)


def island(seed: int = 1, space: dict[str, Any] | None = None, **settings: Any) -> WannIsland:
    return WannIsland(WannIslandSettings.parse({**SMALL, **settings}), wann_setup(**(space or {})), place(seed))


def through_storage(state: IslandState) -> IslandState:
    return IslandState(
        json.loads(json.dumps(state.data, sort_keys=True)), {k: v.copy() for k, v in state.arrays.items()}
    )


def facts_of(one: WannIsland) -> str:
    return json.dumps(one.facts(), allow_nan=False)


def test_generations_get_better() -> None:
    one = island(population_size=32)
    first = one.step()
    for _ in range(59):
        last = one.step()
    assert last["best_mean_reward"] > first["best_mean_reward"] + 1
    assert last["mean_accuracy"] > first["mean_accuracy"]
    assert one.num_steps == 60
    assert one.num_candidates == 60 * 32
    assert last["confirmed_reward"] > first["confirmed_reward"]


def test_restored_it_goes_on_bit_for_bit() -> None:
    whole = island()
    curve = [whole.step() for _ in range(12)]
    cut = island()
    for done in range(12):
        again = island()
        again.restore(through_storage(cut.state()))
        assert facts_of(again) == facts_of(cut)
        cut = again
        assert cut.step() == curve[done]
    assert facts_of(cut) == facts_of(whole)
    assert cut.best(5) == whole.best(5)
    assert (cut.num_steps, cut.num_candidates) == (whole.num_steps, whole.num_candidates)


def test_another_seed_lives_another_life() -> None:
    assert [island(1).step()] != [island(2).step()]


def test_a_state_of_other_settings_or_another_space_is_refused() -> None:
    one = island()
    one.step()
    state = through_storage(one.state())
    with pytest.raises(StateMismatch):
        island(elite_share=0.3).restore(state)
    with pytest.raises(StateMismatch):
        island(space={"max_hidden": 100}).restore(state)
    with pytest.raises(StateMismatch):
        island().restore(IslandState(state.data, {**state.arrays, "sources": state.arrays["sources"][1:]}))
    with pytest.raises(StateMismatch):
        island().restore(IslandState({}, {}))


def test_bests_are_different_networks_of_the_space() -> None:
    one = island()
    assert one.best(3)
    for _ in range(5):
        one.step()
    space = wann_space()
    found = one.best(6)
    assert len({space.canonical(genotype) for genotype in found}) == len(found) == 6
    assert all(space.validate(genotype) == genotype for genotype in found)


def test_facts_say_what_the_last_generation_was() -> None:
    one = island(population_size=20)
    assert one.facts()["mean_reward"] == []
    metrics = [one.step() for _ in range(9)][-1]
    facts = one.facts()
    assert len(facts["mean_reward"]) == len(facts["connections"]) == 20
    assert max(facts["mean_reward"]) == pytest.approx(metrics["best_mean_reward"], rel=1e-4)
    assert np.mean(facts["rewards_by_weight"]) == pytest.approx(metrics["best_mean_reward"], rel=1e-4)
    assert np.mean(facts["accuracies_by_weight"]) == pytest.approx(metrics["mean_accuracy"], rel=1e-4)
    space = wann_space()
    assert space.canonical(facts["best"]) == space.canonical(one.best(1)[0])
    assert space.cost(facts["best"], (1, 8, 8), 10).params == facts["best_connections"]


def test_facts_of_large_populations_stay_small() -> None:
    one = island(space={"initial_enabled": 1.0, "num_outputs": 10}, population_size=1_200, batch_size=20)
    one.step()
    facts = facts_of(one)
    assert len(facts) < 50_000
    assert len(one.facts()["mean_reward"]) <= 500


def test_elites_live_on_and_the_culled_have_no_children() -> None:
    """Of ten nine are culled: the one that is left lives on, and all others are its children."""
    one = island(elite_share=1.0, cull_share=0.9, population_size=10)
    before = [genome.as_genotype() for genome in one._population]
    one.step()
    elite, *children = one._population
    assert elite.as_genotype() in before
    for child in children:
        if child.num_hidden == 0:  # nothing inserted: the connections there are, one of them switched on at most
            assert child.sources.tolist() == elite.sources.tolist()
            assert np.count_nonzero(child.is_enabled != elite.is_enabled) <= 1
        else:
            assert child.num_hidden == 1
            assert len(child.sources) == len(elite.sources) + 2
            assert child.num_enabled == elite.num_enabled + 1
    assert {child.num_hidden for child in children} == {0, 1}


def test_elites_are_a_share_of_those_that_are_not_culled() -> None:
    """Of twenty four are culled; a fifth of the sixteen that are left are three."""
    one = island(population_size=20)
    one.step()
    assert len(one.emigrants(20, np.random.default_rng(0))) == 3


def test_the_peak_is_the_best_of_the_shared_weights() -> None:
    one = island(population_size=20)
    metrics = one.step()
    facts = one.facts()
    best = int(np.argmax(facts["mean_reward"]))
    assert facts["peak_reward"][best] == pytest.approx(max(facts["rewards_by_weight"]))
    assert metrics["best_peak_reward"] == pytest.approx(max(facts["peak_reward"]), rel=1e-4)


@pytest.mark.parametrize(("chance", "low", "high"), [(0.0, 0, 0), (0.8, 36, 58), (1.0, 60, 60)])
def test_so_often_few_connections_count_and_else_the_peak(
    monkeypatch: pytest.MonkeyPatch, chance: float, low: int, high: int
) -> None:
    one = island(population_size=4, batch_size=10, confirm_repeats=1, simplicity_chance=chance)
    seen: list[bool] = []

    def watched(means: Any, seconds: Any, crowding: Any) -> Any:
        connections = np.array([genome.num_enabled for genome in one._population])
        seen.append(bool(np.allclose(seconds, 1 / connections)))
        assert seen[-1] or (seconds >= means).all()
        return ranked(means, seconds, crowding)

    monkeypatch.setattr(wann_island, "ranked", watched)
    for _ in range(60):
        one.step()
    assert low <= sum(seen) <= high


def test_every_generation_has_conditions_of_its_own_and_all_of_it_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    one = island(population_size=4, batch_size=10, confirm_every=1_000, confirm_repeats=1)
    asked: list[tuple[int, int]] = []
    judged = one._judge.judged

    def watched(genomes: Any, weights: Any, *, repeats: int, seed: int) -> Any:
        asked.append((len(genomes), seed))
        return judged(genomes, weights, repeats=repeats, seed=seed)

    monkeypatch.setattr(one._judge, "judged", watched)
    for _ in range(20):
        one.step()
    seeds = [seed for number, seed in asked if number == 4]
    assert len(seeds) == 20
    assert len(set(seeds)) > 15
    assert 0 <= min(seeds) <= max(seeds) < 1_000


def test_a_new_best_must_do_better_under_the_conditions_that_confirm() -> None:
    one = island(population_size=8, confirm_every=1, confirm_repeats=2)
    confirmed = [one.step()["confirmed_reward"] for _ in range(25)]
    assert confirmed == sorted(confirmed)
    assert 2 < len(set(confirmed)) < 25


def test_migrants_are_elites_and_take_the_places_of_children() -> None:
    home, away = island(1), island(2)
    assert home.emigrants(4, np.random.default_rng(0)) == []
    home.step()
    away.step()
    sent = home.emigrants(2, np.random.default_rng(0))
    assert [migrant.genotype for migrant in sent] == [genome.as_genotype() for genome in home._population[:2]]
    assert sent[0].score == pytest.approx(home.facts()["mean_reward"][0], rel=1e-4)
    elite = away._population[0].as_genotype()
    away.immigrate([Migrant.from_json(json.loads(json.dumps(one.as_json()))) for one in sent], np.random.default_rng(0))
    assert away._population[0].as_genotype() == elite
    assert [away._population[-1].as_genotype(), away._population[-2].as_genotype()] == [one.genotype for one in sent]
    away.step()


def test_it_learns_to_act_as_well() -> None:
    problem = CartPoleSwingUp(CartPoleSwingUpConfig.parse({"variant": "hard", "steps": 30}), BundledLibrary())
    setup = wann_setup(problem, objective="mean_return", num_inputs=5, num_outputs=1)
    one = WannIsland(
        WannIslandSettings.parse({"population_size": 8, "repeats": 2, "confirm_repeats": 2}), setup, place()
    )
    metrics = [one.step() for _ in range(3)][-1]
    assert "mean_accuracy" not in metrics
    assert all(np.isfinite(value) for value in metrics.values())
    assert one.facts()["accuracies_by_weight"] == []


def test_a_space_of_another_size_is_refused_with_the_right_number() -> None:
    with pytest.raises(InvalidConfig) as refusal:
        wann_setup(digits(), num_inputs=63)
    assert refusal.value.errors[0].field == "space.num_inputs"
    assert "must be 64" in refusal.value.errors[0].message
    with pytest.raises(InvalidConfig) as refusal:
        wann_setup(digits(), num_outputs=7)
    assert refusal.value.errors[0].field == "space.num_outputs"
    assert "must be 10" in refusal.value.errors[0].message


@pytest.mark.parametrize("weights", [[1.0, 1.0], [], [200.0]])
def test_shared_weights_are_checked(weights: list[float]) -> None:
    with pytest.raises(InvalidConfig):
        WannIslandSettings.parse({"shared_weights": weights})


def test_bests_are_confirmed_under_conditions_that_no_generation_has(monkeypatch: pytest.MonkeyPatch) -> None:
    one = island(repeats=100, confirm_every=2, population_size=4, batch_size=10)
    asked: list[tuple[int, range]] = []
    judged = one._judge.judged

    def watched(genomes: Any, weights: Any, *, repeats: int, seed: int) -> Any:
        asked.append((len(genomes), range(seed, seed + repeats)))
        return judged(genomes, weights, repeats=1, seed=seed)

    monkeypatch.setattr(one._judge, "judged", watched)
    for _ in range(4):
        one.step()
    assert [number for number, _ in asked] == [4, 1, 4, 4, 1, 4]
    confirming = [set(seeds) for number, seeds in asked if number == 1]
    assert confirming[0] == confirming[1]
    assert max(max(seeds) for number, seeds in asked if number == 4) < min(confirming[0])
