"""How the loops of this room are compiled, and how long what they are compiled to holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba

from nas.machine_code import kept

SOURCES = ("compiled", "kernels", "layering", "network_kernels", "vector_math")
"""Modules of this room that compiled code is made of."""


def jit(function: Any) -> Any:
    """For what compiled functions call: compiled into each of them. No lock of the interpreter; divisions as in IEEE 754."""
    return numba.njit(nogil=True, error_model="numpy")(function)


def compiled(function: Any) -> Any:
    """For what is called from outside: compiled at its first call, once per machine."""
    return kept(jit(function), Path(__file__).parent, SOURCES)
