"""Every registered estimator keeps the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from nas.automl_zero.text import program_from_text
from nas.core.estimator import Estimator, EvaluationRequest
from nas.core.result import ResultStatus
from nas.estimators.table_import import TableDescription, import_table
from nas.estimators.tables import FolderTableLibrary, write_table
from nas.registry import estimators
from nas.wann.variation import Variation
from tests.contracts.estimator_contract import EstimatorContract
from tests.nas.estimators.place import CELLS, Place, cell_string, digits, small_space, table_csv
from tests.nas.estimators.programs import program_request
from tests.support.supernets import trained_supernet
from tests.support.wann import grown, wann_space


class Trains:
    """Of estimators that train each architecture."""

    name: ClassVar[str]

    @pytest.fixture
    def estimator(self) -> Estimator:
        train = estimators.get(self.name)
        # The steps are coarse enough that a shifted random number would show in the accuracy.
        return train(train.Config.parse({"epochs": 2, "crop_padding": 1, "cutout": 2}))

    @pytest.fixture
    def failing(self, request_: EvaluationRequest) -> tuple[Estimator, EvaluationRequest, ResultStatus]:
        train = estimators.get(self.name)
        wild = train.Config.parse({"epochs": 30, "learning_rate": 100, "weight_decay": 1, "schedule": "constant"})
        return train(wild), request_, ResultStatus.DIVERGED


class TestTrain(Trains, EstimatorContract):
    name = "train"


class TestWarmStart(Trains, EstimatorContract):
    name = "warm_start"


class TestTable(EstimatorContract):
    @pytest.fixture
    def library(self, tmp_path: Path) -> FolderTableLibrary:
        rows = {
            cell_string(CELLS["good"]): ["71.5", "84.25", "90", "12.5"],
            cell_string(CELLS["light"]): ["", "", "50", ""],
        }
        path = table_csv(tmp_path / "t.csv", rows, "val_acc_12ep,val_acc_200ep,test_acc_200ep,latency_ms")
        description = TableDescription(name="Two cells", source="made for this test", licence="CC0")
        write_table(import_table(path, description, small_space()), tmp_path / "nasbench201.table")
        return FolderTableLibrary(tmp_path)

    @pytest.fixture
    def estimator(self, library: FolderTableLibrary) -> Estimator:
        table = estimators.get("table")
        return table(table.Config.parse({"latency_column": "latency_ms"}), library)

    @pytest.fixture
    def fidelities(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return {"epochs": 12}, {"epochs": 200}

    @pytest.fixture
    def failing(
        self, estimator: Estimator, request_: EvaluationRequest
    ) -> tuple[Estimator, EvaluationRequest, ResultStatus]:
        missing = replace(request_, genotype={"edges": list(CELLS["light"])})
        return estimator, missing, ResultStatus.INFEASIBLE


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_supernet(small_space(), digits(max_examples=300), tmp_path_factory.mktemp("supernet"))


class TestInherit(EstimatorContract):
    @pytest.fixture
    def estimator(self, file: Path) -> Estimator:
        inherit = estimators.get("inherit")
        config = {"supernet": str(file), "calibration_batches": 2, "batch_size": 32}
        return inherit(inherit.Config.parse(config), FolderTableLibrary())

    @pytest.fixture
    def fidelities(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return {"batches": 1}, {"batches": 4}

    @pytest.fixture
    def failing(
        self, file: Path, tmp_path: Path, request_: EvaluationRequest
    ) -> tuple[Estimator, EvaluationRequest, ResultStatus]:
        """Its weights are gone once the search has begun."""
        copy = tmp_path / "gone.checkpoint"
        copy.write_bytes(file.read_bytes())
        inherit = estimators.get("inherit")
        estimator = inherit(inherit.Config.parse({"supernet": str(copy)}), FolderTableLibrary())
        copy.unlink()
        return estimator, request_, ResultStatus.CRASHED


class TestSharedWeight(EstimatorContract):
    @pytest.fixture
    def request_(self) -> EvaluationRequest:
        genotype = grown(np.random.default_rng(3), 30, num_inputs=64, num_outputs=10, by=Variation((3, 5, 9), 200))
        return EvaluationRequest(wann_space(), digits(max_examples=300), genotype.as_genotype(), seed=11)

    @pytest.fixture
    def estimator(self) -> Estimator:
        shared = estimators.get("shared_weight")
        return shared(shared.Config.parse({"sweep_points": 9, "random_draws": 5}))

    @pytest.fixture
    def fidelities(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return {"sweep_points": 3}, {"sweep_points": 41}

    @pytest.fixture
    def failing(
        self, estimator: Estimator, request_: EvaluationRequest
    ) -> tuple[Estimator, EvaluationRequest, ResultStatus]:
        in_a_circle = {"activations": [1, 1], "connections": [[75, 76, 1], [76, 75, 1], [76, 65, 1]]}
        return estimator, replace(request_, genotype=in_a_circle), ResultStatus.INFEASIBLE


class TestProgramFitness(EstimatorContract):
    @pytest.fixture
    def request_(self) -> EvaluationRequest:
        return program_request(kind="teacher_sign")

    @pytest.fixture
    def estimator(self) -> Estimator:
        fitness = estimators.get("program_fitness")
        return fitness(fitness.Config.parse({}))

    @pytest.fixture
    def fidelities(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return {"tasks": 5}, {"tasks": 20}

    def test_failures_have_a_name_and_a_reason(self, estimator: Estimator) -> None:  # type: ignore[override]
        """A program always has a score: the worst one where its predictions are no numbers."""
        failing = program_request(program_from_text("def Predict():\n  s1 = s2 / s2"), kind="teacher_sign")
        assert estimator.evaluate(failing, Place()).metrics["fitness"] == 0.0


def test_every_registered_estimator_is_here() -> None:
    suites = EstimatorContract.__subclasses__()
    named = {name.replace("_", "") for name in estimators.names()}
    assert {suite.__name__.removeprefix("Test").lower() for suite in suites} == named
