"""IDX files (MNIST and its relatives), plain or gzipped.

Layout: two zero bytes, a type code, the number of axes, each axis as big-endian uint32, then the values row by row.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidData
from nas.problems.datasets.limits import Limits, size_text
from nas.problems.datasets.packed import unpacked

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CHUNK = 1 << 20


def is_idx(head: bytes) -> bool:
    """Whether `head`, the first four (unpacked) bytes of a file, opens an IDX file."""
    return len(head) >= 4 and head[:2] == b"\0\0" and head[2] in _TYPES and 1 <= head[3] <= 4


def read_idx(path: Path, shown_name: str, limits: Limits, *, budget_bytes: int | None = None) -> npt.NDArray[Any]:
    """The array of an IDX file in the machine's byte order.

    Args:
      shown_name: what a person calls the file, for messages.
      budget_bytes: how much it may unpack to; the limit for all files when None.

    Raises InvalidData. Never holds more than the declared size, which is checked against the limits first; of a gzip
    file at most one byte beyond it is unpacked, so a decompression bomb ends there.
    """
    allowed = limits.unpacked_bytes if budget_bytes is None else budget_bytes
    with unpacked(path, shown_name) as file:
        return _read(file, shown_name, allowed)


def _read(file: io.BufferedIOBase, shown_name: str, allowed: int) -> npt.NDArray[Any]:
    magic = file.read(4)
    if not is_idx(magic):
        raise InvalidData(
            f"{shown_name} is not an IDX file: it begins with {magic.hex(' ') or 'nothing'}, expected 00 00, "
            "a type code (08, 09, 0b, 0c, 0d or 0e) and the number of axes."
        )
    num_axes = magic[3]
    header = file.read(4 * num_axes)
    if len(header) != 4 * num_axes:
        raise InvalidData(f"{shown_name} ends inside its header. Upload the complete file.")
    shape = tuple(int(size) for size in np.frombuffer(header, ">u4"))
    dtype = np.dtype(_TYPES[magic[2]])
    expected = math.prod(shape) * dtype.itemsize
    told = " × ".join(map(str, shape))
    if expected > allowed:
        raise InvalidData(
            f"{shown_name} declares {told} values, {size_text(expected)}; "
            f"at most {size_text(allowed)} are accepted. Upload a part of the data set."
        )
    body = bytearray()
    while len(body) <= expected:
        chunk = file.read(min(_CHUNK, expected + 1 - len(body)))
        if not chunk:
            break
        body += chunk
    if len(body) != expected:
        found = f"only {len(body):,}" if len(body) < expected else "more"
        raise InvalidData(
            f"{shown_name} declares {told} values of type {dtype.name}, that is {expected:,} bytes, but holds {found}. "
            "The file is cut off or its header is wrong; upload the complete file."
        )
    values = np.frombuffer(body, dtype).reshape(shape)
    return values.astype(dtype.newbyteorder("="), copy=False)
