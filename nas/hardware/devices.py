"""The devices of this machine: what they are called, what they can, and what names them in a record.

torch is imported inside: the web process may read the types without it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Device:
    """One place that can train.

    Attributes:
      id: torch's name, "cpu" or "cuda:0".
      name: what the maker calls it.
      kind: "cpu" or "gpu"; also the name of the queue whose jobs it takes.
      memory_bytes: of the GPU, or of the machine.
      num_cores: cores this process may use, or multiprocessors of the GPU.
    """

    id: str
    name: str
    kind: str
    memory_bytes: int
    num_cores: int


@dataclass(frozen=True, slots=True)
class DeviceFingerprint:
    """Under what a latency was measured; measurements compare only when all of it is equal."""

    device: str
    torch_version: str
    cuda_version: str
    threads: int

    @property
    def key(self) -> str:
        """16 hex digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def list_devices() -> tuple[Device, ...]:
    """Every GPU, then the CPU. Starts CUDA in this process: not for a parent that will fork."""
    import torch

    gpus = []
    for index in range(torch.cuda.device_count()):
        found = torch.cuda.get_device_properties(index)
        gpus.append(Device(f"cuda:{index}", found.name, "gpu", found.total_memory, found.multi_processor_count))
    return (*gpus, _cpu())


def preferred_device() -> Device:
    """The first GPU this process sees, else the CPU."""
    return list_devices()[0]


def choose_device(wanted: str = "auto") -> str:
    """`wanted`, or the best device of this machine for "auto"."""
    return preferred_device().id if wanted == "auto" else wanted


def fingerprint() -> dict[str, object]:
    """What of this machine can change a number: devices and library versions, as JSON values for a run's record."""
    import torch

    return {
        "devices": [asdict(device) for device in list_devices()],
        "torch": torch.__version__,
        "cuda": torch.version.cuda or "",
        "threads": torch.get_num_threads(),
    }


def device_fingerprint(device: str, threads: int) -> DeviceFingerprint:
    """Of `device` as it would measure with `threads` threads (GPU: host threads do not count, 0)."""
    import torch

    if device.startswith("cuda"):
        name = torch.cuda.get_device_name(device)
        return DeviceFingerprint(name, torch.__version__, torch.version.cuda or "", 0)
    return DeviceFingerprint(_cpu().name, torch.__version__, "", threads)


def half_precision(precision: str, device: torch.device) -> torch.dtype | None:
    """The half-precision type to compute in; None for full precision. Old GPUs know float16 only."""
    import torch

    if precision == "bfloat16":
        return torch.bfloat16
    if precision == "float32" or device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def _cpu() -> Device:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Device("cpu", _cpu_name(), "cpu", memory, cores)


def _cpu_name() -> str:
    """The model Linux reports, else what the platform calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
