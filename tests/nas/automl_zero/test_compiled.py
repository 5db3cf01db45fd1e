"""What is compiled is compiled anew when any of its sources changes."""

from __future__ import annotations

from pathlib import Path

import nas.automl_zero
from nas.automl_zero.compiled import SOURCES


def test_every_module_with_compiled_functions_is_a_source() -> None:
    room = Path(nas.automl_zero.__file__).parent
    compiled = {path.stem for path in room.glob("*.py") if "automl_zero.compiled import" in path.read_text()}
    assert len(compiled) >= 7
    assert compiled <= set(SOURCES)
    assert all((room / f"{name}.py").is_file() for name in SOURCES)
