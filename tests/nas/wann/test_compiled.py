"""What is compiled is compiled anew when any of its sources changes."""

from __future__ import annotations

from pathlib import Path

import nas.wann
from nas.wann.compiled import SOURCES


def test_every_module_that_compiled_code_is_made_of_is_a_source() -> None:
    room = Path(nas.wann.__file__).parent
    compiled = {path.stem for path in room.rglob("*.py") if "wann.compiled import" in path.read_text()}
    assert compiled == {"kernels", "network_kernels", "vector_math"}
    assert {*compiled, "compiled", "layering"} == set(SOURCES)  # of layering.py network_kernels compiles the functions
