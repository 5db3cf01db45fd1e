"""Stored machine code is made anew when any file that it was made of has changed, and only then."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

OUTER = """
import numba
from pathlib import Path
from inner_of_a_test import inner
from nas.machine_code import kept

@lambda function: kept(numba.njit(function), Path(__file__).parent, ("outer_of_a_test", "inner_of_a_test"))
def outer(x):
    return 10 * inner(x)
"""

INNER = "import numba\n\n@numba.njit\ndef inner(x):\n    return x + {}\n"


def loaded(room: Path, name: str) -> Any:
    """The module as a new process would read it."""
    spec = importlib.util.spec_from_file_location(name, room / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile((room / f"{name}.py").read_text(), str(room / f"{name}.py"), "exec"), module.__dict__)
    return module


def test_a_function_taken_in_from_another_file_may_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("inner_of_a_test", "outer_of_a_test"):
        monkeypatch.setitem(sys.modules, name, None)  # what is loaded here is forgotten afterwards
    (tmp_path / "outer_of_a_test.py").write_text(OUTER)
    hits = []
    for added in (1, 1, 2):
        (tmp_path / "inner_of_a_test.py").write_text(INNER.format(added))
        loaded(tmp_path, "inner_of_a_test")
        outer = loaded(tmp_path, "outer_of_a_test").outer
        assert outer(1) == 10 * (1 + added)
        hits.append(sum(outer.stats.cache_hits.values()))
    assert hits == [0, 1, 0]
