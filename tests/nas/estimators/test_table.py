"""Benchmark tables: import, storage, look-up."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidConfig, InvalidData, TrialFailed, UnknownName
from nas.core.estimator import BenchmarkTable, ColumnRole, EvaluationRequest
from nas.core.objective import Objective
from nas.core.result import ResultStatus
from nas.core.setup import SearchSetup
from nas.estimators.table import Table, TableConfig
from nas.estimators.table_import import ColumnMeaning, TableDescription, guess_meaning, import_table
from nas.estimators.tables import FolderTableLibrary, read_table, write_table
from nas.registry import spaces
from nas.strategies.asha import Asha, AshaConfig
from tests.nas.estimators.place import CELLS, Place, cell_string, digits, small_space, table_csv

GOOD, LIGHT = cell_string(CELLS["good"]), cell_string(CELLS["light"])
ROWS = {GOOD: ["71.5", "84.25", "12.5"], LIGHT: ["64", "70", ""]}


def description(**changed: Any) -> TableDescription:
    return TableDescription.parse({"name": "Small", "source": "made up", "licence": "CC0"} | changed)


def imported(tmp_path: Path, rows: Mapping[str, list[str]] = ROWS, **changed: Any) -> BenchmarkTable:
    return import_table(table_csv(tmp_path / "t.csv", rows), description(**changed), small_space())


class OneTable:
    def __init__(self, table: BenchmarkTable) -> None:
        self.table = table

    def load_table(self, reference: str) -> BenchmarkTable:
        return self.table


def ask(
    table: BenchmarkTable, edges: list[str], *, with_test: bool = False, fidelity: Any = None, **config: Any
) -> Any:
    request = EvaluationRequest(small_space(), digits(), {"edges": edges}, 0, fidelity or {}, with_test=with_test)
    return Table(TableConfig.parse(config), OneTable(table)).evaluate(request, Place())


# Import


def test_values_are_kept_in_house_units(tmp_path: Path) -> None:
    table = imported(tmp_path)
    column = table.columns["val_acc_12ep"]
    assert (column.role, column.part, column.epochs) == (ColumnRole.ACCURACY, "validation", 12)
    assert column.values.tolist() == [0.715, 0.64]
    latency = table.columns["latency_ms"].values
    assert latency[0] == 12.5
    assert np.isnan(latency[1])
    assert (table.name, table.space, table.source, table.licence) == ("Small", "nasbench201", "made up", "CC0")


def test_described_columns_and_units(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f'cell,score,speed,time\n"{GOOD}",0.9,0.002,1500\n', encoding="utf-8-sig")
    told = [
        {"column": "score", "role": "accuracy", "unit": "fraction", "part": "validation", "epochs": 3},
        {"column": "speed", "role": "latency", "unit": "s"},
        {"column": "time", "role": "train_time", "unit": "ms"},
    ]
    table = import_table(tmp_path / "t.csv", description(architecture_column="cell", columns=told), small_space())
    assert {name: column.values.tolist() for name, column in table.columns.items()} == {
        "score": [0.9],
        "speed": [2.0],
        "time": [1.5],
    }


def test_json_encoding_and_gzip(tmp_path: Path) -> None:
    import json

    cell = json.dumps({"edges": CELLS["good"]}).replace('"', '""')
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(f'arch_str,val_acc\n"{cell}",50\n'.encode()))
    table = import_table(tmp_path / "t.csv.gz", description(encoding="json"), small_space())
    assert ask(table, CELLS["good"]).metrics["accuracy"] == 0.5


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("c10_val_acc_12ep", ("accuracy", "validation", 12)),
        ("c10_test_acc_200ep_1seed", ("accuracy", "test", 200)),
        ("train_accuracy", ("accuracy", "train", None)),
        ("latency_ms_raspi4", ("latency", "", None)),
        ("c10_macs", ("macs", "", None)),
        ("train_time_200ep", ("train_time", "", 200)),
        ("arch_id", None),
        ("accelerator", None),
    ],
)
def test_meanings_are_guessed_by_name(name: str, expected: tuple[str, str, int | None] | None) -> None:
    found = guess_meaning(name)
    assert expected == (None if found is None else (found.role.value, found.part, found.epochs))


def refusal(path: Path, text: str | bytes, **changed: Any) -> str:
    (path / "bad.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(InvalidData) as caught:
        import_table(path / "bad.csv", description(**changed), small_space())
    return str(caught.value)


HEAD = "arch_str,val_acc\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty"),
        (HEAD, "a header but no rows"),
        ("cell,val_acc\nx,1\n", "no column arch_str; it has cell, val_acc"),
        (f"arch_str,colour\n{GOOD},3\n", "No column with accuracies was named or found among arch_str, colour"),
        ("arch_str,val_acc,val_acc\n", "Column names must differ; twice: val_acc"),
        (f"{HEAD}{GOOD},50\n{LIGHT},100.5\n", "row 3: val_acc is 100.5; an accuracy here lies in 0…100"),
        (f"{HEAD}{GOOD},-1\n", "row 2: val_acc is -1"),
        (f"{HEAD}{GOOD},nan\n", "row 2: val_acc is 'nan'; expected a number, or nothing"),
        (f"{HEAD}{GOOD},high\n", "row 2: val_acc is 'high'"),
        (f"{HEAD}{GOOD},50\n{LIGHT},50\n\n{GOOD},50\n", "row 5: the architecture already stands in row 2"),
        (f"{HEAD}{GOOD}\n", "row 2: 1 values, but the header names 2 columns"),
        (f"{HEAD}|conv_9x9~0|+|none~0|none~1|+|none~0|none~1|none~2|,5\n", "there is no operation 'conv_9x9'"),
        (f"{HEAD}hello,5\n", "row 2: "),
        (f'{HEAD}"{GOOD},5\n', "not proper CSV"),
        (b"arch_str,val_acc\n\xff\xfe,3\n", "not UTF-8 text (byte 17)"),
        (gzip.compress(b"x" * 1000)[:-9], "damaged or cut-off gzip"),
    ],
)
def test_faults_of_a_file(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in refusal(tmp_path, text)


def test_at_most_five_faults_are_told(tmp_path: Path) -> None:
    text = refusal(tmp_path, HEAD + "".join(f"cell{number},1\n" for number in range(9)))
    assert [f"row {number}:" in text for number in range(2, 11)] == [True] * 5 + [False] * 4
    assert text.endswith("There may be more.")


def test_a_column_described_twice(tmp_path: Path) -> None:
    twice = [ColumnMeaning(column="a", role=ColumnRole.OTHER).as_json()] * 2
    with pytest.raises(InvalidConfig, match="each column can be described once; twice: a"):
        description(columns=twice)


# Storage


def test_round_trip_and_damage(tmp_path: Path) -> None:
    table = imported(tmp_path)
    write_table(table, tmp_path / "a.table")
    found = read_table(tmp_path / "a.table")
    assert (found.rows, found.canonical_rows, found.fingerprint) == (
        table.rows,
        table.canonical_rows,
        table.fingerprint,
    )
    for name, column in table.columns.items():
        assert found.columns[name].values.tobytes() == column.values.tobytes()
        assert (found.columns[name].role, found.columns[name].part) == (column.role, column.part)
    write_table(found, tmp_path / "b.table")
    assert (tmp_path / "a.table").read_bytes() == (tmp_path / "b.table").read_bytes()
    (tmp_path / "a.table").write_bytes((tmp_path / "a.table").read_bytes()[:-40])
    with pytest.raises(InvalidData, match="cannot be read"):
        read_table(tmp_path / "a.table")


def test_library_finds_by_id_and_notices_a_new_import(tmp_path: Path) -> None:
    library = FolderTableLibrary(tmp_path)
    with pytest.raises(UnknownName, match="none yet; import one first"):
        library.load_table("mine")
    write_table(imported(tmp_path), tmp_path / "mine.table")
    first = library.load_table("mine")
    assert library.load_table("mine") is first
    write_table(imported(tmp_path, {GOOD: ["1", "2", "3"]}), tmp_path / "mine.table")
    assert library.load_table("mine").fingerprint != first.fingerprint
    for wrong in ("../mine", "", "mine.table", str(tmp_path / "mine")):
        with pytest.raises(UnknownName, match="there are: mine"):
            library.load_table(wrong)


# Look-up


def test_an_answer(tmp_path: Path) -> None:
    found = ask(imported(tmp_path), CELLS["good"], latency_column="latency_ms", with_test=True)
    assert found.metrics["accuracy"] == 0.715
    assert found.metrics["error_percent"] == pytest.approx(28.5)
    assert found.metrics["test_accuracy"] == 0.8425
    assert found.metrics["latency_ms"] == 12.5
    assert (found.is_simulated, found.steps_done) == (True, 12)


def test_simulated_cost_by_macs_and_by_column(tmp_path: Path) -> None:
    space, problem = small_space(), digits()
    macs = space.cost({"edges": CELLS["good"]}, problem.input_shape, problem.num_classes).macs
    by_macs = ask(imported(tmp_path), CELLS["good"], examples_per_epoch=1000, macs_per_second=1e9)
    assert by_macs.cost_seconds == pytest.approx(12 * 3 * macs * 1000 / 1e9)
    assert by_macs.metrics["train_seconds"] == by_macs.cost_seconds
    path = table_csv(tmp_path / "c.csv", {GOOD: ["50", "100", "200"]}, "val_acc_12ep,macs,train_time_200ep")
    table = import_table(path, description(), space)
    assert ask(table, CELLS["good"], examples_per_epoch=10, macs_per_second=1e6).cost_seconds == pytest.approx(0.036)
    assert ask(table, CELLS["good"], cost_rule="column").cost_seconds == pytest.approx(12.0)


def test_exact_rows_win_over_their_canonical_form(tmp_path: Path) -> None:
    """Two cells that compute the same were trained apart: each keeps its own numbers; a third twin gets the first's."""
    first = ["none", "none", "none", "nor_conv_3x3", "none", "none"]
    second = ["none", "none", "none", "nor_conv_3x3", "nor_conv_1x1", "none"]
    third = ["nor_conv_1x1", "none", "none", "nor_conv_3x3", "none", "none"]
    space = small_space()
    assert len({space.canonical({"edges": edges}) for edges in (first, second, third)}) == 1
    table = imported(tmp_path, {cell_string(first): ["10", "1", "1"], cell_string(second): ["20", "1", "1"]})
    assert [ask(table, edges).metrics["accuracy"] for edges in (first, second, third)] == [0.1, 0.2, 0.1]


