"""From uploaded files to a Dataset; the format is seen in the content, file names are only shown and hint at the test part."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from nas.core.errors import InvalidData
from nas.core.problem import Dataset
from nas.problems.datasets.assemble import TEST, TRAIN, RawPart, assemble, check_size
from nas.problems.datasets.idx import GZIP_MAGIC, is_idx, read_idx
from nas.problems.datasets.limits import Limits, size_text
from nas.problems.datasets.npz import ZIP_MAGIC, read_npz

_ACCEPTED = (
    "Accepted are one .npz archive, or IDX files (as MNIST has them, also gzipped): images and labels, "
    "and if you have them test images and test labels."
)


def parse_upload(paths: Mapping[str, Path], limits: Limits | None = None, *, name: str = "upload") -> Dataset:
    """The data set in some files.

    Args:
      paths: what a person calls each file (its original name, or "test images") → where it lies.

    Raises InvalidData. Do not call it on a stranger's files in a process that matters: see `parse_isolated`.
    """
    limits = limits or Limits()
    if not paths:
        raise InvalidData(f"There is no file. {_ACCEPTED}")
    kinds = {shown: _kind(path, shown, limits) for shown, path in paths.items()}
    if "npz" in kinds.values():
        if len(paths) > 1:
            raise InvalidData(f"An .npz archive comes alone; got {len(paths)} files. {_ACCEPTED}")
        ((shown, path),) = paths.items()
        return read_npz(path, shown, limits, name=name)
    return _read_idx_files(paths, limits, name)


def _kind(path: Path, shown: str, limits: Limits) -> str:
    size = path.stat().st_size
    if size == 0:
        raise InvalidData(f"{shown} is empty. {_ACCEPTED}")
    if size > limits.file_bytes:
        raise InvalidData(
            f"{shown} has {size_text(size)}; at most {size_text(limits.file_bytes)} are accepted. "
            "Upload a part of the data set."
        )
    with path.open("rb") as file:
        head = file.read(4)
    if head == ZIP_MAGIC:
        return "npz"
    if head[:2] == GZIP_MAGIC:
        try:
            with gzip.open(path) as unpacked:
                head = unpacked.read(4)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise InvalidData(f"{shown} is a damaged or cut-off gzip file. Compress and upload it again.") from None
    if not is_idx(head):
        raise InvalidData(f"{shown} is neither an .npz archive nor an IDX file. {_ACCEPTED}")
    return "idx"


def _read_idx_files(paths: Mapping[str, Path], limits: Limits, name: str) -> Dataset:
    if len(paths) not in (2, 4):
        raise InvalidData(f"IDX comes as two files or four; got {len(paths)}. {_ACCEPTED}")
    images: dict[str, npt.NDArray[Any]] = {}
    labels: dict[str, npt.NDArray[Any]] = {}
    left = limits.unpacked_bytes
    for shown, path in paths.items():
        array = read_idx(path, shown, limits, budget_bytes=left)
        left -= array.nbytes
        (labels if array.ndim == 1 else images)[shown] = array
    if len(images) != len(labels):
        raise InvalidData(
            f"Found {len(images)} file(s) with images and {len(labels)} with labels (a single axis); "
            "each images file needs its labels file."
        )
    check_size(sum(a.size for a in images.values()), sum(len(a) for a in images.values()), limits)
    if len(images) == 1:
        ((images_name, pixels),) = images.items()
        ((labels_name, numbers),) = labels.items()
        return assemble(name, [RawPart(pixels, numbers, images_name, labels_name)], limits)
    train_images, test_images = _train_and_test(images)
    train_labels, test_labels = _train_and_test(labels)
    parts = [
        RawPart(images[train_images], labels[train_labels], train_images, train_labels, TRAIN),
        RawPart(images[test_images], labels[test_labels], test_images, test_labels, TEST),
    ]
    return assemble(name, parts, limits)


def _train_and_test(arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[str, str]:
    """Which of two files is the test part: the one whose name says so, else the one with fewer examples."""
    first, second = arrays
    named = [shown for shown in arrays if "test" in shown.lower() or "t10k" in shown.lower()]
    if len(named) == 1:
        test = named[0]
    elif len(arrays[first]) != len(arrays[second]):
        test = min(arrays, key=lambda shown: len(arrays[shown]))
    else:
        raise InvalidData(
            f"{first} and {second} hold equally many examples: which one is the test part? Put “test” into its file name."
        )
    return (second if test == first else first), test
