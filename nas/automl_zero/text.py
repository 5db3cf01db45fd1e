"""Programs as people read and write them: `s3 = s0 - s1` under `def Learn():`. What is printed reads back exactly.

The forms are those of Real et al. 2020 (arXiv 2003.03384, Table S1), as `nas.automl_zero.ops` lists them. The types of the
addresses decide between forms that look alike: dot(m0, v0) is another operation than dot(v1, v0).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nas.automl_zero.ops import OPS, Op
from nas.automl_zero.program import COMPONENTS, Component, Instruction, Program
from nas.core.errors import FieldError, InvalidGenotype

LONGEST_TEXT = 200_000
LONGEST_LINE = 300
MOST_LINES = 5_000
MOST_ERRORS = 20

HEADS: Mapping[Component, str] = {"setup": "def Setup():", "predict": "def Predict():", "learn": "def Learn():"}

_HEAD = re.compile(r"def\s+(\w{1,40})\s*\(\s*\)\s*:")
_TOKEN = re.compile(
    r"\s*(?:(?P<address>[svm]\d{1,6}(?!\w))"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?(?![\w.]))"
    r"|(?P<word>[a-z_]{2,20}(?!\w))"
    r"|(?P<sign>[-+*/=(),\[\]]))",
    re.ASCII,
)


class _Form(NamedTuple):
    """A line with its addresses and numbers taken out.

    Attributes:
      places: of each address in the line, the field of the instruction.
      numbers: of each number in the line, the constant that it is, or the value it must have.
    """

    op: Op
    places: tuple[str, ...]
    numbers: tuple[int | float, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """`key`: tokens with letters of types in place of addresses and # in place of numbers."""

    key: str
    addresses: tuple[int, ...]
    numbers: tuple[float, ...]


class _Unreadable(ValueError):
    """The message says what is wrong with a line."""


def instruction_text(instruction: Instruction) -> str:
    """`s3 = s0 - s1`."""
    op = OPS[instruction.op]
    inputs = (instruction.in1, instruction.in2)
    fields = {f"in{place + 1}": f"{kind}{inputs[place]}" for place, kind in enumerate(op.inputs)}
    if op.output is not None:
        fields["out"] = f"{op.output}{instruction.out}"
    constants = {f"c{place}": repr(instruction.constants[place]) for place in range(len(op.constants))}
    return op.text.format(**fields, **constants)


def program_text(program: Program) -> str:
    """Three functions; `program_from_text` reads them back as the same program."""
    parts = []
    for name in COMPONENTS:
        lines = [f"    {instruction_text(instruction)}" for instruction in program.component(name)]
        parts.append("\n".join([HEADS[name], *lines]))
    return "\n\n".join(parts) + "\n"


Places = Mapping[tuple[Component, int], str]
"""Where in a text each instruction stands: ("learn", 0) → "line 7"."""


def program_from_text(text: str) -> Program:
    """The program that is written there. Raises InvalidGenotype as `placed_program` does."""
    return placed_program(text)[0]


