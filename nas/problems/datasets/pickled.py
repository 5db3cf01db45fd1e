"""Pickled dictionaries of numbers, texts and uint8 arrays, read without running anything that is pickled.

A pickle is a program for a small stack machine. This one knows the instructions that write plain values (protocols 2
to 4, from Python 2 and 3), and of all callables the four names with which NumPy writes an array and Python 3 writes
bytes in protocol 2. It never looks those names up: it recognises the pattern and makes the array itself. Everything
else is refused by name. No step recurses, and every instruction takes its memory from the file, so that the
size of the file and the number of instructions bound both memory and time.

Format: the module pickletools of Python's standard library; the array's pattern: numpy.ndarray.__reduce__.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from enum import Enum
from typing import TypeGuard

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidData

MOST_INSTRUCTIONS = 2_000_000
"""The training part of CIFAR-100, with 50,000 file names and twice as many labels, takes 260,000."""

_LONGEST_NAME = 100  # characters of a module or a callable
_LONGEST_INTEGER = 8  # bytes
_MOST_AXES = 4
_INSTRUCTION_NAMES = {ord(instruction.code): instruction.name for instruction in pickletools.opcodes}
_PROTO, _STOP = 0x80, ord(".")


class _Known(Enum):
    RECONSTRUCT = "numpy._core.multiarray._reconstruct"
    NDARRAY = "numpy.ndarray"
    DTYPE = "numpy.dtype"
    ENCODE = "_codecs.encode"


_GLOBALS = {
    ("numpy.core.multiarray", "_reconstruct"): _Known.RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _Known.RECONSTRUCT,
    ("numpy", "ndarray"): _Known.NDARRAY,
    ("numpy", "dtype"): _Known.DTYPE,
    ("_codecs", "encode"): _Known.ENCODE,
}


class _Byte:
    """Stands for numpy.dtype("u1"), the only one there is."""


class _Array:
    """An array whose values come with a later instruction."""

    values: npt.NDArray[np.uint8] | None = None


def is_pickle(head: bytes) -> bool:
    """Whether `head`, the first bytes of a file, opens a pickle of protocol 2 or later."""
    return len(head) >= 2 and head[0] == _PROTO and 2 <= head[1] <= 5


def read_pickled_dict(data: bytes, shown_name: str) -> dict[str, object]:
    """The dictionary pickled in `data`, keys as text.

    Its values are int, bool, None, str, bytes (a text of Python 2), list, tuple, dict and uint8 arrays; arrays deeper
    inside are left out as None. Raises InvalidData.
    """
    found = _Machine(data, shown_name).run()
    if not isinstance(found, dict):
        raise InvalidData(
            f"{shown_name} holds a {type(found).__name__}; expected a dictionary as CIFAR's files have it."
        )
    return {str(as_text(key)): _ready(value) for key, value in found.items()}


def as_text(value: object) -> object:
    """Bytes as text (Python 2 had one type for both); anything else as it is."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _ready(value: object) -> object:
    return value.values if isinstance(value, _Array) else value


