"""What programs are made of: constants, what lines are worth, motifs, what changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nas.automl_zero.analysis.constants import constants, decoupled, with_constants
from nas.automl_zero.analysis.knock import knock_in, knock_outs, with_lines, without
from nas.automl_zero.analysis.lineage import program_diff
from nas.automl_zero.analysis.motifs import Motif, motifs
from nas.automl_zero.analysis.trace import scalar_trace
from nas.automl_zero.analysis.tuning import tune
from nas.automl_zero.evaluation import Evaluator
from nas.automl_zero.hand_written import affine, linear, network
from nas.automl_zero.program import Instruction, Program
from nas.automl_zero.text import program_from_text, program_text
from tests.nas.automl_zero.random_programs import make_tasks

ADDRESSES = (6, 9, 3)
TASKS = make_tasks(np.random.default_rng(0), num_tasks=8, num_features=4, num_train=100, num_valid=50)
EVALUATOR = Evaluator(TASKS, ADDRESSES)


def score(programs: Sequence[Program]) -> np.ndarray:
    return EVALUATOR.score(programs).combined(by_median=False)


def sighted(program: Program, num_steps: int = 30) -> list[tuple[Motif, tuple[str, ...]]]:
    trace = scalar_trace(program, TASKS, 0, addresses=ADDRESSES, num_steps=num_steps)
    return [(found.motif, found.lines) for found in motifs(program, trace)]


def edited(program: Program, line: str, now: str) -> Program:
    text = program_text(program)
    assert line in text
    return program_from_text(text.replace(line, now))


# Constants -------------------------------------------------------------------------------------------------------------------


def test_constants_are_listed_without_places_and_can_be_set() -> None:
    program = program_from_text(
        "def Setup():\n s2 = 0.5\n v1[0.25] = 2.0\n m0 = gaussian(0.0, 0.1)\n v2 = uniform(-1.0, 1.0)"
    )
    found = constants(program)
    assert [(c.line, c.slot, c.value) for c in found] == [
        (0, 0, 0.5), (1, 1, 2.0), (2, 0, 0.0), (2, 1, 0.1), (3, 0, -1.0), (3, 1, 1.0)
    ]  # fmt: skip
    changed = with_constants(program, [1, 2, 3, 4, 5, 6])
    assert program_text(changed).startswith(
        "def Setup():\n    s2 = 1\n    v1[0.25] = 2\n    m0 = gaussian(3, 4)\n    v2 = uniform(5, 6)\n"
    )
    with pytest.raises(ValueError):
        with_constants(program, [1, 2])


def test_tuning_finds_a_rate_that_fits() -> None:
    slow = linear(1e-3)
    tuned = tune(slow, score, np.random.default_rng(1), 60)
    assert tuned.fitness_before == score([slow])[0] < 0.6
    assert tuned.fitness > 0.99
    assert score([tuned.program])[0] == tuned.fitness
    assert tuned.program.learn == slow.learn
    assert 0.01 < constants(tuned.program)[0].value < 1


def test_every_constant_gets_a_factor_of_its_own_from_a_thousandth_to_a_thousand() -> None:
    program = program_from_text("def Setup():\n s2 = 1.0\n s3 = -1.0")
    tried: list[list[float]] = []

    def watched(programs: Sequence[Program]) -> np.ndarray:
        tried.extend([constant.value for constant in constants(each)] for each in programs)
        return np.zeros(len(programs))

    tune(program, watched, np.random.default_rng(2), 1_000)
    values = np.array(tried[1:])  # the first is the program as it is
    assert len(values) == 1_000
    logs = np.log10(np.abs(values))
    assert (np.sign(values) == [1, -1]).all()
    assert np.abs(logs).max() <= 3
    assert np.quantile(logs, [0.1, 0.3, 0.5, 0.7, 0.9]) == pytest.approx([-2.4, -1.2, 0, 1.2, 2.4], abs=0.25)
    assert abs(np.corrcoef(logs.T)[0, 1]) < 0.1


def test_what_cannot_be_tuned_stays_as_it_is() -> None:
    plain = Program(predict=linear().predict)
    assert tune(plain, score, np.random.default_rng(1), 20).program == plain
    perfect = linear(0.1)
    assert tune(perfect, lambda programs: np.zeros(len(programs)), np.random.default_rng(1), 20).program == perfect


def test_a_rate_that_was_computed_becomes_a_constant() -> None:
    coupled = edited(linear(), "s2 = 0.01", "v2[0.0] = 0.3\n    s2 = dot(v2, v2)")
    assert scalar_trace(coupled, TASKS, 0, addresses=ADDRESSES, num_steps=3)[0, 2] == pytest.approx(0.09)
    free = decoupled(coupled, "setup", 1, 0.09)
    assert score([free])[0] == pytest.approx(score([coupled])[0])
    assert tune(free, score, np.random.default_rng(0), 10).program != free or constants(free)
    with pytest.raises(ValueError, match="writes no scalar"):
        decoupled(coupled, "setup", 0, 1.0)


# Knock-out and knock-in ------------------------------------------------------------------------------------------------------


def test_what_regression_needs_cannot_be_taken_out_and_dead_lines_are_not_asked_about() -> None:
    longer = Program(linear(0.1).setup, linear().predict, (*linear().learn, Instruction(7, 3, 0, 3)))
    found = knock_outs(longer, score, np.random.default_rng(0), num_trials=5)
    assert len(found) == 6
    assert {knock.lines for knock in found} == {
        (line,) for line in [("setup", 0), ("predict", 0), *[("learn", n) for n in range(4)]]
    }
    assert all(knock.change < -0.3 for knock in found if knock.lines != (("learn", 1),))
    # without the learning rate a step is the whole error, which is much but not nothing
    assert all(knock.before > 0.999 for knock in found)
    assert all(score([knock.program])[0] == knock.after for knock in found)


def test_what_does_nothing_can_be_taken_out_for_nothing() -> None:
    idle = edited(linear(0.1), "s3 = s0 - s1", "s3 = s0 - s1\n    s3 = s3 + s4")
    change = {k.lines: k.change for k in knock_outs(idle, score, np.random.default_rng(0), num_trials=0)}
    assert change[("learn", 1),] == 0.0
    group = knock_outs(idle, score, np.random.default_rng(0), num_trials=0, groups=[[("learn", 0), ("learn", 1)]])
    assert group[0].change < -0.3
    with pytest.raises(ValueError, match="no line 9"):
        without(idle, [("learn", 9)])


def test_the_shift_of_an_affine_program_is_a_gain_where_labels_have_one() -> None:
    shifted = make_tasks(np.random.default_rng(3), num_tasks=4, num_train=200)
    shifted.train_labels[:] += 2.0
    shifted.valid_labels[:] += 2.0
    evaluator = Evaluator(shifted, ADDRESSES)
    group = [("predict", 1, affine().predict[1]), ("learn", 2, affine().learn[2])]
    whole = with_lines(linear(0.05), group)  # type: ignore[arg-type]
    assert whole == affine(0.05)
    found = knock_in(
        linear(0.05),
        group,  # type: ignore[arg-type]
        lambda programs: evaluator.score(programs).combined(by_median=False),
        np.random.default_rng(0),
        num_trials=3,
    )
    assert found.change > 0.3
    assert found.program.learn == affine().learn


# Motifs ----------------------------------------------------------------------------------------------------------------------


def test_hand_written_programs_show_no_motif() -> None:
    for program in (linear(), affine(), network()):
        assert sighted(program) == []


def test_noise_in_a_prediction_is_seen_and_noise_that_goes_nowhere_is_not() -> None:
    noisy = edited(linear(), "s1 = dot(v1, v0)", "v3 = uniform(-0.1, 0.1)\n    v3 = v3 + v0\n    s1 = dot(v1, v3)")
    assert sighted(noisy) == [(Motif.NOISE, ("v3 = uniform(-0.1, 0.1)",))]
    assert sighted(edited(noisy, "v3 = v3 + v0", "v3 = v0 + v0")) == []
    assert sighted(edited(noisy, "uniform(-0.1, 0.1)", "uniform(0.1, 0.1)")) == []


def test_a_rate_that_falls_is_seen_and_others_are_not() -> None:
    falling = edited(edited(linear(), "s2 = 0.01", "s2 = 0.5"), "s3 = s0 - s1", "s2 = arctan(s2)\n    s3 = s0 - s1")
    assert sighted(falling) == [(Motif.DECAY, ("s2 = arctan(s2)",))]
    for other in ("s2 = tan(s2)", "s2 = s2 * s0", "s4 = arctan(s4)", "s2 = abs(s2)"):
        assert sighted(edited(edited(falling, "s2 = arctan(s2)", other), "s2 = 0.5", "s2 = 0.05")) == []
    aside = edited(
        edited(linear(), "s2 = 0.01", "s2 = 0.01\n    s4 = 0.5"),
        "s1 = dot(v1, v0)",
        "s1 = dot(v1, v0)\n    s1 = s1 + s4",
    )
    aside = edited(aside, "s3 = s0 - s1", "s4 = arctan(s4)\n    s3 = s0 - s1")
    assert sighted(aside) == []


def test_a_rate_made_of_the_mean_of_learned_weights_is_seen() -> None:
    """The mean of a matrix that Learn changes, through a sine, times the error."""
    program = program_from_text(
        "def Setup():\n m0 = gaussian(0.1, 0.1)\n"
        "def Predict():\n v1 = dot(m0, v0)\n s1 = mean(v1)\n"
        "def Learn():\n s3 = s0 - s1\n s2 = mean(m0)\n s2 = sin(s2)\n s3 = s2 * s3\n v2 = s3 * v0\n m1 = outer(v2, v0)\n m0 = m0 + m1\n"
    )
    assert sighted(program) == [(Motif.WEIGHT_MEAN, ("s2 = mean(m0)",))]
    assert sighted(edited(program, "s3 = s2 * s3", "s3 = s2 + s3")) == []
    assert sighted(edited(program, "s2 = mean(m0)", "s2 = norm(m0)")) == []
    assert sighted(edited(program, "s2 = mean(m0)", "s2 = mean(m2)")) == []


def test_a_trace_ends_with_the_task() -> None:
    wild = linear(1000.0)
    trace = scalar_trace(wild, TASKS, 0, addresses=ADDRESSES, num_steps=50)
    assert 0 < len(trace) < 10
    assert scalar_trace(linear(), TASKS, 0, addresses=ADDRESSES, num_steps=50).shape == (50, 6)


# Lineage ---------------------------------------------------------------------------------------------------------------------


def changes(before: Program, after: Program) -> list[tuple[str, str, str]]:
    return [(line.change, line.before, line.text) for line in program_diff(before, after) if line.change != "same"]


def test_what_was_added_removed_and_altered_is_told_apart() -> None:
    plain = linear()
    assert changes(plain, plain) == []
    assert changes(plain, edited(plain, "s2 = 0.01", "s2 = 0.02")) == [("altered", "s2 = 0.01", "s2 = 0.02")]
    longer = edited(plain, "v2 = s3 * v0", "s3 = sin(s3)\n    v2 = s3 * v0")
    assert changes(plain, longer) == [("added", "", "s3 = sin(s3)")]
    assert changes(longer, plain) == [("removed", "", "s3 = sin(s3)")]
    other = edited(plain, "v1 = v1 + v2", "v1 = v1 - v2")
    assert changes(plain, other) == [("removed", "", "v1 = v1 + v2"), ("added", "", "v1 = v1 - v2")]


def test_dead_lines_are_marked_and_nothing_is_left_out() -> None:
    longer = Program(linear().setup, linear().predict, (*linear().learn, Instruction(7, 3, 0, 3)))
    lines = program_diff(linear(), longer)
    assert [line.text for line in lines if not line.is_live] == ["s3 = sin(s3)"]
    assert len(lines) == 7
