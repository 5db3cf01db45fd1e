"""A script run by our own interpreter in a process that sees nothing of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nas.core.errors import Interrupted
from nas.export.errors import ExportFailed

TIMEOUT_SECONDS = 600.0
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")


def run_alone(
    script: Path, arguments: Sequence[str], folder: Path, should_stop: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """The JSON object on the last line of what it prints. `folder`: where it runs, and where its outputs are kept.

    `-I`: no variables, no current folder, no user packages; `-S`: no installed packages but what is added by hand. Raises
    ExportFailed when the process fails, Interrupted when asked to stop.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    output, errors = folder / "output", folder / "errors"
    ends_at = time.monotonic() + TIMEOUT_SECONDS
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-I", "-S", "-B", str(script), *arguments],
            cwd=folder,
            env={**environment, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        try:
            while process.poll() is None:
                if should_stop():
                    raise Interrupted("stopped while the exported file was checked")
                if time.monotonic() > ends_at:
                    raise ExportFailed(f"the check took longer than {TIMEOUT_SECONDS:.0f} s")
                try:
                    process.wait(timeout=0.2)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode != 0:
        last = errors.read_text(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise ExportFailed(f"the process that checks the file ended with code {process.returncode}: {last[0]:.300}")
    found: dict[str, Any] = json.loads(output.read_text().strip().splitlines()[-1])
    return found