def test_missing_cells_and_rows_are_infeasible(tmp_path: Path) -> None:
    table = imported(tmp_path)
    with pytest.raises(TrialFailed, match="Small has no latency for this architecture") as caught:
        ask(table, CELLS["light"], latency_column="latency_ms")
    assert caught.value.status is ResultStatus.INFEASIBLE
    with pytest.raises(TrialFailed, match="Small has no row for this architecture"):
        ask(table, ["nor_conv_1x1"] * 6)


@pytest.mark.parametrize(
    ("config", "field", "said"),
    [
        (
            {"accuracy_column": "val_acc"},
            "accuracy_column",
            "no accuracy column 'val_acc'; there are: val_acc_12ep, test",
        ),
        ({"latency_column": "val_acc_12ep"}, "latency_column", "no latency column"),
        ({"cost_rule": "column"}, "cost_column", "has no train_time column; choose one of: none"),
        ({"macs_per_second": 0}, "macs_per_second", "at least"),
    ],
)
def test_settings_that_do_not_fit_the_table(tmp_path: Path, config: dict[str, Any], field: str, said: str) -> None:
    table = imported(tmp_path)
    with pytest.raises(InvalidConfig) as caught:
        Table(TableConfig.parse(config), OneTable(table))
    (error,) = caught.value.errors
    assert error.field == field
    assert said in error.message