def placed_program(text: str) -> tuple[Program, Places]:
    """The program that is written there, and where; a function that is missing is empty.

    `heaviside(x, 1.0)` is read as `heaviside(x)`, which the released code prints so. Addresses are not compared with any
    space. Raises InvalidGenotype with one error per wrong line (field "line 3"), at most 20; a hostile text is refused
    before it takes time.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidGenotype.at("", f"has {len(text):,} characters; a program has at most {LONGEST_TEXT:,}")
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise InvalidGenotype.at("", f"has {len(lines):,} lines; a program has at most {MOST_LINES:,}")
    found: dict[Component, list[Instruction]] = {}
    places: dict[tuple[Component, int], str] = {}
    errors: list[FieldError] = []
    current: Component | None = None
    for number, line in enumerate(lines, start=1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        try:
            if content.startswith("def") and not content[3:4].isalnum():
                current = _component(content)
                if current in found:
                    raise _Unreadable(f"{HEADS[current]} stands here a second time")
                found[current] = []
            elif current is None:
                raise _Unreadable("write a function's head before its instructions: " + _all_heads())
            else:
                places[current, len(found[current])] = f"line {number}"
                found[current].append(_instruction(content))
        except _Unreadable as error:
            errors.append(FieldError(f"line {number}", str(error)))
            if len(errors) == MOST_ERRORS:
                break
    if not errors and not found:
        errors.append(FieldError("", f"expected a program: instructions under {_all_heads()}"))
    if errors:
        raise InvalidGenotype(errors)
    return Program(*(tuple(found.get(name, ())) for name in COMPONENTS)), places


def _all_heads() -> str:
    return " ".join(HEADS.values())


def _component(content: str) -> Component:
    match = _HEAD.fullmatch(content)
    for name, head in HEADS.items():
        if match and f"def {match[1]}():" == head:
            return name
    raise _Unreadable(f"there is no such function: {content!r:.60}; there are {_all_heads()}")


def _instruction(content: str) -> Instruction:
    line = _read(content)
    key, numbers = line.key, line.numbers
    forms = _FORMS.get(key, ())
    for form in forms:
        if all(n == wanted for n, wanted in zip(numbers, form.numbers, strict=True) if isinstance(wanted, float)):
            return _filled(form, line)
    if forms:
        raise _Unreadable(f"there is no operation {content!r:.60}; did you mean {_like(form.op for form in forms)}?")
    raise _Unreadable(_nothing_like(content, key))


def _filled(form: _Form, line: _Line) -> Instruction:
    constants = [0.0, 0.0, 0.0]
    for value, place in zip(line.numbers, form.numbers, strict=True):
        if isinstance(place, int):
            constants[place] = value
    addresses = dict(zip(form.places, line.addresses, strict=True))
    first, second, third = constants
    return Instruction(form.op.number, **addresses, constants=(first, second, third))


def _read(content: str) -> _Line:
    if len(content) > LONGEST_LINE:
        raise _Unreadable(f"has {len(content):,} characters; an instruction has at most {LONGEST_LINE}")
    key: list[str] = []
    addresses: list[int] = []
    numbers: list[float] = []
    place = 0
    while place < len(content):
        match = _TOKEN.match(content, place)
        if match is None:
            raise _Unreadable(f"cannot be read from {content[place:]!r:.40} on")
        place = match.end()
        token = match[0].strip()
        if match["address"]:
            key.append(token[0])
            addresses.append(int(token[1:]))
        elif match["number"]:
            value = float(token)
            if not math.isfinite(value):
                raise _Unreadable(f"{token:.40} is too large for a number")
            if key[-1:] == ["-"] and _is_sign_of_number(key):
                key.pop()
                value = -value
            key.append("#")
            numbers.append(value)
        else:
            key.append(token)
    return _Line("".join(key), tuple(addresses), tuple(numbers))


def _is_sign_of_number(key: list[str]) -> bool:
    """Whether the minus at the end stands where an operand would begin."""
    return len(key) > 1 and key[-2] in "=(,["


def _forms() -> dict[str, tuple[_Form, ...]]:
    """Every form by its key, read from the lines that are printed."""
    found: dict[str, tuple[_Form, ...]] = {}
    for op in OPS:
        marked = Instruction(op.number, 1, 2, 3, (11.5, 12.5, 13.5))
        line = _read(instruction_text(marked))
        fields = {1: "in1", 2: "in2", 3: "out"}
        places = tuple(fields[address] for address in line.addresses)
        numbers = tuple({11.5: 0, 12.5: 1, 13.5: 2}.get(value, value) for value in line.numbers)
        found[line.key] = (*found.get(line.key, ()), _Form(op, places, numbers))
        if "heaviside" in line.key:
            again = line.key.replace(")", ",#)")
            found[again] = (_Form(op, places, (1.0,)),)
    return found


_FORMS = _forms()


def _nothing_like(content: str, key: str) -> str:
    """What is wrong with a line whose form there is not, with what there is under the same name."""
    word = re.search(r"[a-z_]{2,}", key)
    names = [op for op in OPS if word and f"{word[0]}(" in op.text]
    if names:
        return f"{word[0] if word else ''} does not take these types: {content!r:.60}; there are {_like(names)}"
    if word:
        return f"there is no function {word[0]!r:.30}; there are {', '.join(_WORDS)}"
    return f"there is no operation {content!r:.60}; instructions look like s3 = s0 - s1, v2 = s3 * v0, s1 = dot(v1, v0)"


def _like(ops: Iterable[Op]) -> str:
    return ", ".join(map(_typed, ops))


def _typed(op: Op) -> str:
    """The form with letters of types in place of addresses: v = dot(m, v)."""
    fields = {f"in{place + 1}": str(kind) for place, kind in enumerate(op.inputs)}
    return op.text.format(out=op.output, **fields, c0="c0", c1="c1", c2="c2")


_WORDS = tuple(sorted({word for op in OPS for word in re.findall(r"([a-z_]{2,})\(", op.text)}))
