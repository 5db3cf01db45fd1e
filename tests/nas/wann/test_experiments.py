"""Experiment plans: every arm on a small problem, stops that change nothing, what a table says."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from nas.core.errors import Interrupted, InvalidConfig, StateMismatch
from nas.core.study import Study, StudyProgress, StudyRequest
from nas.problems.cartpole_swingup import CartPoleSwingUp, CartPoleSwingUpConfig
from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.image_classification import ImageClassification, ImageClassificationConfig
from nas.problems.novelty_detection import NoveltyDetection, NoveltyDetectionConfig
from nas.studies.wann_experiments import WannExperiments
from nas.wann.activations import ACTIVATION_IDS
from nas.wann.experiment_arms import DENSE_WIDTHS
from nas.wann.experiment_plan import ARMS, ExperimentPlanConfig
from nas.wann.experiment_results import Cell, PlanState
from nas.wann.experiments import run_plan
from nas.wann.topology import Topology
from nas.wann.tuning.dense import Dense, covering_width, dense_params, nearest_width
from nas.wann.tuning.examples_ground import ExamplesGround
from nas.wann.tuning.shared import tuned_shared
from tests.nas.wann.plain import drawn

SMALL = {
    "num_seeds": 2,
    "budget": 300,
    "random_draws": 20,
    "search_population": 8,
    "search_generations": 3,
    "population": 20,
}


def rng_of(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.fixture(scope="module")
def digits() -> ImageClassification:
    return ImageClassification(ImageClassificationConfig(max_examples=200), BundledLibrary())


@pytest.fixture(scope="module")
def swing() -> CartPoleSwingUp:
    return CartPoleSwingUp(CartPoleSwingUpConfig(steps=60), None)


@pytest.fixture(scope="module")
def genotype() -> dict[str, Any]:
    """Inputs reach every output, some by way of saturating nodes."""
    return drawn(rng_of(3), 64, 10, num_hidden=12, density=0.2)


@pytest.fixture(scope="module")
def state(digits: ImageClassification, genotype: dict[str, Any]) -> PlanState:
    return run_plan(digits, genotype, ExperimentPlanConfig(**SMALL), seed=4)


def test_all_arms_have_a_row(state: PlanState, genotype: dict[str, Any]) -> None:
    rows = {row.arm: row for row in state.rows()}
    assert list(rows) == list(ARMS)
    num = Topology.of(genotype, 64, 10).num_connections
    for arm, row in rows.items():
        assert 0 <= row.test_mean <= 1
        assert 0 <= row.validation_mean <= 1
        assert row.number == (2 if ARMS[arm].per_seed else 20 if arm.startswith("random") else 1)
        assert (row.test_deviation is None) == (row.number == 1)
    for arm in ("backprop", "reinforce", "cma_es", "relu_wiring", "dense_exact"):
        assert rows[arm].params == rows[arm].connections == num
    for arm in ("random_shared", "ensemble", "tuned_shared", "search_all"):
        assert rows[arm].params == 1
    assert abs(rows["dense_nearest"].params - num) <= 75 / 2
    for arm in ("backprop", "reinforce", "cma_es", "relu_wiring", "dense_nearest"):
        assert 270 < rows[arm].evaluations <= 300
    assert {rows[arm].evaluations for arm in ("search_all", "search_relu", "search_no_vanishing")} == {24}
    assert rows["backprop"].test_mean > rows["tuned_shared"].test_mean
    assert rows["tuned_shared"].validation_mean >= rows["random_shared"].validation_mean - 0.05


def test_searches_use_the_activations_they_are_given(state: PlanState) -> None:
    given = {arm: state.of(arm)[0].details for arm in ("search_all", "search_relu", "search_no_vanishing")}
    assert given["search_relu"]["activations"] == ["relu"]
    assert not set(given["search_no_vanishing"]["activations"]) & {"step", "gaussian", "tanh", "sigmoid"}
    assert {"gaussian", "tanh", "sigmoid"} <= set(given["search_all"]["activations"])
    for details in given.values():
        ids = {ACTIVATION_IDS[name] for name in details["activations"]}
        assert set(details["genotype"]["activations"]) <= ids


def test_tunings_begin_at_the_tuned_shared_weight(digits: ImageClassification, genotype: dict[str, Any]) -> None:
    """With hardly any spread the first vectors score what that weight scores, and the ensemble is of the six search weights."""
    arms = ["ensemble", "tuned_shared", "backprop", "reinforce", "cma_es"]
    plan = {**SMALL, "num_seeds": 1, "arms": arms, "sigma": 1e-6}
    found = run_plan(digits, genotype, ExperimentPlanConfig(**plan), seed=4)
    shared = found.of("tuned_shared")[0].details["shared_weight"]
    ground = ExamplesGround(Topology.of(genotype, 64, 10), digits.splits(), torch.device("cpu"), 256)
    at_shared = ground.scores(np.full((1, ground.num_weights), shared), ground.turn(rng_of(0)))[0]  # all there are
    assert abs(at_shared - np.log(0.1)) > 0.01
    for arm in ("backprop", "reinforce", "cma_es"):
        assert found.of(arm)[0].curve[0][1] == pytest.approx(at_shared, rel=1e-3)


def test_an_ensemble_is_of_the_six_search_weights_and_one_wiring_is_tried_with_relu_alone(
    digits: ImageClassification, genotype: dict[str, Any]
) -> None:
    plan = {**SMALL, "num_seeds": 1, "arms": ["ensemble", "backprop", "relu_wiring"]}
    found = run_plan(digits, genotype, ExperimentPlanConfig(**plan), seed=4)
    plain, relu = (
        ExamplesGround(Topology.of(each, 64, 10), digits.splits(), torch.device("cpu"), 256)
        for each in (genotype, {**genotype, "activations": [9] * len(genotype["activations"])})
    )
    (ensemble,) = found.of("ensemble")
    parts = ("test", "validation")
    six = [plain.ensemble(np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]), part) for part in parts]  # type: ignore[arg-type]
    assert [ensemble.test, ensemble.validation] == six
    assert six != [plain.ensemble(np.array([1.0]), part) for part in parts]  # type: ignore[arg-type]
    (cell,), (own,) = found.of("relu_wiring"), found.of("backprop")
    shared = tuned_shared(relu)
    assert cell.details["shared_weight"] == shared != own.details["shared_weight"] == tuned_shared(plain)
    at_shared = relu.scores(np.full((1, relu.num_weights), shared), relu.turn(rng_of(0)))[0]
    assert cell.curve[0][1] == pytest.approx(at_shared, rel=1e-3)


def test_what_vanishes_can_be_measured(digits: ImageClassification, genotype: dict[str, Any]) -> None:
    plan = {**SMALL, "num_seeds": 1, "arms": ["backprop", "search_no_vanishing"], "vanishing": "measured"}
    found = run_plan(digits, genotype, ExperimentPlanConfig(**plan), seed=4)
    slopes = {row["name"]: row["gain"] for row in found.diagnostics["gains_trained"]["activations"]}
    allowed = set(found.of("search_no_vanishing")[0].details["activations"])
    small = {name for name, gain in slopes.items() if gain < 0.25}
    assert small
    assert set(slopes) - small <= allowed
    assert not allowed & small


def test_a_dense_network_is_as_large_as_it_takes(state: PlanState) -> None:
    for seed, cell in enumerate(state.of("dense_needed")):
        best = max(state.of(arm)[seed].validation for arm in ("backprop", "reinforce", "cma_es"))
        assert cell.details["target"] == best
        assert cell.details["is_reached"] == (cell.validation >= best)
        assert cell.params == dense_params(64, cell.details["width"], 10)
        assert cell.details["is_reached"] or cell.details["width"] == max(DENSE_WIDTHS)  # none is left to try


def test_a_plan_that_was_stopped_everywhere_ends_as_one_that_was_not(
    digits: ImageClassification, genotype: dict[str, Any]
) -> None:
    arms = ["tuned_shared", "backprop", "reinforce", "search_relu", "dense_needed"]
    config = ExperimentPlanConfig(**{**SMALL, "arms": arms})
    whole = run_plan(digits, genotype, config, seed=4)
    stored: Mapping[str, Any] | None = None
    attempts = 0
    while attempts < 100:
        attempts += 1
        last: list[StudyProgress] = []
        try:
            # After the first piece it stops in the middle of the second.
            known = None if stored is None else PlanState.from_json(json.loads(json.dumps(stored)))
            began = 0 if known is None else len(known.cells)
            pieced = run_plan(
                digits,
                genotype,
                config,
                seed=4,
                known=known,
                should_stop=lambda last=last, began=began: last[-1].done > began,
                on_progress=last.append,
            )
            break
        except Interrupted:
            stored = last[-1].known
    assert attempts == 9
    assert json.dumps(pieced.as_json()) == json.dumps(whole.as_json())


def test_results_of_another_plan_are_not_gone_on_with(digits: ImageClassification, genotype: dict[str, Any]) -> None:
    config = ExperimentPlanConfig(**{**SMALL, "arms": ["ensemble"]})
    known = PlanState("another", {"ensemble:0": Cell(1.0, 1.0, 1, 1, 1)})
    found = run_plan(digits, genotype, config, seed=4, known=known)
    assert found.of("ensemble")[0].test < 1
    assert run_plan(digits, genotype, config, seed=5, known=found).key != found.key


def test_networks_that_act_have_arms_of_their_own(swing: CartPoleSwingUp) -> None:
    found = run_plan(swing, drawn(rng_of(1), 5, 1, 6), ExperimentPlanConfig(**{**SMALL, "num_seeds": 1}), seed=0)
    assert [row.arm for row in found.rows()] == [arm for arm, kind in ARMS.items() if not kind.needs_examples]
    assert found.diagnostics["path_lengths"]["shares"]
    with pytest.raises(InvalidConfig, match="leave out ensemble, backprop"):
        ExperimentPlanConfig(arms=["backprop", "ensemble", "cma_es"]).arms_on(swing)


def test_problems_without_classes_or_episodes_are_refused() -> None:
    novelty = NoveltyDetection(NoveltyDetectionConfig(novelty="reconstruction"), BundledLibrary())
    with pytest.raises(InvalidConfig, match="neither labelled examples nor episodes"):
        ExperimentPlanConfig().arms_on(novelty)


def test_settings_that_cannot_work_are_refused() -> None:
    for values, words in (
        ({"arms": ["magic"]}, "arms"),
        ({"population": 5}, "population"),
        ({"budget": 300, "population": 400}, "must hold a generation of 400"),
        ({"budget": 300, "cma_population": 301}, "must hold a generation of 301"),
    ):
        with pytest.raises(InvalidConfig, match=words):
            ExperimentPlanConfig.parse(values)
    assert ExperimentPlanConfig(arms=["cma_es", "ensemble", "ensemble"]).arms == ("ensemble", "cma_es")


def test_damaged_results_are_named() -> None:
    for stored in ({}, {"version": 2}, {"version": 1, "key": "a", "cells": {"a": {}}, "diagnostics": {}}, [], None):
        with pytest.raises(StateMismatch, match="stored results"):
            PlanState.from_json(stored)


def test_the_study_is_one_and_shows_what_it_finds(state: PlanState, swing: CartPoleSwingUp) -> None:
    assert isinstance(WannExperiments(ExperimentPlanConfig()), Study)
    known = json.loads(json.dumps(state.as_json(), allow_nan=False))
    views = {view.name: view.data for view in WannExperiments.views(known)}
    curves = {"tuning_curves", "dense_curves", "search_curves"}
    assert set(views) == {"experiments", *curves, "path_lengths", "gains_shared", "gains_trained"}
    assert views["experiments"]["arm"][3] == "Tuned shared weight"
    assert {len(column) for column in views["experiments"].values() if isinstance(column, list)} == {len(ARMS)}
    lengths = views["path_lengths"]
    assert len(lengths["length"]) == len(lengths["share"]) == len(lengths["gradient_trained"])
    assert WannExperiments.views({}) == []
    assert [view.name for view in WannExperiments.views(PlanState("x").as_json())] == []


def test_the_study_goes_on_where_it_was(swing: CartPoleSwingUp) -> None:
    from nas.core.objective import Objective
    from nas.core.setup import SearchSetup
    from nas.estimators.shared_weight import SharedWeight, SharedWeightConfig
    from nas.spaces.wann import Wann
    from nas.spaces.wann_config import WannSpaceConfig
    from tests.support.supernets import digits_setup

    space = Wann(WannSpaceConfig(num_inputs=5, num_outputs=1))
    objectives = (Objective.from_text("mean_return"),)
    setup = SearchSetup(space, swing, SharedWeight(SharedWeightConfig()), objectives, (), run_seed=1)
    assert WannExperiments.refusal(setup, has_weights=False) is None
    assert WannExperiments.refusal(digits_setup(), has_weights=False) == ""
    study = WannExperiments(ExperimentPlanConfig(arms=["random_shared", "tuned_shared"], random_draws=5))
    seen: list[StudyProgress] = []
    request = StudyRequest(setup, drawn(rng_of(1), 5, 1, 6), seed=3)
    done = study.run(request, should_stop=lambda: False, on_progress=seen.append)
    assert [(one.done, one.total, one.stage) for one in seen] == [
        (0, 3, "Random shared weight"),
        (1, 3, "Tuned shared weight"),
        (2, 3, "Paths and gradients"),
        (3, 3, ""),
    ]
    later: list[StudyProgress] = []
    again = StudyRequest(setup, request.genotype, seed=3, known=seen[1].known)
    assert study.run(again, should_stop=lambda: False, on_progress=later.append) == done
    assert [one.done for one in later] == [1, 2, 3]


@pytest.mark.parametrize("params", [1, 85, 122, 123, 460, 1849])
def test_the_nearest_dense_network_is_the_nearest(params: int) -> None:
    width = nearest_width(64, 10, params)
    away = {w: abs(dense_params(64, w, 10) - params) for w in range(1, 60)}
    assert width == min(w for w, one in away.items() if one == min(away.values()))
    cover = covering_width(64, 10, params)
    assert cover == min(w for w in range(1, 60) if dense_params(64, w, 10) >= params)


def test_published_sizes_of_dense_networks() -> None:
    """1849 connections, the MNIST champion's number, are none of a dense network's with 256 inputs and 10 outputs."""
    assert nearest_width(256, 10, 1849) == 7
    assert dense_params(256, 7, 10) == 1879
    assert covering_width(256, 10, 1849) == 7


def test_a_masked_network_keeps_its_zeros_and_is_its_layers() -> None:
    network = Dense(5, 4, 3, rng_of(0), kept=20)
    assert network.num_trained == 20
    assert int((network.weights != 0).sum()) == 20
    network(torch.ones(2, 5)).square().sum().backward()
    assert network.weights.grad is not None
    assert not network.weights.grad[network.mask == 0].any()
    whole = Dense(5, 4, 3, rng_of(0))
    first, second = whole.weights[:24].view(4, 6), whole.weights[24:].view(3, 5)
    x = torch.from_numpy(rng_of(1).standard_normal((7, 5)).astype(np.float32))
    hidden = (x @ first[:, :5].T + first[:, 5]).relu()
    torch.testing.assert_close(whole(x), hidden @ second[:, :4].T + second[:, 4])
