"""The programs that people wrote learn: linear ones linear functions, the network its teacher by back-propagation."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from nas.automl_zero.evaluation import Evaluator
from nas.automl_zero.hand_written import HAND_WRITTEN, affine, linear, network, rediscovered_network
from nas.automl_zero.program import Instruction, Program
from nas.automl_zero.task_data import TaskData
from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.program_tasks import ProgramTasks
from nas.problems.program_tasks_config import ProgramTasksConfig

ADDRESSES = (5, 9, 2)


@cache
def tasks(kind: str, features: int, train: int, valid: int, num: int = 50) -> TaskData:
    values: dict[str, Any] = {"kind": kind, "features": features, "train_examples": train, "valid_examples": valid}
    config = ProgramTasksConfig.parse({**values, "search_tasks": num, "select_train_examples": 100})
    return ProgramTasks(config, BundledLibrary()).tasks("search")


def fitness(program: Program, *which: Any, **more: Any) -> npt.NDArray[np.float64]:
    """(D,) on tasks of that sort."""
    return Evaluator(tasks(*which, **more), ADDRESSES).score([program]).fitness[0]


def test_they_use_no_address_beyond_what_they_say_they_need() -> None:
    for known in HAND_WRITTEN.values():
        Evaluator(tasks("linear", 4, 100, 100), (known.scalars, known.vectors, known.matrices)).score([known.program])


def test_an_empty_program_is_far_from_perfect() -> None:
    assert 0.2 < fitness(Program(), "linear", 4, 100, 100).mean() < 0.5


def test_the_linear_program_learns_linear_functions_the_better_the_longer_it_may() -> None:
    slow = fitness(linear(0.01), "linear", 4, 100, 100).mean()
    assert 0.5 < slow < 0.8
    assert fitness(linear(0.1), "linear", 4, 100, 100).mean() > 0.999
    assert fitness(linear(0.01), "linear", 8, 1000, 100).mean() > 0.9997


def test_only_the_affine_program_learns_affine_functions() -> None:
    assert fitness(affine(0.01), "affine", 8, 1000, 100).mean() > 0.9997
    assert fitness(linear(0.01), "affine", 8, 1000, 100).mean() < 0.8


def test_the_network_learns_its_teacher_and_the_linear_program_does_not() -> None:
    flat = fitness(linear(0.01), "teacher", 4, 1000, 100).mean()
    short = fitness(network(0.01), "teacher", 4, 1000, 100).mean()
    long = fitness(network(0.01), "teacher", 4, 10_000, 100).mean()
    assert fitness(Program(), "teacher", 4, 1000, 100).mean() + 0.05 < flat < 0.55
    assert 0.65 < short < 0.8
    assert short + 0.1 < long < 0.99


def test_a_network_that_learns_fast_diverges_on_some_tasks_and_is_nearly_perfect_on_others() -> None:
    found = fitness(network(0.03), "teacher", 4, 10_000, 100)
    assert 0 < (found == 0).mean() < 0.5
    assert (found > 0.95).mean() > 0.2


def test_the_network_tells_the_sign_of_its_teacher_and_a_logistic_regression_half_of_it() -> None:
    which = ("teacher_sign", 8, 8000, 1000)
    assert fitness(linear(0.1), *which, num=20).mean() < 0.8
    assert fitness(network(0.03, 0.3), *which, num=20).mean() > 0.92


@pytest.mark.parametrize(("rate", "learns"), [(0.041, True), (4.1, False)])
def test_the_rediscovered_network_learns_its_teacher_at_a_rate_that_fits_the_task(rate: float, learns: bool) -> None:
    """Its published rate is for other features; with it the first large error ends each of these tasks."""
    found = rediscovered_network()
    setup = (found.setup[0], Instruction(56, out=3, constants=(rate, 0.0, 0.0)), found.setup[2])
    score = fitness(Program(setup, found.predict, found.learn), "teacher", 8, 10_000, 100, num=10).mean()
    flat = fitness(linear(0.01), "teacher", 8, 10_000, 100, num=10).mean()
    assert score > flat + 0.1 if learns else score == 0
