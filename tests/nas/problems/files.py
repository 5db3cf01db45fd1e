"""Small data files, right and wrong ones."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx_bytes(array: npt.NDArray[Any], *, shape: tuple[int, ...] | None = None) -> bytes:
    """`array` as an IDX file; `shape` writes another shape into the header."""
    sizes = array.shape if shape is None else shape
    head = bytes([0, 0, _CODES[array.dtype.str[1:]], len(sizes)])
    return (
        head
        + b"".join(size.to_bytes(4, "big") for size in sizes)
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


def write_idx(path: Path, array: npt.NDArray[Any]) -> Path:
    """An IDX file, gzipped when the name ends in .gz."""
    data = idx_bytes(array)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def examples(num: int = 30, num_classes: int = 3, side: int = 6) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """`num` random grey images and labels that go round the classes."""
    images = np.random.default_rng(0).integers(0, 256, (num, side, side), dtype=np.uint8)
    return images, (np.arange(num) % num_classes).astype(np.uint8)
