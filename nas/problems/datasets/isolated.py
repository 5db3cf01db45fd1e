"""Parse a stranger's files in a process of its own, with little memory, little time and no way to hurt this one."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import nas
from nas.core.errors import InvalidData
from nas.problems.datasets.limits import Limits, size_text
from nas.problems.datasets.stored import read_dataset, write_dataset
from nas.problems.datasets.upload import Upload, parse_upload

MEMORY_BYTES = 4_000_000_000
TIMEOUT_SECONDS = 120.0


def parse_isolated(
    paths: Mapping[str, Path],
    target: Path,
    *,
    name: str,
    limits: Limits | None = None,
    memory_bytes: int = MEMORY_BYTES,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Upload:
    """`parse_upload` in a child process; the stored form lies at `target` afterwards, and the images stay there.

    Args:
      paths: what a person calls each file → where it lies.
      target: where the data set is written; replaced when it exists, untouched when the files are refused.
      memory_bytes: the child's whole address space; the interpreter with NumPy takes about 300 MB of it.

    Raises InvalidData with the reason in plain words, also when the child runs out of memory or time.
    """
    order = {
        "paths": {shown: str(path.resolve()) for shown, path in paths.items()},
        "target": str(target.resolve()),
        "name": name,
        "limits": asdict(limits or Limits()),
        "memory_bytes": memory_bytes,
    }
    # Only what the interpreter needs: no secret of this process reaches code that reads unknown bytes.
    # Threads of a BLAS would each reserve address space and count against the limit.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(Path(nas.__file__).parents[1]),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    try:
        done = subprocess.run(  # noqa: S603 – our own interpreter and module, no shell
            [sys.executable, "-m", __name__],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=timeout_seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InvalidData(
            f"Reading the files took more than {timeout_seconds:g} s and was given up. Upload a smaller data set."
        ) from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {"error": f"Reading the files ended abnormally (exit code {done.returncode}). They may be damaged."}
    if "error" in answer:
        raise InvalidData(answer["error"])
    return Upload(read_dataset(target), answer["format"])


def _limit_process(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _child() -> None:
    """Reads the order from stdin, answers one JSON object on stdout."""
    order = json.load(sys.stdin)
    _limit_process(order["memory_bytes"])
    answer: dict[str, str]
    try:
        paths = {shown: Path(path) for shown, path in order["paths"].items()}
        upload = parse_upload(paths, Limits(**order["limits"]), name=order["name"])
        write_dataset(upload.dataset, Path(order["target"]))
        answer = {"format": upload.format}
    except InvalidData as error:
        answer = {"error": str(error)}
    except MemoryError:
        allowed = size_text(order["memory_bytes"])
        answer = {
            "error": f"Reading the files needs more than the {allowed} of memory allowed. Upload a smaller data set."
        }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _child()
