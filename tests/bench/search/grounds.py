"""What is searched: the NAS-Bench-201 table, or real training on the digits."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nas.core.errors import UnknownName
from nas.core.estimator import BenchmarkTable, ColumnRole, TableLibrary
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.estimators.table_import import TableDescription, import_table
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import strategies
from nas.spaces.nasbench201 import NasBench201, NasBench201Config
from nas.specification import RunSpecification

VALIDATION, TEST = "c10_val_acc_12ep", "c10_test_acc_200ep_1seed"


@dataclass(frozen=True)
class OneTable:
    """A library of one table."""

    table: BenchmarkTable

    def load_table(self, reference: str) -> BenchmarkTable:
        if reference != self.table.name:
            raise UnknownName(f"there is no table {reference!r}")
        return self.table


class NoTables:
    """An empty library."""

    def load_table(self, reference: str) -> BenchmarkTable:
        raise UnknownName(f"there is no table {reference!r}")


class Ground(ABC):
    """A search problem with a budget. Accuracies are fractions."""

    name: ClassVar[str]
    unit: ClassVar[str]
    best: float | None = None
    """The best validation accuracy there is, where it is known."""

    def __init__(self, budget: float) -> None:
        self.budget = budget

    def specification(self, strategy: str, config: Mapping[str, Any], seed: int) -> RunSpecification:
        return RunSpecification.parse(
            {
                **self._parts(),
                "strategy": {"name": strategy, "config": {**self.settings(strategy), **config}},
                "objectives": ["accuracy:maximise"],
                "budget": {"trials": 1_000_000},
                "seed": seed,
            }
        )

    def setup(self, specification: RunSpecification) -> SearchSetup:
        return specification.setup(data=BundledLibrary(), tables=self._library())

    def settings(self, strategy: str) -> dict[str, Any]:
        """What a strategy has to be told about this ground."""
        return {}

    @abstractmethod
    def _parts(self) -> dict[str, Any]:
        """Problem, space and estimator of the specification."""

    @abstractmethod
    def _library(self) -> TableLibrary: ...

    @abstractmethod
    def cost(self, result: Result, epochs_before: int) -> float:
        """What that evaluation took of the budget; `epochs_before` of them were another's that it went on from."""


class TableGround(Ground):
    """CIFAR-10 of NAS-Bench-201: validation after 12 epochs guides the search, test after 200 is reported.

    The table holds no training times: a training costs its epochs × MACs. The budget is that of so many average ones.
    """

    name = "table"
    unit = "trainings of average cost"

    def __init__(self, budget: float) -> None:
        """Raises KeyError when NASWEB_TEST_DATA does not name the folder of data sets."""
        super().__init__(budget)
        path = Path(os.environ["NASWEB_TEST_DATA"]) / "nasbench201" / "nasbench201_cifar10.csv.gz"
        description = TableDescription(name="nasbench201", source="NAS-Bench-201, arXiv 2001.00326", licence="MIT")
        self._table = import_table(path, description, NasBench201(NasBench201Config()))
        columns = self._table.columns
        self.best = float(np.nanmax(columns[VALIDATION].values))
        (macs,) = (column.values for column in columns.values() if column.role is ColumnRole.MACS)
        estimator: Any = self.setup(self.specification("random", {}, 0)).estimator
        per_mac = 12 * 3 * estimator.config.examples_per_epoch / estimator.config.macs_per_second
        self._mean_seconds: float = float(np.mean(macs)) * per_mac

    def _parts(self) -> dict[str, Any]:
        columns = {"accuracy_column": VALIDATION, "test_column": TEST}
        return {
            "problem": {"name": "image_classification"},
            "space": {"name": "nasbench201"},
            "estimator": {"name": "table", "config": columns},
        }

    def _library(self) -> TableLibrary:
        return OneTable(self._table)

    def cost(self, result: Result, epochs_before: int) -> float:
        return result.cost_seconds / self._mean_seconds


class DigitsGround(Ground):
    """Real training on the bundled digits. Few of them to learn from, so that architectures differ; many to score with."""

    name = "digits"
    unit = "trainings of full length"
    epochs = 9

    def settings(self, strategy: str) -> dict[str, Any]:
        """Schedulers of fidelity train for as long as the others do at most."""
        return {"max_epochs": self.epochs} if "max_epochs" in strategies.get(strategy).Config.model_fields else {}

    def _parts(self) -> dict[str, Any]:
        shares = {"validation_share": 0.5, "test_share": 0.3}
        return {
            "problem": {"name": "image_classification", "config": {"dataset": "digits", **shares}},
            "space": {"name": "nasbench201", "config": {"width": 4, "cells_per_stage": 1}},
            "estimator": {"name": "train", "config": {"epochs": self.epochs}},
        }

    def _library(self) -> TableLibrary:
        return NoTables()

    def cost(self, result: Result, epochs_before: int) -> float:
        return max(0, result.steps_done - epochs_before) / self.epochs
