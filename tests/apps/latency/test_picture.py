"""Predicted against measured, as it is drawn."""

from __future__ import annotations

import pytest

from apps.latency.picture import MOST_POINTS, SIDE, scatter, slowest
from nas.hardware.latency_check import Calibration, Pair
from nas.hardware.latency_table import LatencyRow, LatencyTable, TableFingerprint


def test_both_axes_show_the_same_range_with_round_numbers() -> None:
    drawn = scatter([(1.2, 1.4), (4.8, 9.3)], Calibration())
    assert [value for value, _x, _y in drawn.ticks] == [0, 5, 10]
    assert [(x, y) for _value, x, y in drawn.ticks] == [(0, SIDE), (SIDE / 2, SIDE / 2), (SIDE, 0)]
    assert drawn.line == (0, SIDE, SIDE, 0)
    assert (drawn.points[0].x, drawn.points[0].y) == (pytest.approx(28.8), pytest.approx(206.4))


def test_the_range_is_where_the_networks_are() -> None:
    drawn = scatter([(100.0, 101.0), (104.0, 103.0)], Calibration())
    assert (drawn.ticks[0][0], drawn.ticks[-1][0]) == (100, 105)


@pytest.mark.parametrize("line", [Calibration(3, 4), Calibration(-5, 0.01), Calibration(50, 0.2), Calibration(-80, 9)])
def test_the_line_stays_in_the_square(line: Calibration) -> None:
    drawn = scatter([(0.0, 1.0), (9.0, 8.0)], line)
    inside = [0 <= value <= SIDE for value in drawn.line]
    is_seen = any(0 <= line(x / 10) <= 10 for x in range(101))
    assert all(inside) or not is_seen


@pytest.mark.parametrize("pairs", [[(0.0, 0.0)], [(5.0, 5.0)] * 3, [(1e-7, 2e-7)], [(1e6, 2e6)]])
def test_odd_numbers_are_drawn_too(pairs: list[Pair]) -> None:
    drawn = scatter(pairs, Calibration())
    assert all(0 <= point.x <= SIDE and 0 <= point.y <= SIDE for point in drawn.points)
    assert 2 <= len(drawn.ticks) <= 12


def test_of_many_networks_some_are_drawn_and_it_is_said() -> None:
    drawn = scatter([(float(n), float(n)) for n in range(1001)], Calibration())
    assert len(drawn.points) <= MOST_POINTS
    assert len(drawn.points) + drawn.num_left_out == 1001


def test_the_slowest_come_first_with_their_share() -> None:
    rows = {str(n): LatencyRow.single(float(n)) for n in range(1, 21)}
    bars = slowest(LatencyTable("x", TableFingerprint("x"), rows))
    assert [bar.key for bar in bars[:2]] == ["20", "19"]
    assert [bar.percent for bar in bars[:2]] == [100, 95]
    assert len(bars) == 12
    assert slowest(LatencyTable("x", TableFingerprint("x"), {})) == ()
