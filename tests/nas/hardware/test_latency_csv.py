"""Latency tables as CSV."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest

from nas.core.errors import InvalidData, UnknownName
from nas.hardware.latency_csv import as_csv, read_file, table_from
from nas.hardware.latency_files import load_latency_file, write_latency_file
from nas.hardware.latency_table import LatencyRow, LatencyTable, TableFingerprint

MINE = LatencyTable(
    "mine",
    TableFingerprint("a CPU, quick", "2.13", threads=2, batch=8, memory_format="channels_last"),
    {"a": LatencyRow(100, 0.1, 1e-3, 1 / 3, 0.4), 'b,"c"': LatencyRow.single(2.5)},
    offset_ms=-0.125,
    checks=((1.0, 1.1), (2e-05, 3.3)),
)


def imported(text: str, **options: str) -> LatencyTable:
    return table_from(read_file(io.BytesIO(text.encode())), **{"name": "mine", "device": "there", **options})


def networks(num: int = 60, *, noise: float = 0.0) -> str:
    rng = np.random.Generator(np.random.PCG64(0))
    lines = ["id,op0,op1,slow,quick"]
    for number in range(num):
        first, second = rng.integers(3), rng.integers(2)
        time = 4.0 + (0.5, 1.5, 3.5)[first] + (0.25, 1.0)[second] + noise * rng.normal()
        lines.append(f"{number},{first},{second},{time!r},{time * 10!r}")
    return "\n".join(lines)


def test_our_own_form_comes_back_whole() -> None:
    assert table_from(read_file(io.BytesIO(as_csv(MINE).encode())), name="mine") == MINE
    packed = io.BytesIO(gzip.compress(as_csv(MINE).encode()))
    assert table_from(read_file(packed), name="mine") == MINE


@pytest.mark.parametrize(
    ("column", "text"), [("median_ms", "1.5"), ("latency_us", "1500"), ("Mean (s)", "0.0015"), ("mean ns", "1500000")]
)
def test_times_are_converted_to_milliseconds(column: str, text: str) -> None:
    row = imported(f"key,{column}\na,{text}\n").rows["a"]
    assert row.median_ms == row.mean_ms == row.p95_ms == pytest.approx(1.5)
    assert (row.count, row.variance) == (1, 0.0)


def test_variances_are_converted_with_their_square() -> None:
    assert imported("key,mean_us,variance_us2\na,1,4\n").rows["a"].variance == pytest.approx(4e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("key,median_ms\n", "no rows"),
        ("key,key,median_ms\na,b,1\n", "twice: key"),
        ("name,median_ms\na,1\n", "neither a column key"),
        ("key,milliseconds\na,1\n", "No column holds times"),
        ("# device: x\nkey,median_ms\na,1\nb,fast\n", "line 4, column median_ms: 'fast' is no time"),
        ("key,median_ms\na,-1\n", "line 2, column median_ms: '-1' is no time; expected a number of at least 0"),
        ("key,median_ms\na,nan\n", "line 2, column median_ms"),
        ("key,median_ms\na,\n", "line 2, column median_ms: no time in this line"),
        ("key,count,median_ms\na,0,1\n", "line 2, column count"),
        ("key,median_ms\na,1\na,2\n", "line 3, column key: a stands in an earlier line already"),
        ("key,median_ms\n,1\n", "line 2, column key: expected 1 to 400 characters"),
        ("key,median_ms\na,1,2\n", "line 2, column median_ms: 3 values, but the header names 2 columns"),
        ('key,median_ms\n"a,1\n', "not proper CSV"),
        ("# batch: many\nkey,median_ms\na,1\n", "fingerprint.batch: must be a whole number"),
        ("op0,op1\n1,2\n", "no column holds times"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_line_and_column(text: str, said: str) -> None:
    with pytest.raises(InvalidData) as caught:
        imported(text)
    assert said in str(caught.value)


def test_at_most_five_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidData) as caught:
        imported("key,median_ms\n" + "".join(f"a{n},x\n" for n in range(30)))
    assert str(caught.value).count("column median_ms") == 5
    assert "There may be more" in str(caught.value)


def test_what_is_no_text_is_refused() -> None:
    for content in (b"\xff\xfe\x00", gzip.compress(b"key,median_ms\na,1\n")[:-4]):
        with pytest.raises(InvalidData):
            read_file(io.BytesIO(content))


def test_whole_networks_become_a_table_of_their_positions() -> None:
    found = imported(networks(), column="slow", device="")
    assert found.fingerprint.device == "slow"
    assert found.rows.keys() == {"op0:0", "op0:1", "op0:2", "op1:0", "op1:1"}
    assert {key: row.median_ms for key, row in found.rows.items()} == pytest.approx(
        {"op0:0": 0, "op0:1": 1.0, "op0:2": 3.0, "op1:0": 0, "op1:1": 0.75}, abs=1e-4
    )
    assert found.offset_ms == pytest.approx(4.75, abs=1e-4)
    assert found.check is not None
    assert found.check.n == 12
    assert found.check.pearson == pytest.approx(1)
    assert imported(networks(), column="quick", unit="us").offset_ms == pytest.approx(0.0475, abs=1e-5)


def test_networks_left_out_of_the_fit_judge_it() -> None:
    noisy = imported(networks(noise=0.5), column="slow").check
    assert noisy is not None
    assert 0.3 < noisy.rmse_ms < 0.9


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (networks(), {}, "choose one of its columns: slow, quick"),
        (networks(), {"column": "slow", "unit": "h"}, "no unit of time"),
        (networks(20), {"column": "slow"}, "30 networks or more; the file has 20"),
        (networks().replace("\n7,", "\n7,2,2,2,2,2,2\n8,", 1), {"column": "slow"}, "line 9"),
    ],
)
def test_what_is_wrong_with_networks_is_said(text: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidData) as caught:
        imported(text, **options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("device", "lowest_r", "lowest_tau"),
    [("eyeriss", 0.999999, 0.999), ("gold_6240", 0.95, 0.84), ("2080ti_1", 0.99, 0.92)],
)
def test_real_networks_of_fbnet_are_fitted(real_data: Path, device: str, lowest_r: float, lowest_tau: float) -> None:
    """The file of HELP: tables summed from blocks are met exactly, measured devices as well as they are additive."""
    with (real_data / "fbnet-latency" / "fbnet_5000_latency_ms.csv.gz").open("rb") as raw:
        file = read_file(raw)
    assert len(file.devices) == 27
    found = table_from(file, name="fbnet", column=device)
    assert len(found.rows) == 198
    assert found.check is not None
    assert found.check.n == 1000
    assert lowest_r <= (found.check.pearson or 0)
    assert lowest_tau <= (found.check.kendall or 0)


def test_files_are_found_by_their_path(tmp_path: Path) -> None:
    write_latency_file(MINE, tmp_path / "t.json")
    assert load_latency_file(str(tmp_path / "t.json")) == MINE
    (tmp_path / "t.csv").write_text(networks())
    assert load_latency_file(f"{tmp_path}/t.csv#quick").fingerprint.device == "quick"
    with pytest.raises(UnknownName, match="there is no latency table"):
        load_latency_file(str(tmp_path / "gone.json"))
    for broken in ("{", '{"version": 1}', "[" * 100_000):
        (tmp_path / "broken.json").write_text(broken)
        with pytest.raises(InvalidData, match=r"broken\.json is no"):
            load_latency_file(str(tmp_path / "broken.json"))
