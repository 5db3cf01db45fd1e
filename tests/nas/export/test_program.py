"""A program as a file of Python: it learns by itself as it did in the search."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas.automl_zero.analysis.dead_code import live_program
from nas.automl_zero.evaluation import Evaluator
from nas.automl_zero.export import numpy_source
from nas.automl_zero.hand_written import HAND_WRITTEN, linear, network
from nas.automl_zero.ops import OPS
from nas.automl_zero.program import Program
from nas.automl_zero.reference_vm import evaluate
from nas.automl_zero.task_data import Labels
from nas.automl_zero.text import program_from_text
from nas.core.errors import InvalidConfig
from nas.export.errors import ExportFailed
from nas.export.export import export
from nas.export.program import check_program, program_source
from nas.export.request import ExportRequest
from tests.nas.automl_zero.random_programs import make_tasks, random_program
from tests.nas.estimators.place import CELLS, small_space
from tests.nas.estimators.programs import program_space

ADDRESSES = (5, 9, 3)
NOT_RANDOM = [op.number for op in OPS if not op.is_random]


def imported(program: Program, labels: Labels) -> dict[str, Any]:
    """The names of the file."""
    names: dict[str, Any] = {}
    exec(compile(numpy_source(program, labels, 4, ["A program."]), "exported.py", "exec"), names)
    return names


def fitness(program: Program, tasks: Any, *, epochs: int = 1) -> list[float]:
    file = imported(program, tasks.labels)
    orders = tasks.orders(epochs)
    return [
        file["fitness"](
            (tasks.train_features[task], tasks.train_labels[task]),
            (tasks.valid_features[task], tasks.valid_labels[task]),
            orders[:, task],
            int(tasks.seeds[task]),
        )
        for task in range(tasks.num_tasks)
    ]


@pytest.mark.parametrize("labels", list(Labels))
def test_random_programs_of_all_operations_are_scored_as_in_the_search(labels: Labels) -> None:
    rng = np.random.default_rng(21)
    tasks = make_tasks(
        rng, labels=labels, num_tasks=3, num_valid=40, num_features=10 if labels is Labels.CLASSES else 4
    )
    programs = [random_program(rng, ADDRESSES, ops=NOT_RANDOM) for _ in range(120)]
    expected = Evaluator(tasks, ADDRESSES, num_epochs=2).score(programs).fitness
    found = np.array([fitness(program, tasks, epochs=2) for program in programs])
    assert np.abs(found - expected).max() <= 1e-12
    assert len(np.unique(expected)) > (20 if labels is Labels.NUMBER else 3)


def test_what_a_program_draws_is_drawn_again() -> None:
    rng = np.random.default_rng(22)
    tasks = make_tasks(rng, num_tasks=2)
    programs = [network(0.05, 0.5), *(random_program(rng, ADDRESSES, sizes=(3, 3, 3)) for _ in range(60))]
    drawing = [
        live for live in map(live_program, programs) if any(OPS[line.op].is_random for _, _, line in live.lines())
    ]
    assert len(drawing) > 5
    seen = set()
    for program in drawing:
        expected = [
            evaluate(program, tasks, task, addresses=ADDRESSES, num_epochs=1, seed=int(tasks.seeds[task]))[0]
            for task in range(2)
        ]
        assert np.allclose(fitness(program, tasks), expected, rtol=0, atol=1e-12)
        seen |= set(expected)
    assert len(seen) > 5


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_in_a_clean_process_the_file_is_the_program(name: str) -> None:
    space = program_space()
    exported = export(ExportRequest(space, HAND_WRITTEN[name].program.as_json(), (8, 1, 1), 2, ("numpy",)))
    (file,) = exported.files
    assert file.kind == "source"
    assert file.name.endswith(".py")
    found = exported.checks["numpy"]
    assert found["max_difference"] <= 1e-12
    assert found["instructions"] == HAND_WRITTEN[name].program.num_instructions


def test_the_file_can_be_read_by_people() -> None:
    longer = program_from_text(
        "def Setup():\n s2 = 0.01\n v2 = gaussian(0.0, 1.0)\n"
        "def Predict():\n s1 = dot(v1, v0)\n"
        "def Learn():\n s3 = s0 - s1\n s3 = s2 * s3\n v2 = s3 * v0\n v1 = v1 + v2\n s3 = sin(s3)\n"
    )
    text = program_source(program_space(), longer.as_json(), (8, 1, 1), 1)
    assert (
        "        s3 = s0 - self.s1\n        s3 = self.s2 * s3\n        v2 = s3 * v0\n        self.v1 = self.v1 + v2\n"
        in text
    )
    assert "gaussian" not in text.partition("The program:")[2].replace('"""', "")
    assert "math.sin" not in text
    assert "    s3 = s0 - s1\n" in text


def test_an_algorithm_of_the_file_can_be_trained_step_by_step() -> None:
    file = imported(linear(0.1), Labels.NUMBER)
    algorithm = file["Algorithm"](3)
    rng = np.random.default_rng(0)
    for _ in range(300):
        features = rng.standard_normal(3)
        assert algorithm.train_step(features, float(features @ [1.0, -2.0, 0.5]))
    assert algorithm.answer(np.ones(3)) == pytest.approx(-0.5, abs=1e-6)
    assert not algorithm.train_step(np.ones(3), 1e6)


def test_a_file_that_is_another_program_is_not_handed_out() -> None:
    source = numpy_source(linear(0.02), Labels.NUMBER, 8, ["Wrong."])
    with pytest.raises(ExportFailed, match="differs from that of the search"):
        check_program(source, linear(0.01), Labels.NUMBER, 8)
    with pytest.raises(ExportFailed, match="it imports nas"):
        check_program("import nas\n" + source, linear(0.02), Labels.NUMBER, 8)


def test_each_space_has_the_formats_of_what_it_holds() -> None:
    genotype = linear().as_json()
    with pytest.raises(InvalidConfig, match="no networks of torch layers"):
        ExportRequest(program_space(), genotype, (8, 1, 1), 1, ("pytorch",))
    with pytest.raises(InvalidConfig, match="no programs"):
        ExportRequest(small_space(), {"edges": list(CELLS["good"])}, (1, 8, 8), 10, ("numpy",))
