"""Compiled modules of the processes that `up` starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from apps.workers.supervisor.bytecode import bytecode_environment

FORBIDDEN = {"PYTHONDONTWRITEBYTECODE": "1"}


def test_nothing_changes_where_python_writes_them_itself() -> None:
    assert bytecode_environment({}, folder=Path("kept")) == {}
    assert bytecode_environment({"PYTHONDONTWRITEBYTECODE": ""}, folder=Path("kept")) == {}


def test_a_place_that_somebody_chose_stays() -> None:
    chosen = FORBIDDEN | {"PYTHONPYCACHEPREFIX": "/elsewhere"}
    assert bytecode_environment(chosen, folder=Path("kept"))["PYTHONPYCACHEPREFIX"] == "/elsewhere"


def test_a_child_keeps_them_away_from_the_sources(tmp_path: Path) -> None:
    sources, kept = tmp_path / "sources", tmp_path / "kept"
    sources.mkdir()
    (sources / "imported.py").write_text("value = 1\n")
    environment = {**os.environ, **FORBIDDEN}
    environment.pop("PYTHONPYCACHEPREFIX", None)
    child = environment | bytecode_environment(environment, folder=kept)
    subprocess.run([sys.executable, "-c", "import imported"], cwd=sources, env=child, check=True)
    assert list(kept.rglob("imported.*.pyc"))
    assert [path.name for path in sources.iterdir()] == ["imported.py"]
