"""The fitness of a program: combined as the settings say, worst where it fails, chance where it draws."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nas.automl_zero.evaluation import Evaluator
from nas.automl_zero.hand_written import linear, network
from nas.automl_zero.program import Program
from nas.automl_zero.text import program_from_text
from nas.core.errors import InvalidConfig, StateMismatch
from nas.core.estimator import EvaluationRequest
from nas.core.objective import Objective
from nas.core.setup import SearchSetup
from nas.estimators.program_fitness import ProgramFitness, ProgramFitnessConfig, rms_errors
from tests.nas.estimators.place import Place, digits, small_space
from tests.nas.estimators.programs import program_request, program_space, program_tasks

DIES = program_from_text("def Predict():\n  s1 = s2 / s2")
LUCK = program_from_text("def Predict():\n  v1 = uniform(-1.0, 1.0)\n  s1 = dot(v1, v0)")


def estimator(**values: Any) -> ProgramFitness:
    return ProgramFitness(ProgramFitnessConfig.parse(values))


def scored(request: EvaluationRequest, **values: Any) -> dict[str, float]:
    return dict(estimator(**values).evaluate(request, Place()).metrics)


def per_task(request: EvaluationRequest) -> Any:
    """(D,) in one go."""
    tasks = request.problem.tasks("select")  # type: ignore[attr-defined]
    return Evaluator(tasks, (8, 14, 3)).score([Program.from_json(request.genotype)]).fitness[0]


def test_the_mean_and_the_upper_median_are_over_all_tasks_to_select_by() -> None:
    request = program_request(linear(0.03))
    expected = per_task(request)
    assert len(expected) == 25
    assert scored(request)["fitness"] == pytest.approx(expected.mean(), abs=1e-15)
    assert scored(request, combination="median")["fitness"] == np.sort(expected)[12]


def test_errors_are_those_that_the_fitness_stands_for() -> None:
    request = program_request(linear(0.03))
    errors = np.tan((1 - per_task(request)) * math.pi / 2)
    assert scored(request)["rms_error"] == pytest.approx(errors.mean(), rel=1e-9)
    assert rms_errors(np.array([1.0, 0.5, 0.0])).tolist() == pytest.approx([0.0, 1.0, 100.0])


def test_a_program_whose_predictions_are_no_numbers_has_the_worst_score() -> None:
    assert scored(program_request(DIES)) == {"fitness": 0.0, "rms_error": 100.0}
    signs = scored(program_request(DIES, kind="teacher_sign"))
    assert signs == {"fitness": 0.0, "accuracy": 0.0, "error_percent": 100.0}


def test_the_median_forgives_what_fails_on_a_few_tasks() -> None:
    request = program_request(network(0.03), kind="teacher", select_train_examples=10_000)
    share = (per_task(request) == 0).mean()
    assert 0 < share < 0.5
    assert scored(request, combination="median")["fitness"] > scored(request)["fitness"] > 0


def test_a_program_that_draws_depends_on_the_seed_and_others_do_not() -> None:
    one, again, other = (scored(program_request(LUCK, seed=seed))["fitness"] for seed in (1, 1, 2))
    assert one == again != other
    assert scored(program_request(seed=1)) == scored(program_request(seed=2))
    tasks = per_task(program_request(network()))
    assert len(set(tasks.tolist())) == 25


def test_unseen_tasks_are_others() -> None:
    request = replace(program_request(linear(0.03)), with_test=True)
    found = scored(request)
    assert set(found) == {"fitness", "rms_error", "test_fitness", "test_rms_error"}
    assert found["test_fitness"] != found["fitness"]
    assert abs(found["test_fitness"] - found["fitness"]) < 0.2


def test_fewer_tasks_are_the_first_ones() -> None:
    request = replace(program_request(linear(0.03)), fidelity={"tasks": 7})
    found = estimator().evaluate(request, Place())
    assert found.steps_done == 7
    assert found.metrics["fitness"] == pytest.approx(per_task(request)[:7].mean(), abs=1e-15)


def test_epochs_are_those_of_the_problem() -> None:
    once, often = (scored(program_request(linear(0.01), epochs=epochs))["fitness"] for epochs in (1, 10))
    assert often > once + 0.1


@pytest.mark.parametrize("fidelity", [{"epochs": 3}, {"tasks": 0}, {"tasks": 2.5}, {"tasks": True}])
def test_other_fidelities_are_refused(fidelity: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig):
        estimator().evaluate(replace(program_request(), fidelity=fidelity), Place())


@pytest.mark.parametrize(
    ("space", "problem", "field"),
    [
        (program_space(), digits(max_examples=100), "problem"),
        (small_space(), program_tasks(), "space"),
        (program_space(vector_labels=True), program_tasks(), "space.vector_labels"),
        (program_space(), program_tasks(kind="projected_classes", features=16), "space.vector_labels"),
        (program_space(matrices=20), program_tasks(features=4096, select_tasks=10), "problem.features"),
    ],
)
def test_what_it_cannot_serve_is_refused_in_words(space: Any, problem: Any, field: str) -> None:
    with pytest.raises(InvalidConfig) as refusal:
        estimator().check(space, problem)
    assert [error.field for error in refusal.value.errors] == [field]


def test_a_search_can_be_set_up_with_costs_beside_fitness() -> None:
    setup = SearchSetup(
        program_space(),
        program_tasks(),
        estimator(),
        tuple(map(Objective.from_text, ("fitness", "macs"))),
        (),
        run_seed=1,
    )
    assert setup.cost(linear().as_json()).macs == 4


def test_classes_are_predicted_by_vectors() -> None:
    """A matrix learns one row for each class: softmax regression."""
    softmax = program_from_text(
        "def Setup():\n s2 = 0.1\n"
        "def Predict():\n v2 = dot(m0, v0)\n"
        "def Learn():\n v3 = v1 - v2\n v3 = s2 * v3\n m1 = outer(v3, v0)\n m0 = m0 + m1\n"
    )
    space = program_space(vector_labels=True)
    tasks = program_tasks(
        kind="projected_classes", features=16, select_train_examples=600, select_valid_examples=200, select_tasks=3
    )
    found = scored(EvaluationRequest(space, tasks, softmax.as_json(), seed=0))
    assert found["accuracy"] > 0.6
    assert scored(EvaluationRequest(space, tasks, Program().as_json(), seed=0))["accuracy"] < 0.2


def test_a_foreign_checkpoint_is_refused() -> None:
    with pytest.raises(StateMismatch):
        estimator().evaluate(program_request(), Place(checkpoint=b"{}"))
