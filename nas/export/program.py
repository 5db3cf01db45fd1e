"""From a learning program to a file of Python that was proven to be it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.automl_zero import reference_vm
from nas.automl_zero.analysis.dead_code import live_program
from nas.automl_zero.export import numpy_source
from nas.automl_zero.ops import OPS, Kind
from nas.automl_zero.program import Program
from nas.automl_zero.task_data import NUM_CLASSES, Labels, TaskData
from nas.automl_zero.text import program_text
from nas.core.graph import Shape
from nas.core.space import Programmed, Space, architecture_key
from nas.export.alone import run_alone
from nas.export.errors import ExportFailed
from nas.export.expression import WIDTH
from nas.export.header import docstring_lines

LARGEST_DIFFERENCE = 1e-12
"""Of a fitness, between the file and the virtual machine."""

NUM_TASKS = 3
NUM_EPOCHS = 2
_NUM_TRAIN, _NUM_VALID = 30, 20
_MOST_FEATURES = 16
_SEED = 20_260
_SCRIPT = Path(__file__).with_name("clean_program_check.py")


@dataclass(frozen=True, slots=True)
class ProgramReport:
    """What the clean process saw; `max_difference` of the fitness, over `num_tasks`."""

    instructions: int
    max_difference: float
    num_tasks: int
    numpy_version: str

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def labels_of(space: Programmed, num_classes: int) -> Labels:
    """What programs of the space predict on a problem of so many classes."""
    if space.vector_labels:
        return Labels.CLASSES
    return Labels.NUMBER if num_classes == 1 else Labels.BINARY


def program_source(space: Space, genotype: dict[str, Any], input_shape: Shape, num_classes: int) -> str:
    """The file. Raises InvalidGenotype as the space does."""
    assert isinstance(space, Programmed)  # the request has looked
    program = space.program(genotype)
    labels = labels_of(space, num_classes)
    features = int(np.prod(input_shape))
    facts = (
        f"A learning program of {space.title}, written out by NASWeb. Dead instructions are left out.",
        "",
        f"Space: {space.name}, version {space.version}; {space.source}",
        f"Key: {architecture_key(space, genotype)}",
        f"Settings: {json.dumps(space.config.as_json(), ensure_ascii=False)}",
        f"Input: {features} features; labels are {_LABELS[labels]}",
        f"Check: imported in a process with NumPy {np.__version__} alone; on {NUM_TASKS} written tasks its fitness is that of "
        f"the search to {LARGEST_DIFFERENCE:g}",
        "",
        "The program:",
        "",
    )
    lines = [line for fact in facts for line in (docstring_lines(fact, WIDTH - 6) if fact else [""])]
    live = live_program(program, vector_labels=space.vector_labels)
    return numpy_source(program, labels, features, [*lines, *program_text(live).splitlines()])


_LABELS = {
    Labels.NUMBER: "numbers",
    Labels.BINARY: "0 or 1",
    Labels.CLASSES: f"numbers of classes, at most {NUM_CLASSES}",
}


def check_program(
    source: str, program: Program, labels: Labels, num_features: int, *, should_stop: Callable[[], bool] = lambda: False
) -> ProgramReport:
    """Import the file in a process that cannot import us and let it learn written tasks.

    Raises ExportFailed when a fitness differs from that of the virtual machine, Interrupted when asked to stop.
    """
    features = max(min(num_features, _MOST_FEATURES), NUM_CLASSES if labels is Labels.CLASSES else 2)
    tasks = _written_tasks(labels, features)
    expected = _fitness(program, tasks)
    with tempfile.TemporaryDirectory(prefix="nas-export-") as name:
        folder = Path(name)
        file, data = folder / "program.py", folder / "tasks.npz"
        file.write_text(source, encoding="utf-8")
        names = ("train_features", "train_labels", "valid_features", "valid_labels", "seeds")
        np.savez(data, orders=tasks.orders(NUM_EPOCHS), **{name: getattr(tasks, name) for name in names})
        numpy_folder = str(Path(np.__file__).parent.parent)
        seen = run_alone(_SCRIPT, [str(file), str(data), numpy_folder], folder, should_stop)
    if seen["can_import_nas"]:
        raise ExportFailed("the process that checks exported files could import this program, so it proves nothing")
    if seen["error"]:
        raise ExportFailed(f"the exported file does not run by itself: {seen['error']:.500}")
    difference = float(np.abs(np.array(seen["fitness"]) - expected).max())
    if not difference <= LARGEST_DIFFERENCE:
        raise ExportFailed(
            f"the fitness of the exported file differs from that of the search, by up to {difference:.3g}"
        )
    live = live_program(program, vector_labels=labels is Labels.CLASSES)
    return ProgramReport(live.num_instructions, difference, len(expected), seen["numpy"])


def _written_tasks(labels: Labels, num_features: int) -> TaskData:
    """A linear rule with a bend; of classes, which of the first features is the largest."""
    rng = np.random.default_rng(_SEED)
    features = rng.standard_normal((NUM_TASKS, _NUM_TRAIN + _NUM_VALID, num_features))
    weights = rng.standard_normal((NUM_TASKS, 1, num_features))
    values = (features * weights).sum(axis=2) + np.abs(features[:, :, 0])
    answers = {
        Labels.NUMBER: values,
        Labels.BINARY: (values > 0).astype(np.float64),
        Labels.CLASSES: features[:, :, :NUM_CLASSES].argmax(axis=2).astype(np.float64),
    }[labels]
    parts = (features[:, :_NUM_TRAIN], answers[:, :_NUM_TRAIN], features[:, _NUM_TRAIN:], answers[:, _NUM_TRAIN:])
    return TaskData(labels, *parts, seeds=np.arange(1, NUM_TASKS + 1, dtype=np.uint64))


def _fitness(program: Program, tasks: TaskData) -> npt.NDArray[np.float64]:
    """(D,) by the compiled machine; by the one to read where the program draws, whose generator begins at a given seed."""
    addresses = _addresses(program)
    if not any(OPS[line.op].is_random for _, _, line in program.lines()):
        from nas.automl_zero.evaluation import Evaluator  # numba takes a while to import

        scores = Evaluator(tasks, addresses, num_epochs=NUM_EPOCHS).score([program])
        return np.asarray(scores.fitness[0], np.float64)
    live = live_program(program, vector_labels=tasks.labels is Labels.CLASSES)
    return np.array(
        [
            reference_vm.evaluate(live, tasks, task, addresses=addresses, num_epochs=NUM_EPOCHS, seed=int(seed))[0]
            for task, seed in enumerate(tasks.seeds)
        ]
    )


def _addresses(program: Program) -> tuple[int, int, int]:
    """As many of each type as the program names, and those of label and prediction."""
    most = {Kind.SCALAR: 1, Kind.VECTOR: 2, Kind.MATRIX: 0}
    for _, _, line in program.lines():
        op = OPS[line.op]
        for kind, address in zip(
            (*op.inputs, op.output), (*(line.in1, line.in2)[: len(op.inputs)], line.out), strict=True
        ):
            if kind is not None:
                most[kind] = max(most[kind], address)
    return most[Kind.SCALAR] + 1, most[Kind.VECTOR] + 1, most[Kind.MATRIX] + 1
