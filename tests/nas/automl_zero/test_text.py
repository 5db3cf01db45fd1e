"""Programs as text: what is printed reads back, look-alikes are told apart by types, rubbish is refused with its line."""

from __future__ import annotations

import numpy as np
import pytest

from nas.automl_zero.hand_written import HAND_WRITTEN
from nas.automl_zero.ops import OPS
from nas.automl_zero.program import Instruction, Program
from nas.automl_zero.text import instruction_text, program_from_text, program_text
from nas.core.errors import InvalidGenotype
from nas.spaces.automl_zero import AutoMLZero
from nas.spaces.automl_zero_config import AutoMLZeroConfig

EVERYTHING = AutoMLZeroConfig.parse(
    {
        **AutoMLZeroConfig.presets["images"],
        "setup_operations": [op.name for op in OPS],
        "predict_operations": [op.name for op in OPS],
        "learn_operations": [op.name for op in OPS],
    }
)


def learn(line: str) -> Instruction:
    (instruction,) = program_from_text(f"def Learn():\n  {line}").learn
    return instruction


def test_random_programs_of_all_operations_read_back_exactly() -> None:
    space, rng = AutoMLZero(EVERYTHING), np.random.default_rng(7)
    seen = set()
    for _ in range(100):
        program = Program.from_json(space.sample(rng))
        assert program_from_text(program_text(program)) == program
        seen |= {instruction.op for _, _, instruction in program.lines()}
    assert len(seen) == len(OPS)


@pytest.mark.parametrize("value", [-0.0, 1e-300, -9e-9, 0.1 + 0.2, 1.7976931348623157e308, 5e-324, 12345678.0])
def test_numbers_keep_every_bit(value: float) -> None:
    instruction = Instruction(56, out=2, constants=(value, 0.0, 0.0))
    read = learn(instruction_text(instruction))
    assert np.float64(read.constants[0]).tobytes() == np.float64(value).tobytes()


@pytest.mark.parametrize(
    ("line", "op"),
    [
        ("s1 = dot(v1, v0)", 27),
        ("v1 = dot(m0, v0)", 31),
        ("s1 = heaviside(s2)", 15),
        ("v1 = heaviside(v2)", 16),
        ("m1 = heaviside(m2)", 17),
        ("v1 = s1 * v2", 18),
        ("m1 = m1 * m2", 41),
        ("m1 = matmul(m1, m2)", 43),
        ("m1 = bcast(v1, axis=0)", 32),
        ("m1 = bcast(v1, axis=1)", 33),
        ("v1 = norm(m1, axis=0)", 35),
        ("v1 = norm(m1, axis=1)", 36),
        ("s1 = 1/s2", 6),
        ("s1 = 1", 56),
        ("v1[0.5] = -2", 57),
        ("m1[0.5, 0.25] = -2.5e-3", 58),
        ("s1 = gaussian(0, 1)", 62),
        ("m1 = gaussian(0, 1)", 64),
        ("no_op()", 0),
    ],
)
def test_types_decide_between_forms_that_look_alike(line: str, op: int) -> None:
    assert learn(line).op == op


def test_spaces_and_comments_do_not_matter_and_the_released_spelling_is_read() -> None:
    text = (
        "# found by chance\ndef  Predict( ):  # the head\ns1=dot( v1 ,v0 )# the answer\n\n\n  v2 = heaviside(v1, 1.0)\n"
    )
    assert program_from_text(text) == Program(predict=(Instruction(27, 1, 0, 1), Instruction(16, 1, 0, 2)))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("s1 = dot(s1, v0)", r"dot does not take these types.*v = dot\(m, v\)"),
        ("s1 = frobnicate(s2)", "no function 'frobnicate'.*arctan"),
        ("s1 = s2 ** s3", "no operation"),
        ("s1 = 2/s3", r"did you mean s = 1/s\?"),
        ("m1 = bcast(v1, axis=7)", "axis=0"),
        ("s1 = 1e999", "too large"),
        ("s1 = nan", "no function 'nan'"),
        ("s1 = s२", "cannot be read from"),
        ("s12345678 = 1", "cannot be read from"),
        ("s1 = __import__('os')", "cannot be read from"),
        ("s1 = dot(v1, v0); s1 = 2", "cannot be read from ';"),
        ("def Foo():", r"no such function.*def Setup\(\):"),
        ("def Learn():", "a second time"),
        ("s1 = " + "s1 + " * 100, "characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(line: str, says: str) -> None:
    with pytest.raises(InvalidGenotype, match=says) as refusal:
        program_from_text(f"def Predict():\n  s1 = dot(v1, v0)\n\ndef Learn():\n  {line}\n")
    assert [error.field for error in refusal.value.errors] == ["line 5"]


def test_all_wrong_lines_are_named_up_to_twenty() -> None:
    with pytest.raises(InvalidGenotype) as refusal:
        program_from_text("def Learn():\n" + "s1 = rubbish(s2)\n" * 100)
    assert [error.field for error in refusal.value.errors] == [f"line {number}" for number in range(2, 22)]


@pytest.mark.parametrize("text", ["", "rubbish", "s1 = s2", "# only a comment"])
def test_instructions_need_a_head(text: str) -> None:
    with pytest.raises(InvalidGenotype, match=r"def Predict\(\):"):
        program_from_text(text)


@pytest.mark.parametrize(
    "text", ["def Learn():\n" * 10_000, "x" * 1_000_000, "def Learn():\n" + "(" * 199_000, "\n" * 150_000]
)
def test_hostile_texts_are_refused(text: str) -> None:
    with pytest.raises(InvalidGenotype, match=r"characters|lines|expected a program"):
        program_from_text(text)


def test_the_linear_program_prints_as_it_is_published() -> None:
    assert program_text(HAND_WRITTEN["linear"].program) == (
        "def Setup():\n    s2 = 0.01\n\n"
        "def Predict():\n    s1 = dot(v1, v0)\n\n"
        "def Learn():\n    s3 = s0 - s1\n    s3 = s2 * s3\n    v2 = s3 * v0\n    v1 = v1 + v2\n"
    )
