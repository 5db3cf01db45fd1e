"""From uploaded files to a Dataset; the format is seen in the content, file names are only shown and hint at the test part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from nas.core.errors import InvalidData
from nas.core.problem import Dataset
from nas.problems.datasets.assemble import TEST, TRAIN, RawPart, assemble, check_size
from nas.problems.datasets.cifar import read_cifar_archive, read_cifar_files
from nas.problems.datasets.idx import is_idx, read_idx
from nas.problems.datasets.limits import Limits, size_text
from nas.problems.datasets.npz import ZIP_MAGIC, read_npz
from nas.problems.datasets.packed import unpacked
from nas.problems.datasets.pickled import is_pickle
from nas.problems.datasets.tar import is_tar

_ACCEPTED = (
    "Accepted are one .npz archive; or IDX files (as MNIST has them, also gzipped): images and labels, "
    "and if you have them test images and test labels; or CIFAR-10 or CIFAR-100 for Python: the .tar.gz, or its batches."
)
_ARCHIVES = {"npz": "An .npz archive", "tar": "A .tar.gz archive"}
_HEAD_BYTES = 512  # a tar archive shows after 257 bytes what it is


@dataclass(frozen=True, slots=True)
class Upload:
    """What some files hold. `format`: "npz", "idx" or "cifar"."""

    dataset: Dataset
    format: str


def parse_upload(paths: Mapping[str, Path], limits: Limits | None = None, *, name: str = "upload") -> Upload:
    """The data set in some files.

    Args:
      paths: what a person calls each file (its original name, or "test images") → where it lies.

    Raises InvalidData. Do not call it on a stranger's files in a process that matters: see `parse_isolated`.
    """
    limits = limits or Limits()
    if not paths:
        raise InvalidData(f"There is no file. {_ACCEPTED}")
    kinds = {shown: _kind(path, shown, limits) for shown, path in paths.items()}
    for archive, told in _ARCHIVES.items():
        if archive in kinds.values() and len(paths) > 1:
            raise InvalidData(f"{told} comes alone; got {len(paths)} files. {_ACCEPTED}")
    if len(set(kinds.values())) > 1:
        raise InvalidData(f"The files are of different formats: {', '.join(kinds)}. {_ACCEPTED}")
    shown, kind = next(iter(kinds.items()))
    if kind == "npz":
        return Upload(read_npz(paths[shown], shown, limits, name=name), "npz")
    if kind == "tar":
        return Upload(read_cifar_archive(paths[shown], shown, limits, name=name), "cifar")
    if kind == "pickle":
        return Upload(read_cifar_files(paths, limits, name=name), "cifar")
    return Upload(_read_idx_files(paths, limits, name), "idx")


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
        if file.read(4) == ZIP_MAGIC:
            return "npz"
    with unpacked(path, shown) as file:
        head = file.read(_HEAD_BYTES)
    for kind, opens in (("tar", is_tar), ("pickle", is_pickle), ("idx", is_idx)):
        if opens(head):
            return kind
    raise InvalidData(f"{shown} is neither an .npz archive nor an IDX file nor a part of CIFAR. {_ACCEPTED}")


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
