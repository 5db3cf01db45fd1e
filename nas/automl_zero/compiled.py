"""Compiled once per machine: numba's files in __pycache__ hold until one of their sources changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

from nas.machine_code import kept

SOURCES = (
    "answers",
    "array_ops",
    "assessment",
    "bytecode",
    "compiled",
    "dead_code",
    "evaluation",
    "evolution",
    "fec",
    "generator",
    "lanes",
    "lane_tasks",
    "mutation",
    "ops",
    "packed",
    "tally",
    "vm",
)
"""Modules of this room that compiled code is made of: functions, tables, and the tuples that are handed over."""

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""No lock of the interpreter, IEEE 754 instead of exceptions, and no counting of references: nothing is allocated here,
and the counters of arrays that are looked at thousands of times a second took a fifth of a search."""


def jit(function: Any) -> Any:
    """For what compiled functions call: compiled into each of them."""
    return numba.njit(**OPTIONS)(function)


def inlined(function: Any) -> Any:
    """The same, without a call: handing over an array takes eight words, which for a few numbers costs more than the work."""
    return numba.njit(**OPTIONS, inline="always")(function)


def type_of(value: Any) -> Any:
    """What a signature calls the type of `value`."""
    return numba.typeof(value)  # type: ignore[no-untyped-call]


def compiled(signature: Any) -> Callable[[Any], Any]:
    """Compile for `signature` when the module is imported, or load what was compiled before.

    What holds for as long as all of SOURCES stay: to run a machine of yesterday on bytecode of today would write to wrong places.
    """

    def compile_or_load(function: Any) -> Any:
        dispatcher = kept(jit(function), Path(__file__).parent, SOURCES)
        dispatcher.compile(signature)
        dispatcher.disable_compile()
        return dispatcher

    return compile_or_load
