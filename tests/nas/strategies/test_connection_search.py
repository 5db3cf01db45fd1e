"""The search for connections from the control side: what it refuses, remembers and shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nas.core.errors import InvalidConfig
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.strategies.connection_search import MOST_SHOWN, ConnectionSearch, ConnectionSearchConfig
from nas.strategies.island_search import EVOLVE
from tests.support.connections import connections_setup


def make(**settings: Any) -> ConnectionSearch:
    return ConnectionSearch(ConnectionSearchConfig.parse(settings), connections_setup())


def leg_of(step: int, score: float, edges: list[list[int]]) -> dict[str, Any]:
    """What an island's leg comes to."""
    size = 6
    return {
        "steps": step,
        "candidates": 10 * step,
        "best": [{"edges": edges}],
        "emigrants": [],
        "curve": {"step": [step], "candidates": [10 * step], "accuracy": [score]},
        "facts": {
            "best": {"genotype": {"edges": edges}, "score": score, "metrics": {"accuracy": score}},
            "matrix": [[int([i, j] in edges) for j in range(size)] for i in range(size)],
            "front": [[score, len(edges)], [0.1, 1]],
            "degrees": {end: {"histogram": [[1, 2]]} for end in ("in", "out")},
            "paths": {
                "depth": 3,
                "width": 1,
                "total_paths": "1",
                "num_paths": [{"length": 3, "count": "1"}],
                "mean_length": 3.0,
                "std_length": 0.0,
            },
        },
    }


def next_leg(search: ConnectionSearch) -> Proposal:
    while True:
        (proposal,) = search.ask(1)
        if proposal.kind == EVOLVE:
            return proposal
        search.tell(proposal.id, Result(proposal.id, ResultStatus.COMPLETED, metrics={"accuracy": 0.5, "params": 9}))


def test_the_best_of_all_islands_is_remembered_after_each_leg_and_old_ones_thin_out() -> None:
    search = make(num_steps=60, steps_per_leg=1, num_islands=2)
    for step in range(1, 31):
        for island in (0, 1):
            leg = next_leg(search)
            assert leg.payload["number"] == island
            score = step / 100 + (0.005 if island == 0 else 0)
            payload = leg_of(step, score, [[0, 1], [1, 2 + island]])
            search.tell(leg.id, Result(leg.id, ResultStatus.COMPLETED, payload=payload))
    views = {view.name: view for view in search.views()}
    growth = views["best_connections"].data
    assert len(growth["step"]) <= MOST_SHOWN and growth["step"][-1] == 30
    assert growth["step"] == sorted(set(growth["step"]))
    assert growth["facts"][0] == ["Accuracy", [step / 100 + 0.005 for step in growth["step"]]]  # island 1 was better
    assert {json.dumps(genotype) for genotype in growth["genotypes"]} == {'{"edges": [[0, 1], [1, 2]]}'}
    assert views["connection_matrix"].data["z"][1][2] == 1
    assert max(views["edge_fronts"].data["generation"]) == 30
    assert views["structure"].data["total_paths"] == "1"
    again = make(num_steps=60, steps_per_leg=1, num_islands=2)
    again.load_state_dict(search.state_dict())
    assert [view.as_json() for view in again.views()] == [view.as_json() for view in search.views()]


def test_before_the_first_leg_there_is_no_picture_of_connections() -> None:
    assert make().views() == []


def test_every_preset_is_a_search() -> None:
    for name, settings in ConnectionSearchConfig.presets.items():
        assert next_leg(make(**settings)).payload["island"] == "connections", name


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"space": "random_wiring"}, "space"),
        ({"objectives": ("params",)}, "objectives"),
    ],
)
def test_what_it_cannot_search_is_refused_before_anything_runs(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        ConnectionSearch(ConnectionSearchConfig.parse({}), connections_setup(**changed))
    assert refusal.value.errors[0].field == field
