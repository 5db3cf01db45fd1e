"""Programs as arrays, many in one: what compiled code reads and writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nas.automl_zero.program import COMPONENTS, Instruction, Program


class Packed(NamedTuple):
    """N programs of at most M instructions.

    Attributes:
      rows: (N, M, 4) int64: op, in1, in2, out. Component c begins at its own place, the same in all programs.
      numbers: (N, M, 3) float64: constants.
      sizes: (N, 3) int64: instructions of Setup, Predict, Learn.
      begins: (4,) int64: where each component begins, and M.
    """

    rows: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.int64]
    begins: npt.NDArray[np.int64]


def room_for(num_programs: int, most: Sequence[int]) -> Packed:
    """Empty programs, with room for as many instructions of each component as `most` says."""
    begins = np.concatenate([[0], np.cumsum(np.asarray(most, dtype=np.int64))]).astype(np.int64)
    length = int(begins[-1])
    return Packed(
        np.zeros((num_programs, length, 4), dtype=np.int64),
        np.zeros((num_programs, length, 3)),
        np.zeros((num_programs, len(COMPONENTS)), dtype=np.int64),
        begins,
    )


def put_in(packed: Packed, at: int, program: Program) -> None:
    """Write `program` in the place of number `at`. Raises ValueError where there is no room."""
    for c, name in enumerate(COMPONENTS):
        instructions = program.component(name)
        begin, end = int(packed.begins[c]), int(packed.begins[c + 1])
        if len(instructions) > end - begin:
            raise ValueError(f"there is room for {end - begin} instructions of {name}, got {len(instructions)}")
        packed.sizes[at, c] = len(instructions)
        packed.rows[at, begin:end] = 0
        packed.numbers[at, begin:end] = 0.0
        for k, instruction in enumerate(instructions, start=begin):
            packed.rows[at, k] = instruction[:4]
            packed.numbers[at, k] = instruction.constants


def pack(programs: Sequence[Program]) -> Packed:
    """With just as much room as they need."""
    packed = room_for(len(programs), [max(len(p.component(name)) for p in programs) for name in COMPONENTS])
    for at, program in enumerate(programs):
        put_in(packed, at, program)
    return packed


def take_out(packed: Packed, at: int, live: npt.NDArray[Any] | None = None) -> Program:
    """Program number `at`; of its instructions only those that `live` (M,) says, where it is given."""
    components = []
    for c in range(len(COMPONENTS)):
        begin = int(packed.begins[c])
        components.append(
            tuple(
                Instruction.from_json([*packed.rows[at, k].tolist(), *packed.numbers[at, k].tolist()])
                for k in range(begin, begin + int(packed.sizes[at, c]))
                if live is None or live[k]
            )
        )
    return Program(*components)
