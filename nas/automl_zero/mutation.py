"""How programs are drawn and changed (section 3.2, S3, released mutator.cc and instruction.cc; compiled)."""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nas.automl_zero.bytecode import IN1_KINDS, IN2_KINDS, MATRIX, NUM_CONSTANTS, OUT_KINDS
from nas.automl_zero.compiled import jit
from nas.automl_zero.generator import below, gaussians, uniform
from nas.automl_zero.ops import OPS, Constant
from nas.spaces.automl_zero_config import MUTATIONS

(INSERT, REMOVE, TRADE, RANDOMIZE_INSTRUCTION, RANDOMIZE_COMPONENT, RANDOMIZE_PROGRAM, ALTER, IDENTITY) = range(
    len(MUTATIONS)
)
"""Numbers of MUTATIONS."""

RANDOM, NO_OPS, EMPTY, HAND_WRITTEN = range(4)
INITIAL = ("random", "no_ops", "empty", "hand_written")

FLIP_SIGN = 0.1
"""How often a changed constant changes its sign."""

_VALUE, _INDEX, _MEAN, _DEVIATION, _LOW, _HIGH = range(6)
_CONSTANTS = np.array(
    [[list(Constant).index(op.constants[i]) if len(op.constants) > i else _VALUE for i in range(3)] for op in OPS],
    dtype=np.int64,
)


class Rules(NamedTuple):
    """Which programs there are.

    Attributes:
      addresses: (3,) scalars, vectors, matrices.
      allowed: (3, 65) numbers of operations, the first `num_allowed` (3,) of each component count; none: it never changes.
      least, most: (3,) instructions of each component.
      weights: (8,) of MUTATIONS, cumulated, the last is 1.
      initial: what a search begins with, a number of INITIAL.
      uniform_factor: a constant is multiplied by U(0.5, 2) (the paper) and not by exp(N(0, 1)) (released).
    """

    addresses: npt.NDArray[np.int64]
    allowed: npt.NDArray[np.int64]
    num_allowed: npt.NDArray[np.int64]
    least: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    initial: int
    uniform_factor: bool


@jit
def _address(kind: int, is_output: bool, addresses: Any, generator: Any) -> Any:
    """s0 and v0 are the harness's to write: outputs begin at 1, of matrices at 0."""
    if kind == 0:
        return 0
    first = 1 if is_output and kind != MATRIX else 0
    return first + below(generator, 0, addresses[kind - 1] - first)


@jit
def _constant(meaning: int, generator: Any) -> Any:
    if meaning in (_INDEX, _DEVIATION):
        return uniform(generator, 0)
    return 2.0 * uniform(generator, 0) - 1.0


@jit
def _draw_instruction(row: Any, numbers: Any, allowed: Any, num_allowed: int, addresses: Any, generator: Any) -> None:
    """A random one: any operation of those allowed, all arguments random."""
    op = allowed[below(generator, 0, num_allowed)]
    row[0] = op
    row[1] = _address(IN1_KINDS[op], False, addresses, generator)
    row[2] = _address(IN2_KINDS[op], False, addresses, generator)
    row[3] = _address(OUT_KINDS[op], True, addresses, generator)
    for i in range(3):
        numbers[i] = _constant(_CONSTANTS[op, i], generator) if i < NUM_CONSTANTS[op] else 0.0


@jit
def _draw_instructions(
    programs: Any, at: int, component: int, begin: int, end: int, rules: Rules, generator: Any
) -> None:
    for k in range(begin, end):
        _draw_instruction(
            programs.rows[at, k],
            programs.numbers[at, k],
            rules.allowed[component],
            rules.num_allowed[component],
            rules.addresses,
            generator,
        )


@jit
def copy_instruction(source: Any, i: int, k: int, target: Any, j: int, m: int) -> None:
    """Instruction k of program i in `source` becomes instruction m of program j in `target`."""
    for place in range(4):
        target.rows[j, m, place] = source.rows[i, k, place]
    for place in range(3):
        target.numbers[j, m, place] = source.numbers[i, k, place]


@jit
def copy_program(source: Any, i: int, target: Any, j: int) -> None:
    """Program i of `source` becomes program j of `target`; components may begin at other places."""
    for c in range(3):
        size = source.sizes[i, c]
        target.sizes[j, c] = size
        for k in range(size):
            copy_instruction(source, i, source.begins[c] + k, target, j, target.begins[c] + k)


@jit
def draw_program(programs: Any, at: int, given: Any, given_at: int, initial: int, rules: Rules, generator: Any) -> None:
    """One that a search may begin with; random sizes are uniform between the limits.

    Program `given_at` of `given` is the hand-written beginning, and supplies the components that never change.
    """
    copy_program(given, given_at, programs, at)
    for c in range(3):
        if rules.num_allowed[c] == 0 or initial == HAND_WRITTEN:
            continue
        size = rules.least[c]
        if initial == RANDOM:
            size += below(generator, 0, rules.most[c] - rules.least[c] + 1)
        programs.sizes[at, c] = size
        begin = programs.begins[c]
        if initial == RANDOM:
            _draw_instructions(programs, at, c, begin, begin + size, rules, generator)
            continue
        for k in range(begin, begin + size):
            for i in range(4):
                programs.rows[at, k, i] = 0
            for i in range(3):
                programs.numbers[at, k, i] = 0.0


