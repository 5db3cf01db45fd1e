"""The harness around a program, by hand: what it sees when, when a task ends, and what its fitness is. Both machines."""

from __future__ import annotations

from math import atan, pi, sqrt

import numpy as np
import pytest

from nas.automl_zero import reference_vm as reference
from nas.automl_zero.evaluation import Evaluator
from nas.automl_zero.program import Program
from nas.automl_zero.task_data import Labels, TaskData
from nas.automl_zero.text import program_from_text

ADDRESSES = (9, 4, 1)


def tasks_of(train: list[float], valid: list[float], labels: Labels = Labels.NUMBER, features: int = 2) -> TaskData:
    """One task of these labels; all features are 1."""

    def lot(targets: list[float]) -> tuple[np.ndarray, np.ndarray]:
        return np.ones((1, len(targets), features)), np.array([targets])

    return TaskData(labels, *lot(train), *lot(valid), np.array([7], dtype=np.uint64))


def scored(program: Program | str, tasks: TaskData, num_epochs: int = 1) -> tuple[float, int]:
    """Fitness and completed steps."""
    parsed = program if isinstance(program, Program) else program_from_text(program)
    found = Evaluator(tasks, ADDRESSES, num_epochs=num_epochs).score([parsed])
    read = reference.evaluate(parsed, tasks, 0, addresses=ADDRESSES, num_epochs=num_epochs, seed=0)
    assert (found.fitness[0, 0], found.num_steps[0]) == (pytest.approx(read[0], rel=1e-12), read[1])
    return read


def test_the_fitness_of_numbers_is_that_of_their_root_mean_square_error() -> None:
    fitness, steps = scored("def Predict():\n s1 = 2.0", tasks_of([0.0], [2.0, 5.0, -2.0]))
    assert fitness == pytest.approx(1 - 2 / pi * atan(sqrt((0 + 9 + 16) / 3)), rel=1e-15)
    assert steps == 1
    assert scored("def Predict():\n s1 = 2.0", tasks_of([0.0], [2.0]))[0] == 1.0


@pytest.mark.parametrize(
    ("said", "steps", "is_scored"), [(100.0, 3, True), (100.0001, 1, False), (-100.0001, 1, False)]
)
def test_an_error_of_a_hundred_is_borne_and_a_larger_one_ends_the_task(
    said: float, steps: int, is_scored: bool
) -> None:
    """The first example is right, so that one step is completed."""
    first = "def Setup():\n s2 = 1.0\ndef Predict():\n s1 = s3 * s4\ndef Learn():\n s3 = s2 * s2\n s4 = "
    found = scored(f"{first}{said}", tasks_of([0.0, 0.0, 0.0], [0.0]))
    assert found == (pytest.approx(1 - 2 / pi * atan(100)) if is_scored else 0.0, steps)
    assert scored(f"def Predict():\n s1 = {said}", tasks_of([said], [0.0]))[0] == (found[0] if is_scored else 0.0)


@pytest.mark.parametrize("line", ["s1 = s2 / s2", "s1 = 1/s2", "s1 = log(s2)"])
def test_what_is_no_number_or_infinite_ends_the_task(line: str) -> None:
    assert scored(f"def Predict():\n {line}", tasks_of([0.0] * 4, [0.0])) == (0.0, 0)


def test_learn_sees_the_label_and_predict_does_not() -> None:
    """What Learn saw last is said from then on; what Predict sees in the label's place is 0."""
    told = "def Predict():\n s1 = s2 + s0\ndef Learn():\n s2 = s0 + s3"
    assert scored(told, tasks_of([1.0, 4.0], [4.0, 4.0])) == (1.0, 2)


def test_memory_outlives_the_steps_and_setup_runs_once() -> None:
    counts = "def Setup():\n s2 = 1.0\n s3 = s3 + s2\ndef Predict():\n s1 = s3 + s4\ndef Learn():\n s3 = s3 + s2"
    assert scored(counts, tasks_of([1.0, 2.0, 3.0], [4.0, 4.0])) == (1.0, 3)


def test_learn_finds_the_features_as_they_were() -> None:
    """Predict overwrites them."""
    spoils = "def Predict():\n s1 = s2 + s3\n v0 = v0 - v0\ndef Learn():\n s2 = mean(v0)"
    assert scored(spoils, tasks_of([0.0], [1.0]))[0] == 1.0


def test_the_best_epoch_counts_also_where_a_later_one_is_stopped() -> None:
    """Said is 1, then 10 to the number of steps: the second epoch ends in its third step."""
    grows = "def Setup():\n s2 = 1.0\n s3 = 10.0\ndef Predict():\n s1 = s2 + s4\ndef Learn():\n s2 = s2 * s3"
    fitness, steps = scored(grows, tasks_of([0.0], [12.0]), num_epochs=4)
    assert steps == 3  # 1, 10 and 100; 1000 is too much
    assert fitness == pytest.approx(1 - 2 / pi * atan(2))  # 10 after the first epoch, 100 after the second


def test_a_class_is_said_by_the_sigmoid_and_learn_sees_that() -> None:
    """Learn keeps what it saw: σ(2) = 0.88 less 0.9 is a no, 2 less 0.9 would be a yes."""
    sees = "def Setup():\n s2 = 2.9\n s6 = 0.9\ndef Predict():\n s1 = s2 - s6\ndef Learn():\n s2 = s1 + s7"
    assert scored(sees, tasks_of([1.0], [0.0], Labels.BINARY))[0] == 1.0


def test_validation_leaves_the_answer_as_the_program_wrote_it() -> None:
    """Each answer is 0.6 less the last: 0.6, 0, 0.6, 0 (which is no yes); of their sigmoids the fourth would be one."""
    swings = "def Setup():\n s2 = 0.6\ndef Predict():\n s1 = s2 - s1\ndef Learn():\n s1 = s7 + s7"
    assert scored(swings, tasks_of([1.0], [1.0, 0.0, 1.0, 0.0], Labels.BINARY))[0] == 1.0


def test_an_answer_that_is_no_number_is_no_class() -> None:
    """In training it was one: Learn spoils it."""
    spoilt = "def Predict():\n s1 = s2 + s2\ndef Learn():\n s2 = s3 / s3"
    assert scored(spoilt, tasks_of([0.0], [0.0], Labels.BINARY)) == (0.0, 1)


def test_of_equal_classes_the_last_is_said() -> None:
    silent = tasks_of([3.0], [9.0, 9.0, 8.0], Labels.CLASSES, features=12)
    assert scored("def Predict():\n v2 = v3 + v3", silent)[0] == pytest.approx(2 / 3)


def test_learn_sees_one_for_the_class_and_shares_for_the_answers() -> None:
    """The label is class 3, which is all that is said from then on. Or: the answer 10 for class 0 becomes the share 1, less 1 for
    the label that is nothing, so that the last of all equal classes is said; 10 less 1 would be class 0 again."""
    tasks = tasks_of([3.0], [3.0, 9.0], Labels.CLASSES, features=12)
    assert scored("def Predict():\n v2 = v3 + v3\ndef Learn():\n v3 = v1 + v3", tasks)[0] == 0.5
    said = "def Setup():\n v3[0.0] = 5.0\ndef Predict():\n v2 = v3 + v3\ndef Learn():\n v3 = v2 - v1"
    assert scored(said, tasks_of([0.0], [9.0, 9.0, 9.0, 0.0], Labels.CLASSES, features=12))[0] == 0.75