class _Machine:
    """The stack, and what the instructions do to it."""

    def __init__(self, data: bytes, shown_name: str) -> None:
        self._data = data
        self._shown_name = shown_name
        self._at = 0
        self._stack: list[object] = []
        self._outer: list[list[object]] = []  # the stacks below each open mark
        self._memo: dict[int, object] = {}
        self._left_to_encode = len(data)

    def run(self) -> object:
        self._check_protocol()
        for _ in range(MOST_INSTRUCTIONS):
            code = self.take(1)[0]
            if code == _STOP:
                return self._result()
            step = _STEPS.get(code)
            if step is None:
                raise self._refused(f"the instruction {_INSTRUCTION_NAMES.get(code, hex(code))}")
            step(self)
        raise InvalidData(
            f"{self._shown_name} has more than {MOST_INSTRUCTIONS:,} pickled values. Upload a smaller file."
        )

    def _check_protocol(self) -> None:
        code, protocol = self.take(2)
        if code != _PROTO or not 2 <= protocol <= 4:
            raise InvalidData(
                f"{self._shown_name} is not pickled in protocol 2, 3 or 4. Save it with pickle.dump(…, protocol=4)."
            )

    def _result(self) -> object:
        found = self.pop()
        if self._stack or self._outer or self._at != len(self._data):
            raise self._damaged()
        return found

    # Reading

    def take(self, num_bytes: int) -> bytes:
        taken = self._data[self._at : self._at + num_bytes]
        if len(taken) != num_bytes:
            raise InvalidData(f"{self._shown_name} ends in the middle of its pickle. Upload the complete file.")
        self._at += num_bytes
        return taken

    def number(self, num_bytes: int) -> int:
        return int.from_bytes(self.take(num_bytes), "little")

    def signed(self, num_bytes: int) -> int:
        if num_bytes > _LONGEST_INTEGER:
            raise self._refused(f"a whole number of {num_bytes} bytes")
        return int.from_bytes(self.take(num_bytes), "little", signed=True)

    def line(self) -> str:
        end = self._data.find(b"\n", self._at, self._at + _LONGEST_NAME + 1)
        if end < 0:
            raise self._damaged()
        line = self.take(end + 1 - self._at)
        return line[:-1].decode("utf-8", "replace")

    def text(self, num_bytes: int) -> str:
        try:
            return self.take(num_bytes).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise self._damaged() from None

    # Refusals

    def _damaged(self) -> InvalidData:
        return InvalidData(f"{self._shown_name} is a damaged pickle. Upload the publisher's file again.")

    def _refused(self, what: str) -> InvalidData:
        return InvalidData(
            f"{self._shown_name} is a pickle that uses {what}, which is not read because it could run code. "
            "Only plain numbers, texts, lists, dictionaries and uint8 arrays are read."
        )

    # The stack

    def push(self, value: object) -> None:
        self._stack.append(value)

    def pop(self) -> object:
        if not self._stack:
            raise self._damaged()
        return self._stack.pop()

    def pop_several(self, number: int) -> tuple[object, ...]:
        if len(self._stack) < number:
            raise self._damaged()
        taken = tuple(self._stack[-number:])
        del self._stack[-number:]
        return taken

    def pop_to_mark(self) -> list[object]:
        if not self._outer:
            raise self._damaged()
        taken, self._stack = self._stack, self._outer.pop()
        return taken

    def top(self) -> object:
        if not self._stack:
            raise self._damaged()
        return self._stack[-1]

    def mark(self) -> None:
        self._outer.append(self._stack)
        self._stack = []

    def remember(self, place: int) -> None:
        self._memo[place] = self.top()

    def recall(self, place: int) -> None:
        if place not in self._memo:
            raise self._damaged()
        self.push(self._memo[place])

    # Containers

    def extend(self, values: list[object]) -> None:
        target = self.top()
        if not isinstance(target, list):
            raise self._damaged()
        target.extend(values)

    def update(self, flat: list[object]) -> None:
        """`flat`: key, value, key, value …"""
        target = self.top()
        if not isinstance(target, dict) or len(flat) % 2:
            raise self._damaged()
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            if not isinstance(key, str | bytes | int):  # the hash of nested tuples can take for ever
                raise self._refused(f"a key of type {type(key).__name__}")
            target[key] = value

    # The pattern of an array

    def name(self, module: object, attribute: object) -> None:
        known = _GLOBALS.get((module, attribute)) if isinstance(module, str) and isinstance(attribute, str) else None
        if known is None:
            parts = [f"{part:.{_LONGEST_NAME}}" if isinstance(part, str) else "?" for part in (module, attribute)]
            raise self._refused(".".join(parts))
        self.push(known)

    def reduce(self) -> None:
        """What a call would give, for the three calls there are."""
        known, arguments = self.pop_several(2)
        if not isinstance(known, _Known) or not isinstance(arguments, tuple):
            raise self._refused("a call of something that is no function")
        given = tuple(as_text(argument) if not isinstance(argument, tuple) else argument for argument in arguments)
        if known is _Known.RECONSTRUCT and given == (_Known.NDARRAY, (0,), "b"):
            self.push(_Array())
        elif known is _Known.DTYPE and len(given) == 3 and isinstance(given[0], str):
            if given[0] not in ("u1", "|u1"):
                raise InvalidData(f"{self._shown_name} holds an array of type {given[0]:.40}; expected uint8 (u1).")
            self.push(_Byte())
        elif known is _Known.ENCODE and len(given) == 2 and isinstance(given[0], str) and given[1] == "latin1":
            self.push(self._encoded(given[0]))
        else:
            raise self._refused(f"{known.value} in an unknown way")

    def _encoded(self, text: str) -> bytes:
        self._left_to_encode -= len(text)  # else one long text could be encoded again and again
        if self._left_to_encode < 0:
            raise self._damaged()
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            raise self._damaged() from None

    def build(self) -> None:
        target, state = self.pop_several(2)
        self.push(target)
        if not isinstance(state, tuple) or not isinstance(target, _Array | _Byte):
            raise self._refused("the state of an object")
        if isinstance(target, _Array):
            self._fill(target, state)
        # The state of a dtype says how bytes are ordered, which a single byte cannot be.

    def _fill(self, target: _Array, state: tuple[object, ...]) -> None:
        if len(state) != 5 or target.values is not None:
            raise self._damaged()
        _, shape, dtype, is_fortran, raw = state
        if not _is_shape(shape) or not isinstance(dtype, _Byte) or not isinstance(raw, bytes):
            raise self._damaged()
        if math.prod(shape) != len(raw):
            told = " × ".join(map(str, shape))
            raise InvalidData(
                f"{self._shown_name} holds an array of {told} bytes with {len(raw):,} in it. Upload the publisher's file."
            )
        flat = np.frombuffer(raw, np.uint8)
        target.values = flat.reshape(shape[::-1]).T if is_fortran is True else flat.reshape(shape)


