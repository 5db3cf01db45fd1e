"""Which GPUs may be used, found without importing torch: this process must stay small and must never touch CUDA."""

import os
import re
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

GPU_LINE = re.compile(r"^GPU \d+: (?P<name>.+) \(UUID: (?P<uuid>GPU-[0-9a-fA-F-]+)\)")
MIG_LINE = re.compile(r"^\s+MIG (?P<name>.+?)\s+Device\s+\d+: \(UUID: (?P<uuid>MIG-[^)]+)\)")
PROC_GPUS = Path("/proc/driver/nvidia/gpus")


def parse_gpu_list(text: str) -> list[str]:
    """Returns what CUDA_VISIBLE_DEVICES accepts for each device that `nvidia-smi -L` printed.

    A GPU that is cut into MIG slices cannot be used whole, so its slices stand in its place.
    """
    devices: list[str] = []
    whole: str | None = None
    for line in text.splitlines():
        if match := GPU_LINE.match(line):
            if whole is not None:
                devices.append(whole)
            whole = match["uuid"]
        elif match := MIG_LINE.match(line):
            whole = None
            devices.append(match["uuid"])
    if whole is not None:
        devices.append(whole)
    return devices


def torch_can_use_gpus() -> bool:
    """Whether the installed torch is a build with GPU support, by its version alone."""
    return not metadata.version("torch").endswith("+cpu")


def visible_gpus(*, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Returns one name per usable GPU for CUDA_VISIBLE_DEVICES; a value that is already set decides alone."""
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        names = [name.strip() for name in chosen.split(",") if name.strip()]
        return [] if "-1" in names else names
    try:
        listing = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=False, env=dict(environment)
        )
    except (OSError, subprocess.TimeoutExpired):
        return [str(number) for number, _gpu in enumerate(sorted(PROC_GPUS.glob("*")))]
    return parse_gpu_list(listing.stdout) if listing.returncode == 0 else []
