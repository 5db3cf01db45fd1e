"""NumPy archives (.npz): read without pickle, sizes checked before memory is taken."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from nas.core.errors import InvalidData
from nas.core.problem import Dataset
from nas.problems.datasets.assemble import TEST, TRAIN, VALIDATION, RawPart, assemble, check_class_names
from nas.problems.datasets.limits import Limits, size_text

ZIP_MAGIC = b"PK\x03\x04"
_LAYOUTS: tuple[tuple[tuple[str, str, int], ...], ...] = (
    (("x", "y", TRAIN),),
    (("images", "labels", TRAIN),),
    (("x_train", "y_train", TRAIN), ("x_test", "y_test", TEST)),
    (
        ("train_images", "train_labels", TRAIN),
        ("val_images", "val_labels", VALIDATION),
        ("test_images", "test_labels", TEST),
    ),
)
_CLASS_NAMES = "class_names"
_WAY_OUT = (
    "Expected arrays named x and y; or images and labels; or x_train, y_train, x_test, y_test; or train_images, train_labels, val_images, "
    "val_labels, test_images, test_labels. An array class_names is optional."
)


def read_npz(path: Path, shown_name: str, limits: Limits, *, name: str) -> Dataset:
    """The data set in an .npz archive. Raises InvalidData."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, shown_name, limits, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # NotImplementedError: a compression zipfile does not know; RuntimeError: an encrypted member.
        raise InvalidData(f"{shown_name} is not a readable .npz archive ({error}). Save it with numpy.savez.") from None


def _read(archive: zipfile.ZipFile, shown_name: str, limits: Limits, name: str) -> Dataset:
    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    layout = next((keys for keys in _LAYOUTS if keys[0][0] in members), None)
    if layout is None:
        found = ", ".join(sorted(members)[:12]) or "nothing"
        raise InvalidData(f"{shown_name} holds {found:.300}. {_WAY_OUT}")
    used = [key for images, labels, _ in layout for key in (images, labels)]
    missing = [key for key in used if key not in members]
    if missing:
        raise InvalidData(f"{shown_name} lacks {', '.join(missing)}. {_WAY_OUT}")
    wanted = [*used, *([_CLASS_NAMES] if _CLASS_NAMES in members else [])]
    total = sum(members[key].file_size for key in wanted)
    if total > limits.unpacked_bytes:
        raise InvalidData(
            f"{shown_name} unpacks to {size_text(total)}; at most {size_text(limits.unpacked_bytes)} are accepted. "
            "Store pixels as uint8, or upload a part of the data set."
        )
    arrays: dict[str, npt.NDArray[Any]] = {}
    for key in wanted:
        with archive.open(members[key]) as file:
            arrays[key] = _read_array(file, members[key].file_size, f"{key} in {shown_name}")
    parts = [
        RawPart(arrays[images], arrays[labels], f"{images} in {shown_name}", f"{labels} in {shown_name}", split)
        for images, labels, split in layout
    ]
    given = arrays.get(_CLASS_NAMES)
    names = None
    if given is not None:
        names = check_class_names(given.tolist() if given.ndim == 1 else [], f"{_CLASS_NAMES} in {shown_name}")
    return assemble(name, parts, limits, class_names=names)


def _read_array(file: IO[bytes], member_bytes: int, where: str) -> npt.NDArray[Any]:
    """One .npy member. Its header may not promise more than the member holds."""
    try:
        version = npy.read_magic(file)
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if read_header is None:
            raise InvalidData(f"{where} is stored in .npy version {version}; save it with numpy.save.")
        shape, is_fortran, dtype = read_header(file)
    except ValueError as error:
        raise InvalidData(f"{where} is not a NumPy array ({error!s:.120}). Save it with numpy.savez.") from None
    if dtype.hasobject:
        raise InvalidData(
            f"{where} holds Python objects, which are not read because they could run code. "
            "Save plain numbers, for example array.astype('uint8')."
        )
    if dtype.kind not in "buifU":
        raise InvalidData(f"{where} holds values of type {dtype}; expected numbers.")
    expected = math.prod(shape) * dtype.itemsize
    if expected > member_bytes:
        raise InvalidData(f"{where} declares {expected:,} bytes but its file holds {member_bytes:,}. Save it again.")
    body = file.read(expected + 1)
    if len(body) != expected:
        raise InvalidData(f"{where} should hold {expected:,} bytes; its length differs. Save it again.")
    flat = np.frombuffer(body, dtype)
    return flat.reshape(shape[::-1]).T if is_fortran else flat.reshape(shape)
