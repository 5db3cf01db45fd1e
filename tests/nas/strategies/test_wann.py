"""The strategy for weight agnostic networks: its pictures, and what it keeps of the past."""

from __future__ import annotations

from typing import Any

import pytest

from nas.core.errors import InvalidConfig
from nas.core.result import Result, ResultStatus
from nas.registry import strategies
from nas.spaces.wann_config import WannSpaceConfig
from nas.strategies import wann
from nas.strategies.wann import WannConfig, WannSearch
from tests.support.supernets import digits_setup
from tests.support.wann import wann_setup


def facts(reward: float, connections: int, share: int = 1) -> dict[str, Any]:
    best = {"activations": [], "connections": [[0, 65, 1], [connections % 60 + 1, 66, 1]]}
    return {
        "mean_reward": [reward, reward - 1],
        "peak_reward": [reward + 0.5, reward],
        "connections": [connections, connections + 2],
        "hidden": [0, 1],
        "population_size": 2,
        "weights": [-1.0, 1.0],
        "rewards_by_weight": [reward, reward],
        "accuracies_by_weight": [0.4, 0.6],
        "activations": [["sine", share], ["relu", 1]],
        "best": best,
        "best_reward": reward,
        "best_connections": connections,
        "best_hidden": 0,
        "best_levels": 0,
    }


def told(strategy: WannSearch, found: dict[str, Any]) -> None:
    """The next leg comes back with these facts."""
    (proposal,) = strategy.ask(1)
    until = proposal.payload["until_step"]
    payload = {
        "steps": until,
        "candidates": until,
        "facts": found,
        "best": [],
        "emigrants": [],
        "curve": {"step": [], "candidates": []},
    }
    strategy.tell(proposal.id, Result(proposal.id, ResultStatus.COMPLETED, payload=payload))


def search(**settings: Any) -> WannSearch:
    return WannSearch(WannConfig.parse({"num_steps": 400, "steps_per_leg": 2, **settings}), wann_setup())


def views(strategy: WannSearch) -> dict[str, Any]:
    return {view.name: view.data for view in strategy.views()}


def test_its_pictures_show_what_the_islands_brought() -> None:
    strategy = search()
    assert views(strategy) == {}
    told(strategy, facts(-3.0, 10))
    told(strategy, facts(-2.0, 20, share=3))
    shown = views(strategy)
    growth = shown["best_topology"]
    assert growth["step"] == [2, 4]
    assert [growth["genotypes"][place] for place in growth["genotype"]] == [
        facts(-3, 10)["best"],
        facts(-2, 20)["best"],
    ]
    assert growth["facts"][1] == ["Connections", [10, 20]]
    assert shown["shared_weights"] == {"weight": [-1.0, 1.0], "reward": [-2.0, -2.0], "accuracy": [0.4, 0.6]}
    assert shown["topologies"]["connections"] == [20, 22]
    assert shown["activation_shares"]["y"] == ["sine", "relu"]
    assert shown["activation_shares"]["z"] == [[0.5, 0.75], [0.5, 0.25]]


def test_of_several_islands_the_best_is_kept_per_step() -> None:
    strategy = search(num_islands=2)
    told(strategy, facts(-3.0, 10))
    told(strategy, facts(-1.0, 30))
    told(strategy, facts(-0.9, 40))
    told(strategy, facts(-5.0, 50))
    growth = views(strategy)["best_topology"]
    assert growth["step"] == [2, 4]
    assert growth["facts"][0] == ["Mean reward", [-1.0, -0.9]]
    assert set(views(strategy)["topologies"]["island"]) == {1, 2}


def test_the_past_is_thinned_and_its_drawings_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wann, "MOST_CONNECTIONS", 500)
    strategy = search()
    for leg in range(100):
        told(strategy, facts(-5 + leg / 50, 100))
    growth = views(strategy)["best_topology"]
    assert len(growth["step"]) <= wann.MOST_SHOWN
    assert growth["step"] == sorted(set(growth["step"]))
    assert growth["step"][-1] == 200
    assert [place is not None for place in growth["genotype"]].count(True) == 5
    assert growth["genotype"][-1] == 4
    assert None not in growth["facts"][0][1]


def test_what_is_too_large_to_draw_keeps_its_numbers() -> None:
    strategy = search()
    told(strategy, {**facts(-1.0, 5_000), "best": None})
    growth = views(strategy)["best_topology"]
    assert (growth["genotypes"], growth["genotype"]) == ([], [None])
    assert growth["facts"][1] == ["Connections", [5_000]]


def test_other_spaces_are_refused() -> None:
    with pytest.raises(InvalidConfig, match="no networks that share one weight"):
        WannSearch(WannConfig(), digits_setup())


def test_presets_are_settings_of_the_published_code() -> None:
    presets = {name: WannConfig.parse(dict(preset)) for name, preset in WannConfig.presets.items()}
    assert strategies.get("wann") is WannSearch
    big = presets["mnist256"]
    assert (big.population_size, big.num_steps, big.tournament_size, big.cull_share) == (960, 4_096, 32, 0.2)
    assert WannSpaceConfig.parse(dict(WannSpaceConfig.presets["mnist256"])).initial_enabled == 0.05
    swing = presets["swingup"]
    assert (swing.population_size, swing.repeats, swing.num_steps, swing.elite_share) == (192, 3, 1_024, 0.2)
    assert (swing.tournament_size, swing.confirm_repeats, swing.confirm_every) == (8, 20, 8)
    laptop = presets["laptop_swing"]
    assert (laptop.population_size, laptop.repeats, laptop.num_steps, laptop.elite_share) == (64, 3, 1_024, 0.05)
    assert (laptop.tournament_size, laptop.confirm_repeats) == (4, 16)
    plain = presets["published"]
    assert (plain.population_size, plain.repeats, plain.num_steps, plain.tournament_size) == (128, 4, 2_048, 8)
    for each in presets.values():
        assert (each.cull_share, each.simplicity_chance, each.crowding) == (0.2, 0.8, "range")
        assert each.shared_weights == (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
    assert WannSpaceConfig.parse(dict(WannSpaceConfig.presets["swingup"])).initial_enabled == 0.5
