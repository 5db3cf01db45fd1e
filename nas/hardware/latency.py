"""Measured latency of a network on a device: warm-up, then single timed passes until there are enough to trust."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from nas.core.graph import Shape
from nas.hardware.devices import DeviceFingerprint, device_fingerprint


@dataclass(frozen=True, slots=True)
class LatencyProfile:
    """How long to measure. Warm-up and sampling each go on until both their number and their time are reached.

    Attributes:
      max_seconds: sampling ends then, even with fewer passes (at least one is made).
      max_spread: p90 / p10 up to which a sample is accepted.
      repeats: how often a sample that spreads more is taken again before it is called noisy.
    """

    warmup_passes: int = 10
    warmup_seconds: float = 0.5
    min_passes: int = 30
    min_seconds: float = 1.0
    max_seconds: float = 10.0
    max_spread: float = 1.25
    repeats: int = 3


QUICK = LatencyProfile(warmup_passes=5, warmup_seconds=0.03, min_seconds=0.1, max_seconds=0.3, repeats=2)
"""For the many small networks of a search: 0.15 s when the device is quiet, at most about a second."""

THOROUGH = LatencyProfile()
"""For latency tables and reports: about 1.5 s when the device is quiet."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one forward pass. `mad_ms` is the median absolute deviation; `is_noisy` when the spread stayed large."""

    median_ms: float
    p10_ms: float
    p90_ms: float
    mad_ms: float
    num_passes: int
    is_noisy: bool
    batch: int
    dtype: str
    measured_on: DeviceFingerprint


def measure_latency(
    network: nn.Module,
    input_shape: Shape,
    device: str,
    *,
    profile: LatencyProfile = QUICK,
    batch: int = 1,
    threads: int = 1,
) -> Latency:
    """Time `network` (moved to `device`, left in evaluation mode) on one random input of (batch, *input_shape), float32.

    On a CPU `threads` threads compute. One measurement at a time per device: another load on it is measured along.
    """
    place = torch.device(device)
    network.to(place).eval()
    image = torch.rand(batch, *input_shape, generator=torch.Generator().manual_seed(0)).to(place)
    passes = _gpu_passes if place.type == "cuda" else _cpu_passes
    threads_before = torch.get_num_threads()
    if place.type == "cpu":
        torch.set_num_threads(threads)
    try:
        with torch.inference_mode():

            def forward() -> None:
                network(image)

            passes(forward, profile.warmup_passes, profile.warmup_seconds, profile.max_seconds)
            samples = [_sample(passes, forward, profile)]
            while _spread(samples[-1]) > profile.max_spread and len(samples) <= profile.repeats:
                samples.append(_sample(passes, forward, profile))
    finally:
        torch.set_num_threads(threads_before)
    steadiest = min(samples, key=_spread)
    p10, median, p90 = (float(value) for value in np.percentile(steadiest, [10, 50, 90]))
    return Latency(
        median_ms=median,
        p10_ms=p10,
        p90_ms=p90,
        mad_ms=float(np.median(np.abs(steadiest - median))),
        num_passes=len(steadiest),
        is_noisy=_spread(steadiest) > profile.max_spread,
        batch=batch,
        dtype="float32",
        measured_on=device_fingerprint(device, threads),
    )


_Times = npt.NDArray[np.float64]
_Passes = Callable[[Callable[[], None], int, float, float], _Times]


def _sample(passes: _Passes, forward: Callable[[], None], profile: LatencyProfile) -> _Times:
    return passes(forward, profile.min_passes, profile.min_seconds, profile.max_seconds)


def _spread(times: _Times) -> float:
    p10, p90 = np.percentile(times, [10, 90])
    return float(p90 / p10)


def _cpu_passes(forward: Callable[[], None], min_passes: int, min_seconds: float, max_seconds: float) -> _Times:
    times: list[float] = []
    begun = time.perf_counter()
    before = begun
    while not times or (before - begun < max_seconds and (len(times) < min_passes or before - begun < min_seconds)):
        forward()
        now = time.perf_counter()
        times.append((now - before) * 1e3)
        before = now
    return np.array(times)


def _gpu_passes(forward: Callable[[], None], min_passes: int, min_seconds: float, max_seconds: float) -> _Times:
    """Events on the GPU's own clock around each pass; the host waits once per block, as launches are asynchronous."""
    times: list[float] = []
    begun = time.perf_counter()
    spent = 0.0
    while not times or (spent < max_seconds and (len(times) < min_passes or spent < min_seconds)):
        block = [(_event(), _event()) for _ in range(10)]
        for start, end in block:
            start.record()
            forward()
            end.record()
        torch.cuda.synchronize()
        times.extend(start.elapsed_time(end) for start, end in block)
        spent = time.perf_counter() - begun
    return np.array(times)


def _event() -> torch.cuda.Event:
    return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]  # torch's own annotations end here
