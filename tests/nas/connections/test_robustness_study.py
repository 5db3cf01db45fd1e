"""Robustness as a study: with stored weights and without, its pictures, refusals, stopping."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.charts.view_figure import view_figure
from nas.core.errors import InvalidConfig
from nas.core.estimator import EvaluationRequest
from nas.core.study import Study, StudyProgress, StudyRequest
from nas.registry import studies
from nas.studies.robustness import Robustness, RobustnessConfig
from tests.nas.estimators.place import Place
from tests.support.connections import connections_setup

EDGES = {"edges": [[0, 2], [1, 2], [0, 3], [2, 4], [3, 4]]}


def study(**config: Any) -> Robustness:
    return Robustness(RobustnessConfig.parse(config))


def test_it_is_registered_and_keeps_the_contract() -> None:
    assert studies.get("robustness") is Robustness
    assert isinstance(study(), Study)


def test_a_stored_network_is_the_one_that_is_damaged() -> None:
    setup = connections_setup()
    place = Place()
    request = EvaluationRequest(setup.space, setup.problem, EDGES, seed=4, keeps_network=True)
    evaluation = setup.estimator.evaluate(request, place)
    seen: list[StudyProgress] = []
    asked = StudyRequest(setup, EDGES, seed=1, weights=place.saved[-1])
    known = study().run(asked, should_stop=lambda: False, on_progress=seen.append)
    assert known["accuracy"] == evaluation.metrics["accuracy"]
    assert known["is_stored_network"]
    assert len(known["nodes"]["loss"]) == 5 and len(known["edges"]["loss"]) == 5
    assert (seen[-1].done, seen[-1].total) == (10, 10)
    assert json.loads(json.dumps(known, allow_nan=False)) == known
    assert study().run(asked, should_stop=lambda: False, on_progress=seen.append) == known


def test_without_stored_weights_it_trains_first_and_draws_both_pictures() -> None:
    setup = connections_setup("novelty_detection", objectives=("auprc",))
    seen: list[StudyProgress] = []
    request = StudyRequest(setup, EDGES, seed=1)
    known = study(epochs=6).run(request, should_stop=lambda: False, on_progress=seen.append)
    assert [one.stage for one in seen[:6]] == ["Training"] * 6
    assert not known["is_stored_network"]
    assert max(known["nodes"]["loss"]) > 0.1
    shown = [view_figure(view.name, view.title, view.kind, view.data) for view in Robustness.views(known)]
    assert [one.table.facts for one in shown] == [[], []], "the pictures say them"
    nodes, edges = (one.figure["traces"] for one in shown if one.figure is not None)
    assert nodes["removals"]["x"] == [2, 1, 1, 1, 0]
    assert edges["removals"]["text"][0] == "Edge 0 → 2 of stage 1"
    assert sum(known["edges"]["by_degree"]["num"]) == 5
    assert edges["means"]["x"] == [1, 2]
    assert Robustness.views({}) == []


def test_other_searches_are_refused() -> None:
    assert Robustness.refusal(connections_setup(), has_weights=False) is None
    assert Robustness.refusal(connections_setup(space="nasbench201"), has_weights=False) == ""
    with pytest.raises(InvalidConfig, match="no wired nodes"):
        setup = connections_setup(space="nasbench201")
        study().run(StudyRequest(setup, {}, seed=0), should_stop=lambda: False, on_progress=lambda progress: None)
