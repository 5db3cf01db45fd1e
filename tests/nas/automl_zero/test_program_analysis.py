"""A program taken apart as a study: what each line is worth, resumed piece by piece, and what pages show of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nas.automl_zero.analysis.anatomy import Anatomy
from nas.automl_zero.evaluation import Evaluator
from nas.automl_zero.hand_written import linear
from nas.automl_zero.ops import OPS
from nas.automl_zero.program import Program
from nas.automl_zero.text import program_from_text, program_text
from nas.core.errors import Interrupted, InvalidConfig, InvalidGenotype
from nas.core.setup import SearchSetup
from nas.core.study import Study, StudyProgress, StudyRequest
from nas.core.view import View
from nas.estimators.program_fitness import ProgramFitness, ProgramFitnessConfig
from nas.registry import studies
from nas.studies.program_analysis import ProgramAnalysis, ProgramAnalysisConfig
from tests.support.connections import connections_setup
from tests.support.programs import programs_setup

ALL = [op.name for op in OPS]
SPACE: dict[str, Any] = {"insert_weight": 1.0}
for function in ("setup", "predict", "learn"):
    SPACE |= {f"{function}_min": 0, f"{function}_max": 12, f"{function}_operations": ALL}
LEARN = ["s3 = s0 - s1", "s3 = s2 * s3", "v2 = s3 * v0", "v1 = v1 + v2"]
DECAYING = (
    "def Setup():\n s2 = 0.5\ndef Predict():\n s1 = dot(v1, v0)\n"
    "def Learn():\n s2 = arctan(s2)\n s2 = arctan(s2)\n s3 = s0 - s1\n s3 = s2 * s3\n v2 = s3 * v0\n v1 = v1 + v2\n s3 = s3 + s3\n"
)


def small_setup() -> SearchSetup:
    return programs_setup(SPACE, select_tasks=12, select_train_examples=100, select_valid_examples=30)


def studied(
    program: Program,
    setup: SearchSetup,
    known: Mapping[str, Any] | None = None,
    num_trials: int = 12,
    num_tasks: int = 3,
) -> tuple[Mapping[str, Any], list[StudyProgress]]:
    seen: list[StudyProgress] = []
    study = ProgramAnalysis(ProgramAnalysisConfig(num_trials=num_trials, num_tasks=num_tasks))
    request = StudyRequest(setup, program.as_json(), seed=3, known=known or {})
    return study.run(request, should_stop=lambda: False, on_progress=seen.append), seen


def by_name(known: Mapping[str, Any]) -> dict[str, View]:
    return {view.name: view for view in ProgramAnalysis.views(json.loads(json.dumps(known, allow_nan=False)))}


def test_it_is_registered_and_keeps_the_contract() -> None:
    assert studies.get("program_analysis") is ProgramAnalysis
    assert isinstance(ProgramAnalysis(ProgramAnalysisConfig()), Study)
    assert ProgramAnalysis.refusal(small_setup(), has_weights=False) is None
    assert ProgramAnalysis.refusal(connections_setup(), has_weights=False) == ""
    with pytest.raises(InvalidConfig, match="programs that learn"):
        studied(linear(), connections_setup())
    with pytest.raises(InvalidGenotype, match="expected 0 to 12"):
        studied(Program(learn=linear().learn * 4), small_setup())


def test_of_linear_regression_every_line_is_needed() -> None:
    known, seen = studied(linear(0.1), small_setup())
    worth = by_name(known)["removals"].data
    assert worth["part"] == [
        "S1  s2 = 0.1", "P1  s1 = dot(v1, v0)", *[f"L{n + 1}  {text}" for n, text in enumerate(LEARN)], "All of Learn"
    ]  # fmt: skip
    assert min(worth["loss"]) > 0.3 and min(worth["loss_when_tuned"]) > 0.3
    assert worth["whole_fitness"] == known["fitness"] > 0.99
    assert known["tuned_fitness"] >= known["fitness"]
    assert (seen[0].stage, seen[0].done, seen[-1].done) == ("Tuning the constants", 0, seen[-1].total)
    assert seen[-1].total == 8 * 13


def test_fitness_is_that_of_the_tasks_to_select_by_over_all_lots_of_tasks() -> None:
    setup = small_setup()
    known, _ = studied(linear(0.05), setup, num_trials=1, num_tasks=11)
    tasks = setup.problem.tasks("select").first(11)  # type: ignore[attr-defined]
    expected = Evaluator(tasks, (4, 3, 1)).score([linear(0.05)]).combined(by_median=False)[0]
    assert known["fitness"] == pytest.approx(expected, abs=1e-12)
    assert known["num_tasks"] == 11
    assert studied(linear(0.05), setup, num_trials=1, num_tasks=99)[0]["num_tasks"] == 12


def test_tasks_are_combined_as_the_run_does_and_each_lot_draws_its_own_numbers() -> None:
    setup = small_setup()
    middle = replace(setup, estimator=ProgramFitness(ProgramFitnessConfig(combination="median")))
    tasks = setup.problem.tasks("select").first(11)  # type: ignore[attr-defined]
    by_task = Evaluator(tasks, (4, 3, 1)).score([linear(0.05)]).fitness[0]
    known, _ = studied(linear(0.05), middle, num_trials=1, num_tasks=11)
    assert known["fitness"] == np.sort(by_task)[5] != by_task.mean()
    luck = program_from_text("def Predict():\n v1 = uniform(-1.0, 1.0)\n s1 = dot(v1, v0)")
    lots = [
        Evaluator(tasks.between(first, first + 10), (4, 3, 1), seed=3 + first).score([luck]).fitness[0]
        for first in (0, 10)
    ]
    known, _ = studied(luck, setup, num_trials=1, num_tasks=11)
    assert known["fitness"] == pytest.approx(np.concatenate(lots).mean(), abs=1e-12)


def test_dead_lines_are_left_out_and_a_decay_is_seen_and_taken_out_as_one() -> None:
    known, _ = studied(program_from_text(DECAYING), small_setup(), num_trials=30)
    views = by_name(known)
    assert (known["num_dead"], len(Anatomy.from_json(known).parts)) == (1, 8 + 1 + 1)
    assert views["motifs"].data == {
        "motif": ["A learning rate that decays"], "lines": ["s2 = arctan(s2); s2 = arctan(s2)"]
    }  # fmt: skip
    parts = views["removals"].data
    place = parts["part"].index("The decay of a rate")
    assert parts["instruction"][place] == "s2 = arctan(s2); s2 = arctan(s2)"
    # the rate that is left is too large, until it is tuned
    assert parts["loss_when_tuned"][place] < 0.1 < 0.3 < parts["loss"][place]
    assert parts["loss_when_tuned"][parts["part"].index("All of Learn")] > 0.3


def test_lines_that_cost_nothing_are_pale_and_tuned_ones_stand_out() -> None:
    idle = program_from_text(
        program_text(linear(0.003)).replace(LEARN[0], f"{LEARN[0]}\n    s3 = s3 + s2\n    s3 = s3 - s2")
    )
    known, _ = studied(idle, small_setup(), num_trials=30)
    program = by_name(known)["program"].data
    assert program["facts"][0] == ["Program", ["as it was found", "with tuned constants"]]
    assert program["caption"].startswith("Lines that stand out")
    before, after = program["lines"]
    assert before[1] == ["    s2 = 0.003", ""]
    assert after[1][1] == "changed" and after[1][0] != before[1][0]
    marks = dict(map(tuple, after))
    assert marks["    s1 = dot(v1, v0)"] == ""
    losses = by_name(known)["removals"].data
    for text, mark in marks.items():
        if text.strip() in losses["instruction"]:
            loss = losses["loss_when_tuned"][losses["instruction"].index(text.strip())]
            assert (mark == "dead") == (loss < 0.001), text
    constants = by_name(known)["constants"].data
    assert constants["as_found"] == [0.003] and constants["tuned"][0] > 0.003
    assert constants["fitness_when_tuned"] > constants["fitness_as_found"] + 0.1


def test_it_stops_within_a_program_and_goes_on_with_what_it_knew() -> None:
    setup, program = small_setup(), linear(0.1)
    whole, seen = studied(program, setup, num_trials=5)
    halves: list[StudyProgress] = []
    study = ProgramAnalysis(ProgramAnalysisConfig(num_trials=5, num_tasks=3))
    with pytest.raises(Interrupted):
        study.run(
            StudyRequest(setup, program.as_json(), seed=3),
            should_stop=lambda: len(halves) > 12,
            on_progress=halves.append,
        )
    assert len(halves) == 13
    known = json.loads(json.dumps(halves[-1].known))
    assert len(known["removals"]) == 1
    again, later = studied(program, setup, known, num_trials=5)
    assert again == whole
    assert later[0].done == 12 and len(later) < len(seen)
    assert ProgramAnalysis.views({}) == []
    assert set(by_name(seen[0].known)) == {"program"}
    assert by_name(seen[0].known)["program"].data["caption"] == "Lines that can reach a prediction."


def test_constants_that_became_infinite_never_win() -> None:
    """Here the rate is the larger of two, so that a first one beyond all numbers would do no harm to predictions."""
    capped = program_from_text(
        program_text(linear(0.1)).replace(
            "s2 = 0.1", "s3 = 1e308\n    s2 = 0.003\n    s3 = heaviside(s3)\n    s2 = s2 * s3"
        )
    )
    known, _ = studied(capped, small_setup(), num_trials=20)
    assert known["tuned_fitness"] > known["fitness"]
    assert np.isfinite([row[4:] for row in known["tuned"]["setup"]]).all()
