"""Look-up in a benchmark table: published training results instead of training. Its costs are simulated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import Interrupted, InvalidConfig, InvalidData, TrialFailed, UnknownName
from nas.core.estimator import (
    BenchmarkTable,
    ColumnRole,
    Evaluation,
    EvaluationContext,
    EvaluationRequest,
    TableColumn,
    TableLibrary,
)
from nas.core.problem import Problem
from nas.core.result import ResultStatus
from nas.core.space import Space

_BACKWARD = 3  # a training step costs about three forward passes


class TableConfig(BaseConfig):
    table: str = setting(
        "nasbench201",
        title="Benchmark table",
        description="The imported table to look results up in.",
        refers_to="table",
        min_length=1,
        max_length=200,
    )
    accuracy_column: str | None = setting(
        None,
        title="Accuracy column",
        description="Scores candidates; empty means the validation accuracy after the longest training.",
        max_length=200,
    )
    test_column: str | None = setting(
        None,
        title="Test column",
        description="Read for reported architectures only; empty means the test accuracy after the longest training.",
        max_length=200,
    )
    latency_column: str | None = setting(
        None, title="Latency column", description="Delivered as latency_ms; empty means none.", max_length=200
    )
    cost_rule: Literal["column", "macs"] = setting(
        "macs",
        title="Simulated cost",
        description="From the table's training times, or from epochs × MACs × examples at an assumed speed.",
    )
    cost_column: str | None = setting(
        None,
        title="Training time column",
        description="Only with simulated cost from a column; empty means the first one.",
        max_length=200,
        advanced=True,
    )
    examples_per_epoch: int = setting(
        25_000,
        title="Examples per epoch",
        description="Of the simulated training; NAS-Bench-201 searches on half of CIFAR-10.",
        unit="examples",
        ge=1,
        le=10**9,
        advanced=True,
    )
    macs_per_second: float = setting(
        1e12,
        title="Assumed speed",
        description="Multiply-accumulates per second of the simulated device.",
        unit="MAC/s",
        ge=1e6,
        le=1e18,
        advanced=True,
    )


class Table:
    """Answers at once. What it answers was measured by others, on their data; the cost it states is simulated."""

    name: ClassVar[str] = "table"
    title: ClassVar[str] = "Benchmark table"
    summary: ClassVar[str] = "Looks results up in an imported benchmark table; nothing is trained, costs are simulated."
    source: ClassVar[str] = (
        "Tabular benchmarks: Ying et al. 2019, arXiv 1902.09635; Dong and Yang 2020, arXiv 2001.00326."
    )
    version: ClassVar[int] = 1
    is_simulated: ClassVar[bool] = True
    Config: ClassVar[type[BaseConfig]] = TableConfig

    def __init__(self, config: TableConfig, library: TableLibrary | None = None) -> None:
        """Raises InvalidConfig when the table or a column it names is not there."""
        self._config = config
        if library is None:
            raise InvalidConfig.at("table", "there is no library of benchmark tables here; import a table first")
        try:
            self._table: BenchmarkTable = library.load_table(config.table)
        except (UnknownName, InvalidData) as error:
            raise InvalidConfig.at("table", str(error)) from None
        self._accuracy = self._column("accuracy_column", ColumnRole.ACCURACY, "validation")
        self._test = self._column("test_column", ColumnRole.ACCURACY, "test", is_needed=False)
        self._latency = (
            self._column("latency_column", ColumnRole.LATENCY) if config.latency_column is not None else None
        )
        self._train_time = self._column("cost_column", ColumnRole.TRAIN_TIME) if config.cost_rule == "column" else None

    @property
    def config(self) -> TableConfig:
        return self._config

    @property
    def table(self) -> BenchmarkTable:
        return self._table

    def metrics(self, problem: Problem) -> tuple[str, ...]:
        latency = ("latency_ms",) if self._latency is not None else ()
        return ("accuracy", "error_percent", "train_seconds", *latency)

    def check(self, space: Space, problem: Problem) -> None:
        if space.name != self._table.space:
            raise InvalidConfig.at(
                "table", f"the table {self._table.name} is about the space {self._table.space}, not {space.name}"
            )

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        """Metrics: accuracy, error_percent, train_seconds (simulated), latency_ms if configured, test_accuracy if asked."""
        if context.should_stop():
            raise Interrupted("stopped before the look-up")
        row = self._table.row(request.space, request.space.validate(request.genotype))
        if row is None:
            raise TrialFailed(
                ResultStatus.INFEASIBLE, f"The table {self._table.name} has no row for this architecture."
            )
        column = self._at_fidelity(request.fidelity)
        accuracy = self._value(column, row, "accuracy")
        epochs = column.epochs or 1
        seconds = self._seconds(request, row, epochs)
        metrics = {"accuracy": accuracy, "error_percent": 100 * (1 - accuracy), "train_seconds": seconds}
        if self._latency is not None:
            metrics["latency_ms"] = self._value(self._latency, row, "latency")
        if request.with_test and self._test is not None:
            metrics["test_accuracy"] = self._value(self._test, row, "test accuracy")
        context.report(epochs, {"accuracy": accuracy, "seconds": seconds})
        return Evaluation(metrics=metrics, cost_seconds=seconds, steps_done=epochs, is_simulated=True)

    def _column(self, field: str, role: ColumnRole, part: str = "", *, is_needed: bool = True) -> TableColumn | None:
        """The column a setting names, or the best of its role: of that part, trained longest."""
        named = getattr(self._config, field)
        fitting = {name: found for name, found in self._table.columns.items() if found.role is role}
        if named is not None:
            if named not in fitting:
                there = ", ".join(fitting) or "none"
                raise InvalidConfig.at(
                    field, f"the table has no {role.value} column {named!r:.60}; there are: {there:.300}"
                )
            return fitting[named]
        usable = [found for found in fitting.values() if not part or found.part == part]
        if not usable and is_needed:
            there = ", ".join(fitting) or "none"
            raise InvalidConfig.at(
                field, f"the table has no {part} {role.value} column; choose one of: {there:.300}".replace("  ", " ")
            )
        return max(usable, key=lambda found: found.epochs or 0) if usable else None

    def check_fidelity(self, fidelity: Mapping[str, Any]) -> None:
        """As `LimitedFidelity` says."""
        self._at_fidelity(fidelity)

    def _at_fidelity(self, fidelity: Mapping[str, Any]) -> TableColumn:
        """The accuracy column, or its sibling trained for the number of epochs the fidelity asks for.

        Each column is a training of its own, with a schedule of its own: `schedule_epochs` changes nothing, and a
        promotion costs the whole longer training.
        """
        assert self._accuracy is not None  # _column raised otherwise
        unknown = set(fidelity) - {"epochs", "schedule_epochs"}
        if unknown:
            raise InvalidConfig.at("fidelity", f"a table knows the fidelity epochs, not {', '.join(sorted(unknown))}")
        wanted = fidelity.get("epochs", self._accuracy.epochs)
        if wanted == self._accuracy.epochs:
            return self._accuracy
        siblings = [
            found
            for found in self._table.columns.values()
            if found.role is ColumnRole.ACCURACY and found.part == self._accuracy.part
        ]
        for found in siblings:
            if found.epochs == wanted:
                return found
        there = ", ".join(str(found.epochs) for found in siblings if found.epochs is not None) or "none"
        raise InvalidConfig.at("fidelity.epochs", f"the table has no results for {wanted!r:.60} epochs; it has {there}")

    def _value(self, column: TableColumn, row: int, what: str) -> float:
        value = float(column.values[row])
        if not math.isfinite(value):
            raise TrialFailed(
                ResultStatus.INFEASIBLE, f"The table {self._table.name} has no {what} for this architecture."
            )
        return value

    def _seconds(self, request: EvaluationRequest, row: int, epochs: int) -> float:
        """Simulated. A training time column counts for its own number of epochs and is scaled to others."""
        if self._train_time is not None:
            return self._value(self._train_time, row, "training time") * epochs / (self._train_time.epochs or epochs)
        listed = [found for found in self._table.columns.values() if found.role is ColumnRole.MACS]
        if listed and math.isfinite(listed[0].values[row]):
            macs = float(listed[0].values[row])
        else:
            problem = request.problem
            macs = request.space.cost(request.genotype, problem.input_shape, problem.num_classes).macs
        return epochs * _BACKWARD * macs * self._config.examples_per_epoch / self._config.macs_per_second
