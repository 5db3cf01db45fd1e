"""Dead code as pages show it: the same as the compiled one finds, and nothing that matters."""

from __future__ import annotations

import numpy as np
import pytest

from nas.automl_zero.analysis.dead_code import live_program, liveness, prediction_liveness
from nas.automl_zero.dead_code import find_live
from nas.automl_zero.hand_written import linear, network
from nas.automl_zero.ops import Kind
from nas.automl_zero.packed import pack, take_out
from nas.automl_zero.program import Instruction, Program
from nas.automl_zero.text import program_from_text
from tests.nas.automl_zero.random_programs import random_program

ADDRESSES = (4, 4, 2)


@pytest.mark.parametrize("vector_labels", [False, True])
def test_it_is_what_the_compiled_search_takes_for_dead(vector_labels: bool) -> None:
    rng = np.random.default_rng(5)
    programs = [random_program(rng, ADDRESSES, sizes=(4, 4, 6)) for _ in range(300)]
    packed = pack(programs)
    live = np.zeros(int(packed.begins[-1]), np.bool_)
    room = np.zeros((3, sum(ADDRESSES)), np.bool_)
    addresses = np.array(ADDRESSES, np.int64)
    sizes = set()
    for at, program in enumerate(programs):
        find_live.py_func(packed.rows[at], packed.sizes[at], packed.begins, addresses, vector_labels, live, room)
        mine = live_program(program, vector_labels=vector_labels)
        assert mine == take_out(packed, at, live)
        sizes.add(mine.num_instructions)
    assert len(sizes) > 8


def test_nothing_of_the_published_programs_is_dead() -> None:
    for program in (linear(), network()):
        assert live_program(program) == program


def test_a_program_without_an_answer_is_dead_as_a_whole() -> None:
    program = Program(network().setup, network().predict[:3], network().learn)
    assert live_program(program) == Program()


def test_what_is_overwritten_before_it_is_read_is_dead() -> None:
    program = program_from_text(
        """
        def Setup():
            s2 = 1.0
            v1[0.5] = 2.0
            v1 = gaussian(0.0, 1.0)
            v1[0.0] = 3.0
            s0 = 5.0
        def Predict():
            s1 = dot(v1, v0)
            s2 = 4.0
            s1 = s1 * s2
        def Learn():
            v0 = v0 + v1
            v1 = v1 + v0
        """
    )
    kept = liveness(program).kept
    assert kept["setup"] == (False, False, True, True, False)
    assert kept["predict"] == (True, True, True)
    assert kept["learn"] == (True, True)


def test_it_lives_on_through_validation_where_learn_does_not_run() -> None:
    """s2 is written by every Predict and read by the next one; Learn overwrites it, but validation has no Learn."""
    program = program_from_text("def Predict():\n s1 = sin(s2)\n s2 = dot(v0, v0)\ndef Learn():\n s2 = 0.5")
    assert live_program(program) == program
    needed, carried = prediction_liveness(program)
    assert needed == (True, True)
    assert (Kind.SCALAR, 2) in carried


def test_with_vector_labels_other_addresses_are_label_and_prediction() -> None:
    program = Program(predict=(Instruction(31, 0, 0, 2), Instruction(27, 0, 0, 1)), learn=(Instruction(28, 1, 0, 0),))
    assert live_program(program, vector_labels=True) == Program(predict=program.predict[:1], learn=program.learn)
    assert live_program(program) == Program(predict=program.predict[1:])


def test_a_trained_program_needs_less() -> None:
    program = linear()
    needed, carried = prediction_liveness(program)
    assert needed == (True,)
    assert carried == {(Kind.VECTOR, 0), (Kind.VECTOR, 1)}
