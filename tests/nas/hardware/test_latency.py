"""Measured latency and the names of devices."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from nas.hardware import latency as module
from nas.hardware.devices import choose_device, device_fingerprint, fingerprint, list_devices, preferred_device
from nas.hardware.latency import QUICK, ROW, LatencyProfile, measure_latency

BRIEF = LatencyProfile(warmup_passes=2, warmup_seconds=0, min_passes=12, min_seconds=0, max_seconds=1, repeats=0)


class Clock:
    """A clock that stands still, but for the passes of the network below."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


class Timed(nn.Module):
    """Takes the given seconds, one after the other, on that clock."""

    def __init__(self, clock: Clock, seconds: list[float]) -> None:
        super().__init__()
        self.clock, self.seconds, self.passes = clock, seconds, 0
        self.modes: set[tuple[bool, bool, int]] = set()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.modes.add((self.training, torch.is_inference_mode_enabled(), torch.get_num_threads()))
        self.clock.now += self.seconds[self.passes % len(self.seconds)]
        self.passes += 1
        return images


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_median_and_percentiles_in_milliseconds_without_the_warm_up(clock: Clock) -> None:
    network = Timed(clock, [9.0, 9.0] + [0.001 * step for step in range(1, 13)])
    found = measure_latency(network, (1, 4, 4), "cpu", profile=replace(BRIEF, max_seconds=100))
    assert found.median_ms == pytest.approx(6.5)
    assert found.p10_ms == pytest.approx(2.1)
    assert found.p90_ms == pytest.approx(10.9)
    assert found.mad_ms == pytest.approx(3.0)
    assert (found.num_passes, found.batch, found.dtype) == (12, 1, "float32")
    assert found.is_noisy


def test_a_steady_sample_is_taken_once_and_a_noisy_one_again(clock: Clock) -> None:
    steady = Timed(clock, [0.002])
    assert not measure_latency(steady, (1, 4, 4), "cpu", profile=replace(BRIEF, repeats=3)).is_noisy
    assert steady.passes == 2 + 12
    noisy = Timed(clock, [0.001, 0.002])
    assert measure_latency(noisy, (1, 4, 4), "cpu", profile=replace(BRIEF, repeats=3)).is_noisy
    assert noisy.passes == 2 + 4 * 12
    settling = Timed(clock, [0.001, 0.002] * 7 + [0.003] * 100)
    found = measure_latency(settling, (1, 4, 4), "cpu", profile=replace(BRIEF, repeats=3))
    assert (found.is_noisy, found.median_ms) == (False, pytest.approx(3.0))
    assert settling.passes == 2 + 2 * 12


def test_time_bounds(clock: Clock) -> None:
    slow = Timed(clock, [2.0])
    assert measure_latency(slow, (1, 4, 4), "cpu", profile=BRIEF).num_passes == 1
    quick = Timed(clock, [0.001])
    found = measure_latency(quick, (1, 4, 4), "cpu", profile=replace(BRIEF, min_seconds=0.5))
    assert found.num_passes == pytest.approx(500, abs=1)


def test_the_network_runs_for_inference_with_the_threads_asked_for(clock: Clock) -> None:
    before = torch.get_num_threads()
    network = Timed(clock, [0.001])
    found = measure_latency(network, (1, 4, 4), "cpu", profile=BRIEF, threads=2, batch=3)
    assert network.modes == {(False, True, 2)}
    assert torch.get_num_threads() == before
    assert (found.measured_on.threads, found.batch) == (2, 3)
    assert found.measured_on.key != device_fingerprint("cpu", 1).key


def test_a_measurement_lasts_as_long_as_it_is_said_to() -> None:
    """Of a network, a second and thirty passes at least; of a row of a table a hundred after twenty; spread by a quarter at most."""
    plain = LatencyProfile()
    assert (plain.warmup_passes, plain.warmup_seconds) == (10, 0.5)
    assert (plain.min_passes, plain.min_seconds, plain.max_seconds) == (30, 1.0, 10.0)
    assert (ROW.warmup_passes, ROW.min_passes) == (20, 100)
    assert {profile.max_spread for profile in (plain, ROW, QUICK)} == {1.25}


def test_more_work_takes_longer_for_real() -> None:
    small, large = nn.Conv2d(1, 2, 3), nn.Conv2d(1, 256, 9)
    times = [measure_latency(net, (1, 64, 64), "cpu", profile=QUICK).median_ms for net in (small, large)]
    assert 0 < times[0] < times[1]


def test_devices_end_with_the_cpu_and_automatic_takes_the_first() -> None:
    devices = list_devices()
    assert devices[-1].id == devices[-1].kind == "cpu"
    assert devices[-1].memory_bytes > 10**8
    assert devices[-1].num_cores >= 1
    assert devices[-1].name
    assert preferred_device() == devices[0]
    assert choose_device() == devices[0].id
    assert choose_device("cpu") == "cpu"
    assert fingerprint()["torch"] == torch.__version__