def test_other_places_where_a_table_cannot_serve(tmp_path: Path) -> None:
    table = imported(tmp_path)
    with pytest.raises(InvalidConfig, match="no library of benchmark tables"):
        Table(TableConfig())
    with pytest.raises(InvalidConfig, match="table: there is no benchmark table 'nasbench201'"):
        Table(TableConfig(), FolderTableLibrary(tmp_path))
    with pytest.raises(InvalidConfig, match="is about the space other, not nasbench201"):
        Table(TableConfig(), OneTable(replace(table, space="other"))).check(small_space(), digits())
    with pytest.raises(InvalidConfig, match="has no results for 50 epochs; it has 12"):
        ask(table, CELLS["good"], fidelity={"epochs": 50})


def test_a_scheduler_of_fidelity_is_told_at_once_which_lengths_there_are(tmp_path: Path) -> None:
    estimator = Table(TableConfig(), OneTable(imported(tmp_path)))
    estimator.check_fidelity({"epochs": 12, "schedule_epochs": 200})
    setup = SearchSetup(small_space(), digits(), estimator, (Objective.from_text("accuracy"),), (), run_seed=0)
    with pytest.raises(InvalidConfig, match=r"^max_epochs: the table has no results for 1 epochs; it has 12"):
        Asha(AshaConfig(), setup)
    (proposal,) = Asha(AshaConfig(rungs=(12,)), setup).ask(1)
    assert proposal.fidelity["epochs"] == 12


def test_the_real_table(real_data: Path, tmp_path: Path) -> None:
    """All 15,625 cells of NAS-Bench-201; 6,466 canonical forms; the first row as published."""
    space = spaces.get("nasbench201")
    full = space(space.Config.parse({}))
    table = import_table(real_data / "nasbench201" / "nasbench201_cifar10.csv.gz", description(), full)
    assert (len(table.rows), len(table.canonical_rows)) == (15_625, 6_466)
    first = ["avg_pool_3x3", "nor_conv_1x1", "skip_connect", "nor_conv_1x1", "skip_connect", "skip_connect"]
    found = ask(table, first, with_test=True, latency_column="latency_ms_raspi4")
    assert found.metrics["accuracy"] == pytest.approx(0.63364)
    assert found.metrics["test_accuracy"] == pytest.approx(0.8618)
    assert found.metrics["latency_ms"] == pytest.approx(10.48198)
    assert found.cost_seconds == pytest.approx(12 * 3 * 15_647_370 * 25_000 / 1e12)
    costs = [full.cost({"edges": first}, (3, 32, 32), 10).macs, table.columns["c10_macs"].values[0]]
    assert costs[0] == costs[1]
