"""One text for programs that are provably one: dead code, names of addresses, addresses that nobody writes."""

from __future__ import annotations

import numpy as np

from nas.automl_zero.canonical import canonical_text
from nas.automl_zero.evaluation import Evaluator
from nas.automl_zero.hand_written import HAND_WRITTEN, linear, network
from nas.automl_zero.program import Instruction, Program
from nas.automl_zero.text import program_from_text, program_text
from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.program_tasks import ProgramTasks
from nas.problems.program_tasks_config import ProgramTasksConfig
from nas.spaces.automl_zero import AutoMLZero
from nas.spaces.automl_zero_config import AutoMLZeroConfig

RENAMED = """
def Setup():
    s3 = 0.01
    v2 = gaussian(0.0, 1.0)
def Predict():
    s1 = dot(v3, v0)
    no_op()
def Learn():
    s2 = s0 - s1
    s2 = s3 * s2
    v1 = s2 * v0
    v3 = v3 + v1
    s1 = s3 + s2
"""


def test_other_names_and_dead_code_make_no_other_program() -> None:
    assert canonical_text(program_from_text(RENAMED)) == canonical_text(linear())
    assert canonical_text(linear()) == program_text(linear())


def test_another_constant_operation_or_operand_makes_another() -> None:
    forms = {canonical_text(linear(rate)) for rate in (0.01, 0.02, 0.0, -0.0)}
    plain = linear()
    for line, swapped in (
        ("v1 = v1 + v2", "v1 = v1 - v2"),
        ("s3 = s0 - s1", "s3 = s1 - s0"),
        ("v1 = v1 + v2", "v1 = v0 + v2"),
    ):
        forms.add(canonical_text(program_from_text(program_text(plain).replace(line, swapped))))
    assert len(forms) == 7


def test_features_label_and_prediction_keep_their_places() -> None:
    reads_label = Program(predict=(Instruction(1, 0, 2, 1),), learn=(Instruction(1, 0, 0, 2),))
    reads_other = Program(predict=(Instruction(1, 3, 2, 1),), learn=(Instruction(1, 0, 0, 2),))
    assert canonical_text(reads_label) != canonical_text(reads_other)


def test_addresses_that_nobody_writes_are_one() -> None:
    one = program_from_text("def Predict():\n v1 = maximum(v0, v5)\n v2 = minimum(v1, v5)\n s1 = dot(v1, v2)")
    two = program_from_text("def Predict():\n v1 = maximum(v0, v5)\n v2 = minimum(v1, v7)\n s1 = dot(v1, v2)")
    assert canonical_text(one) == canonical_text(two)
    three = Program(predict=two.predict, learn=(Instruction(23, 0, 7, 7),))
    assert canonical_text(three) != canonical_text(two)


def test_a_program_that_never_answers_is_empty() -> None:
    silent = Program(setup=network().setup, predict=network().predict[:3], learn=network().learn)
    assert canonical_text(silent) == canonical_text(Program())


def test_the_canonical_program_has_the_same_fitness_bit_by_bit() -> None:
    space = AutoMLZero(
        AutoMLZeroConfig.parse({**AutoMLZeroConfig.presets["network"], "setup_operations": ["SCALAR_CONST_SET"]})
    )
    config = ProgramTasksConfig.parse({"kind": "teacher", "train_examples": 50, "search_tasks": 4})
    evaluator = Evaluator(ProgramTasks(config, BundledLibrary()).tasks("search"), (12, 20, 12))
    rng = np.random.default_rng(3)
    programs = [Program.from_json(space.sample(rng)) for _ in range(300)] + [linear()]
    forms = [program_from_text(canonical_text(program)) for program in programs]
    before, after = (evaluator.score(each).fitness for each in (programs, forms))
    assert before.tobytes() == after.tobytes()
    assert len(np.unique(before)) > 50
    assert sum(form != program for form, program in zip(forms, programs, strict=True)) > 200


def test_hand_written_programs_are_different_ones() -> None:
    assert len({canonical_text(known.program) for known in HAND_WRITTEN.values()}) == len(HAND_WRITTEN)
