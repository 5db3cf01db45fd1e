"""Latency tables: sums, what is missing, the line to whole networks, JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from nas import registry
from nas.core.errors import InvalidConfig
from nas.hardware.latency_check import LatencyCheck
from nas.hardware.latency_table import LatencyRow, LatencyTable, MissingLatency, TableFingerprint, predict
from nas.hardware.network_pieces import pieces_of
from nas.hardware.piece_key import FREE

CPU = TableFingerprint("a CPU", "2.13", threads=1)
ROWS = {"a": LatencyRow(100, 1.1, 0.01, 1.0, 1.4), "b": LatencyRow.single(2.5)}


def table(**changes: Any) -> LatencyTable:
    return LatencyTable(**{"name": "mine", "fingerprint": CPU, "rows": ROWS, **changes})


def test_a_sum_counts_each_piece_as_often_as_it_stands_in_the_network() -> None:
    assert table().sum_ms(["a", "b", "a", FREE]) == 4.5
    assert table(offset_ms=0.5).sum_ms([]) == 0.5


def test_all_that_is_missing_is_named_and_counted() -> None:
    with pytest.raises(MissingLatency, match=r"no entry for 4 pieces of these networks: x, y, z …; measure") as caught:
        table().sum_ms(["x", "a", "y", "x", "z", "w", FREE])
    assert caught.value.keys == ("x", "y", "z", "w")
    with pytest.raises(MissingLatency, match="no entry for 1 piece of these networks: x;"):
        table().ms("x")


def test_a_network_is_predicted_through_the_line_unless_asked_otherwise() -> None:
    kind: Any = registry.spaces.get("mobile")
    space = kind(kind.Config.parse(kind.Config.presets["proxyless_mini"]))
    genotype = space.sample(np.random.Generator(np.random.PCG64(3)))
    pieces = pieces_of(space, genotype, (3, 32, 32), 10)
    rows = {piece.key: LatencyRow.single(2.0) for piece in pieces}
    plain = table(rows=rows)
    assert predict(plain, pieces) == 2.0 * len(pieces)
    line = table(rows=rows, checks=((1.0, 5.0), (2.0, 8.0), (3.0, 11.0)))
    assert predict(line, pieces) == pytest.approx(2 + 3 * 2.0 * len(pieces))
    assert predict(line, pieces, calibrated=False) == 2.0 * len(pieces)


def test_the_line_is_that_of_least_squares_and_judged_without_the_network_it_judges() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    sums = rng.uniform(1, 10, 12)
    measured = 0.7 + 1.3 * sums + rng.normal(0, 0.5, 12)
    check = LatencyCheck.of(list(zip(sums.tolist(), measured.tolist(), strict=True)))
    assert check is not None
    slope, intercept = np.polyfit(sums, measured, 1)
    assert (check.calibration.intercept_ms, check.calibration.slope) == pytest.approx((intercept, slope))
    residuals = []
    for left_out in range(12):
        kept = np.arange(12) != left_out
        b, a = np.polyfit(sums[kept], measured[kept], 1)
        residuals.append(measured[left_out] - a - b * sums[left_out])
    assert check.calibrated_rmse_ms == pytest.approx(np.sqrt(np.mean(np.square(residuals))))
    assert check.rmse_ms == pytest.approx(np.sqrt(np.mean((measured - sums) ** 2)))
    assert check.pearson == pytest.approx(np.corrcoef(sums, measured)[0, 1])
    assert check.n == 12


def test_too_few_networks_and_a_falling_line_calibrate_nothing() -> None:
    assert table(checks=((1.0, 2.0), (2.0, 3.0))).check is None
    assert table(checks=((1.0, 2.0), (2.0, 3.0))).calibration(7.0) == 7.0
    falling = table(checks=((1.0, 3.0), (2.0, 2.0), (3.0, 1.0)))
    assert falling.check is not None
    assert falling.check.is_low
    assert falling.calibration(7.0) == 7.0


@pytest.mark.parametrize(
    ("measured", "is_low"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], False),
        ([1.0, 2.0, 3.0, 4.0, 6.0, 5.0], False),  # 1 pair of 15 in the wrong order: τ = 0.87
        ([1.5, 1.49, 3.5, 3.49, 5.5, 5.49], True),  # 3: τ = 0.6, though r = 0.96
        ([1.0, 1.1, 1.2, 1.3, 1.4, 90.0], True),  # all in order, on no line
    ],
)
def test_sums_that_do_not_say_which_network_is_quicker_are_low(measured: list[float], is_low: bool) -> None:
    check = LatencyCheck.of([(float(number), time) for number, time in enumerate(measured, 1)])
    assert check is not None
    assert check.is_low is is_low


def test_errors_are_in_percent_of_what_was_measured() -> None:
    check = LatencyCheck.of([(1.0, 2.0), (3.0, 2.0), (4.0, 4.0)])
    assert check is not None
    assert check.mean_error_percent == pytest.approx((50 + 50 + 0) / 3)


def test_equal_sums_have_no_correlation_and_that_is_low() -> None:
    check = LatencyCheck.of([(0.1, 1.0), (0.1, 2.0), (0.1, 3.0)])
    assert check is not None
    assert (check.pearson, check.kendall, check.is_low) == (None, None, True)


def test_tables_come_back_from_json() -> None:
    there = table(source="here", offset_ms=0.25, checks=((1.0, 1.5), (2.0, 2.5)))
    assert LatencyTable.from_json(json.loads(json.dumps(there.as_json()))) == there


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("version",), 2, "version"),
        (("name",), " ", "name"),
        (("rows",), [], "rows"),
        (("rows", "a"), 3, "rows.a"),
        (("rows", "a", "mean_ms"), -1, "rows.a.mean_ms"),
        (("rows", "a", "median_ms"), float("nan"), "rows.a.median_ms"),
        (("rows", "a", "p95_ms"), 10**400, "rows.a.p95_ms"),
        (("rows", "a", "count"), True, "rows.a.count"),
        (("rows", "a", "extra"), 1, "rows.a.extra"),
        (("rows", ""), ROWS["b"].__class__.single(1.0), "rows."),
        (("fingerprint", "device"), "", "fingerprint.device"),
        (("fingerprint", "batch"), 0, "fingerprint.batch"),
        (("fingerprint", "colour"), "red", "fingerprint.colour"),
        (("offset_ms",), "1", "offset_ms"),
        (("checks",), [[1, 2, 3]], "checks.0"),
        (("checks",), {}, "checks"),
    ],
)
def test_what_is_wrong_in_json_is_said_at_its_field(path: tuple[str, ...], value: object, field: str) -> None:
    values: Any = table(checks=((1.0, 2.0),)).as_json()
    LatencyTable.from_json(values)
    inner = values
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(InvalidConfig) as caught:
        LatencyTable.from_json(values)
    assert field in {error.field for error in caught.value.errors}


@pytest.mark.parametrize("value", [None, [], "text", 7])
def test_what_is_no_object_is_no_table(value: object) -> None:
    with pytest.raises(InvalidConfig, match="must be an object"):
        LatencyTable.from_json(value)


def test_rows_of_another_device_or_batch_are_another_fingerprint() -> None:
    others = [TableFingerprint("a GPU", "2.13"), TableFingerprint("a CPU", "2.13", threads=1, batch=2)]
    assert len({CPU.key, *(other.key for other in others)}) == 3
