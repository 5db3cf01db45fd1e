"""Pictures of shared trainings: pure functions of the epochs' facts, bounded, and right in their numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from nas.core.proposal import Genotype
from nas.core.space import Row
from nas.core.view import View
from nas.strategies.shared_scores import MOST_SCORES, SharedScore, SharedScores
from nas.strategies.supernet_history import History
from nas.strategies.supernet_views import MOST_CANDIDATES, MOST_POINTS, Finalist, supernet_views

ROWS = (Row("normal.0", "normal", ("skip_connect", "conv")), Row("reduce.0", "reduce", ("none", "conv")))


def path_of(genotype: Genotype) -> Sequence[int]:
    return [int(option) for option in genotype["path"]]


def epoch(number: int, first: float, path: str | None = "01", **more: Any) -> dict[str, Any]:
    """In the first row the skip connection has probability `first`; the second row is sure."""
    data = {"probabilities": [[first, 1 - first], [0.0, 1.0]], **more.pop("data", {})}
    genotype = None if path is None else {"path": path}
    return {"epoch": number, "metrics": {"train_loss": 2.0 / number, **more}, "data": data, "genotype": genotype}


def views(*epochs: dict[str, Any], **more: Any) -> dict[str, View]:
    history = History()
    for facts in epochs:
        history.add(facts)
    found = supernet_views(history, ROWS, path_of, **more)
    json.dumps([view.as_json() for view in found], allow_nan=False)
    assert len({view.name for view in found}) == len(found)
    return {view.name: view for view in found}


def test_before_the_first_epoch_there_is_nothing_and_then_what_is_to_come() -> None:
    assert views() == {}
    bare = {"epoch": 1, "metrics": {"train_loss": 2.0}, "data": {}, "genotype": None}
    first = views(bare)
    assert list(first) == ["supernet_curves", "rank_correlation"]
    assert first["supernet_curves"].data == {"epoch": [1], "train_loss": [2.0]}
    assert first["rank_correlation"].data["num_pairs"] == 0
    assert list(views(bare, has_finalists=False)) == ["supernet_curves"]


def test_the_heat_map_has_each_derived_architecture_once_and_what_was_given_up() -> None:
    facts = [epoch(1, 0.5, "01"), epoch(2, 0.9, "01"), epoch(3, 0.123456, "11", data={"pruned": [[0, 0]]})]
    data = views(*facts)["choices"].data
    assert data["row"] == ["normal.0", "reduce.0"]
    assert data["options"][0] == ["skip_connect", "conv"]
    assert [p[0][0] for p in data["probabilities"]] == [0.5, 0.9, 0.1235]
    assert data["chosen"] == [[0, 1], [0, 1], [1, 1]]
    assert data["genotypes"] == [{"path": "01"}, {"path": "11"}]
    assert data["genotype"] == [0, 0, 1]
    assert data["pruned"] == [[], [], [[0, 0]]]


def test_how_decided_the_choices_are() -> None:
    data = views(epoch(1, 0.5, "01"), epoch(2, 0.5, "01"), epoch(3, 1.0, "11"))["decisiveness"].data
    assert data["group"] == ["normal", "reduce"]
    assert data["entropy"] == [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert data["lead"] == [[0.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    assert data["skip_share"] == [[1.0, 1.0, 0.0], [None, None, None]]  # the second group cannot skip
    assert data["changed"] == [None, 0, 1]


def test_without_a_derived_architecture_the_leading_options_stand_for_it() -> None:
    data = views(epoch(1, 0.9, None), epoch(2, 0.1, None))
    assert data["choices"].data["chosen"] == [[0, 1], [1, 1]]
    assert data["choices"].data["genotype"] == [None, None]
    assert data["decisiveness"].data["changed"] == [None, 1]


def test_what_is_expected_stands_beside_what_it_buys() -> None:
    facts = epoch(1, 0.5, data={"expected": {"macs": 9.0, "latency_ms": 3.0}, "chosen_cost": {"latency_ms": 2.0}})
    facts["metrics"]["shared_accuracy"] = 0.4
    data = views(facts, cost="latency_ms")["expected_cost"].data
    assert (data["metric"], data["expected"], data["chosen"]) == ("latency_ms", [3.0], [2.0])
    assert (data["accuracy"], data["loss"]) == ([0.4], [2.0])
    assert views(facts, cost="params")["expected_cost"].data["metric"] == "macs"
    assert "expected_cost" not in views(epoch(1, 0.5))


def test_counts_and_memory_are_those_of_the_last_epoch_that_has_them() -> None:
    facts = [epoch(1, 0.5, data={"counts": [[1, 2], [3, 4]], "memory": {"one_path": 5}}), epoch(2, 0.5)]
    found = views(*facts)
    assert found["trained_options"].data == {
        "epoch": 1,
        "row": ["normal.0", "normal.0", "reduce.0", "reduce.0"],
        "option": ["skip_connect", "conv", "none", "conv"],
        "count": [1, 2, 3, 4],
    }
    assert found["supernet_memory"].data == {"step": ["one_path"], "bytes": [5]}


def score(number: int, accuracy: float, cost: float | None) -> SharedScore:
    return SharedScore(number // 4, number % 4, f"form{number}", accuracy, cost, number // 8)


def test_the_shared_front_stays_in_the_picture_however_many_are_scored() -> None:
    first = score(0, 0.99, 1.0)
    others = [score(n, 0.5 + n * 1e-5, 10.0 + n) for n in range(1, 2 * MOST_CANDIDATES)]
    data = views(epoch(1, 0.5), scores=[first, score(5000, 0.7, None), *others])["shared_candidates"].data
    assert len(data["id"]) == MOST_CANDIDATES + 1
    assert data["num_scored"] == 2 * MOST_CANDIDATES
    assert data["on_front"] == [True] + [False] * MOST_CANDIDATES
    assert (data["id"][0], data["serial"][0]) == (0, 0)
    assert (data["id"][-1], data["serial"][-1]) == ((2 * MOST_CANDIDATES - 1) // 4, 3)


def test_ranks_are_compared_over_those_that_have_both_scores() -> None:
    pairs = [Finalist(4, 0.9, 0.6), Finalist(5, 0.8, 0.5), Finalist(6, 0.7, 0.55), Finalist(7, 0.99, None)]
    data = views(epoch(1, 0.5), finalists=pairs)["rank_correlation"].data
    assert data["id"] == [4, 5, 6]
    assert data["num_pairs"] == 3
    assert data["kendall_tau"] == pytest.approx(1 / 3)
    assert views(epoch(1, 0.5), finalists=pairs[:1])["rank_correlation"].data["kendall_tau"] is None


def test_a_long_training_is_thinned_and_keeps_its_ends() -> None:
    facts = [epoch(number, 0.5) for number in range(1, 101)]
    shown = views(*facts)["supernet_curves"].data["epoch"]
    assert len(shown) == MOST_POINTS
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (1, 100)


def test_of_very_many_scores_the_worst_are_forgotten_and_the_latest_counts() -> None:
    scores = SharedScores()
    for number in range(MOST_SCORES + 50):
        scores.add(SharedScore(number, 0, f"form{number}", number / 2000, None, None))
    assert len(scores) == MOST_SCORES
    assert scores.of("form49") is None
    assert scores.of("form50") == 0.025
    scores.add(SharedScore(7, 1, "form50", 0.9, None, None))
    assert (scores.of("form50"), len(scores)) == (0.9, MOST_SCORES)
    again = SharedScores.from_json(json.loads(json.dumps(scores.as_json())))
    assert again.all() == scores.all()