def _is_shape(value: object) -> TypeGuard[tuple[int, ...]]:
    return (
        isinstance(value, tuple)
        and 1 <= len(value) <= _MOST_AXES
        and all(type(size) is int and 0 <= size < 2**40 for size in value)
    )


_STEPS: dict[int, Callable[[_Machine], None]] = {
    ord(code): step
    for code, step in {
        "N": lambda m: m.push(None),
        "\x88": lambda m: m.push(True),
        "\x89": lambda m: m.push(False),
        "K": lambda m: m.push(m.number(1)),
        "M": lambda m: m.push(m.number(2)),
        "J": lambda m: m.push(m.signed(4)),
        "\x8a": lambda m: m.push(m.signed(m.number(1))),  # LONG1
        "U": lambda m: m.push(m.take(m.number(1))),  # texts of Python 2
        "T": lambda m: m.push(m.take(m.number(4))),
        "C": lambda m: m.push(m.take(m.number(1))),  # bytes
        "B": lambda m: m.push(m.take(m.number(4))),
        "\x8c": lambda m: m.push(m.text(m.number(1))),
        "X": lambda m: m.push(m.text(m.number(4))),
        "]": lambda m: m.push([]),
        "}": lambda m: m.push({}),
        ")": lambda m: m.push(()),
        "(": _Machine.mark,
        "a": lambda m: m.extend([m.pop()]),
        "e": lambda m: m.extend(m.pop_to_mark()),
        "s": lambda m: m.update(list(m.pop_several(2))),
        "u": lambda m: m.update(m.pop_to_mark()),
        "\x85": lambda m: m.push(m.pop_several(1)),
        "\x86": lambda m: m.push(m.pop_several(2)),
        "\x87": lambda m: m.push(m.pop_several(3)),
        "t": lambda m: m.push(tuple(m.pop_to_mark())),
        "q": lambda m: m.remember(m.number(1)),
        "r": lambda m: m.remember(m.number(4)),
        "\x94": lambda m: m.remember(len(m._memo)),
        "h": lambda m: m.recall(m.number(1)),
        "j": lambda m: m.recall(m.number(4)),
        "\x95": lambda m: m.take(8),  # the length of a frame: how a stream may be read, not what it says
        "c": lambda m: m.name(m.line(), m.line()),
        "\x93": lambda m: m.name(*m.pop_several(2)),
        "R": _Machine.reduce,
        "b": _Machine.build,
    }.items()
}
