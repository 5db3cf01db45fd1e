"""Measured latency of a network on a device: warm-up, then single timed passes until there are enough to trust."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
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

ROW = LatencyProfile(
    warmup_passes=20, warmup_seconds=0.02, min_passes=100, min_seconds=0.05, max_seconds=2.0, repeats=1
)
"""For a row of a latency table: 100 passes after 20 to warm up, fewer of what takes longer than 20 ms."""


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
    times = timed_passes(network, (input_shape,), device, profile=profile, batch=batch, threads=threads)
    p10, median, p90 = (float(value) for value in np.percentile(times, [10, 50, 90]))
    return Latency(
        median_ms=median,
        p10_ms=p10,
        p90_ms=p90,
        mad_ms=float(np.median(np.abs(times - median))),
        num_passes=len(times),
        is_noisy=_spread(times) > profile.max_spread,
        batch=batch,
        dtype="float32",
        measured_on=device_fingerprint(device, threads),
    )


def timed_passes(
    network: nn.Module,
    input_shapes: Sequence[Shape],
    device: str,
    *,
    profile: LatencyProfile,
    batch: int = 1,
    threads: int = 1,
    channels_last: bool = False,
) -> npt.NDArray[np.float64]:
    """Milliseconds of single forward passes, the steadiest sample of those taken; else as `measure_latency`.

    Args:
      input_shapes: of each input, without batch axis.
      channels_last: weights and maps lie with their channels innermost.
    """
    place = torch.device(device)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network.to(place, memory_format=layout).eval()  # type: ignore[call-overload]  # torch leaves this pair out
    rng = torch.Generator().manual_seed(0)
    images = [torch.rand(batch, *shape, generator=rng).to(place) for shape in input_shapes]
    images = [image.to(memory_format=layout) if image.dim() == 4 else image for image in images]
    passes = _gpu_passes if place.type == "cuda" else _cpu_passes
    threads_before = torch.get_num_threads()
    if place.type == "cpu":
        torch.set_num_threads(threads)
    try:
        with torch.inference_mode():

            def forward() -> None:
                network(*images)

            passes(forward, profile.warmup_passes, profile.warmup_seconds, profile.max_seconds)
            samples = [_sample(passes, forward, profile)]
            while _spread(samples[-1]) > profile.max_spread and len(samples) <= profile.repeats:
                samples.append(_sample(passes, forward, profile))
    finally:
        torch.set_num_threads(threads_before)
    return min(samples, key=_spread)


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