@jit
def _insert(programs: Any, at: int, c: int, rules: Rules, generator: Any) -> Any:
    """Before a random place; there must be room. Returns the line."""
    begin, size = programs.begins[c], programs.sizes[at, c]
    line = below(generator, 0, size + 1)
    for k in range(begin + size, begin + line, -1):
        copy_instruction(programs, at, k - 1, programs, at, k)
    programs.sizes[at, c] = size + 1
    _draw_instructions(programs, at, c, begin + line, begin + line + 1, rules, generator)
    return line


@jit
def _remove(programs: Any, at: int, c: int, generator: Any) -> Any:
    begin, size = programs.begins[c], programs.sizes[at, c]
    line = below(generator, 0, size)
    for k in range(begin + line, begin + size - 1):
        copy_instruction(programs, at, k + 1, programs, at, k)
    programs.sizes[at, c] = size - 1
    return line


@jit
def _alter_constant(op: int, numbers: Any, uniform_factor: bool, generator: Any) -> None:
    i = below(generator, 0, NUM_CONSTANTS[op])
    meaning = _CONSTANTS[op, i]
    if meaning == _INDEX:
        numbers[i] = uniform(generator, 0)
        return
    before = numbers[i]
    flips = meaning != _DEVIATION and uniform(generator, 0) < FLIP_SIGN
    if flips:
        numbers[i] = -numbers[i]
    if uniform_factor:
        numbers[i] *= 0.5 + 1.5 * uniform(generator, 0)
    elif not flips:
        numbers[i] *= math.exp(gaussians(generator, 0)[0])
    if math.isinf(numbers[i]):
        numbers[i] = before
    if meaning in (_LOW, _HIGH) and numbers[0] > numbers[1]:
        numbers[0], numbers[1] = numbers[1], numbers[0]


@jit
def _alter(row: Any, numbers: Any, addresses: Any, uniform_factor: bool, generator: Any) -> None:
    """One argument of an instruction: an address drawn anew, or its constants."""
    op = row[0]
    num_inputs = (1 if IN1_KINDS[op] else 0) + (1 if IN2_KINDS[op] else 0)
    num_arguments = num_inputs + (1 if OUT_KINDS[op] else 0) + (1 if NUM_CONSTANTS[op] else 0)
    if num_arguments == 0:
        return
    chosen = below(generator, 0, num_arguments)
    if chosen < num_inputs:
        row[1 + chosen] = _address(IN1_KINDS[op] if chosen == 0 else IN2_KINDS[op], False, addresses, generator)
    elif chosen == num_inputs:
        row[3] = _address(OUT_KINDS[op], True, addresses, generator)
    else:
        _alter_constant(op, numbers, uniform_factor, generator)


@jit
def mutate(  # noqa: PLR0912 - one branch per kind of change
    programs: Any, at: int, rules: Rules, generator: Any
) -> tuple[int, int, int]:
    """One change of program `at`, which has room for one instruction more than `most` in each component.

    Returns what was done (a number of MUTATIONS), to which component and line; -1 where none. Where the drawn change is
    impossible (empty, at a limit) the program stays as it is: there is no second try.
    """
    drawn = uniform(generator, 0)
    kind = 0
    while kind < IDENTITY and drawn >= rules.weights[kind]:
        kind += 1
    if kind == IDENTITY:
        return IDENTITY, -1, -1
    if kind == RANDOMIZE_PROGRAM:
        for c in range(3):
            if rules.num_allowed[c]:
                _draw_instructions(
                    programs, at, c, programs.begins[c], programs.begins[c] + programs.sizes[at, c], rules, generator
                )
        return RANDOMIZE_PROGRAM, -1, -1
    num_free = 0
    for c in range(3):
        num_free += 1 if rules.num_allowed[c] else 0
    chosen = below(generator, 0, num_free)
    component = 0
    for c in range(3):
        if rules.num_allowed[c]:
            if chosen == 0:
                component = c
            chosen -= 1
    size = programs.sizes[at, component]
    begin = programs.begins[component]
    line = -1
    if kind == INSERT:
        if size < rules.most[component]:
            line = _insert(programs, at, component, rules, generator)
    elif kind == REMOVE:
        if size > rules.least[component]:
            line = _remove(programs, at, component, generator)
    elif size > 0:
        if kind == TRADE:
            line = _insert(programs, at, component, rules, generator)
            removed = _remove(programs, at, component, generator)
            if removed == line:
                line = -1
            elif removed < line:
                line -= 1
        elif kind == RANDOMIZE_COMPONENT:
            _draw_instructions(programs, at, component, begin, begin + size, rules, generator)
        else:
            line = below(generator, 0, size)
            if kind == ALTER:
                k = begin + line
                row, numbers = programs.rows[at, k], programs.numbers[at, k]
                _alter(row, numbers, rules.addresses, rules.uniform_factor, generator)
            else:
                _draw_instructions(programs, at, component, begin + line, begin + line + 1, rules, generator)
    return kind, component, line
