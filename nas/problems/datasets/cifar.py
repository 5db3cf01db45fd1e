"""CIFAR-10 and CIFAR-100 in their Python form: pickled batches, alone or in the official archive.

Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. A batch is a dictionary: `data`, uint8 (N, 3072),
each row a picture of 32 × 32 pixels, first all red values, then all green, then all blue ones, row by row; `labels`
(CIFAR-10) or `fine_labels` (CIFAR-100), N whole numbers. The class names are `label_names` or `fine_label_names` of a
file of their own. The batches are read without running what is pickled in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidData
from nas.core.problem import Dataset
from nas.problems.datasets.assemble import TEST, TRAIN, RawPart, assemble, check_class_names, check_size
from nas.problems.datasets.limits import Limits, size_text
from nas.problems.datasets.packed import unpacked
from nas.problems.datasets.pickled import as_text, read_pickled_dict
from nas.problems.datasets.tar import tar_members

_SIDE = 32
_ROW = 3 * _SIDE * _SIDE
_MEMBERS = frozenset(
    {*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta", "train", "test", "meta"}
)
_NAMES_OF = {"labels": "label_names", "fine_labels": "fine_label_names"}
"""The key of a batch's labels → the key of the classes' names."""

_Pickles = Iterable[tuple[str, str, bytes]]
"""File name, what to call it in messages, content."""


@dataclass(frozen=True, slots=True)
class _Batch:
    shown_name: str
    label_key: str
    pixels: npt.NDArray[np.uint8]  # (N, 3, 32, 32)
    labels: npt.NDArray[np.int64]  # (N,)
    split: int


def read_cifar_archive(path: Path, shown_name: str, limits: Limits, *, name: str) -> Dataset:
    """The data set in cifar-10-python.tar.gz, cifar-100-python.tar.gz or a tar of the same files. Raises InvalidData."""

    def pickles() -> Iterator[tuple[str, str, bytes]]:
        with unpacked(path, shown_name) as file:
            for member, content in tar_members(file, _MEMBERS, shown_name, limits):
                yield member, f"{member} in {shown_name}", content

    return _read(pickles(), f"{shown_name} holds", limits, name)


def read_cifar_files(paths: Mapping[str, Path], limits: Limits, *, name: str) -> Dataset:
    """The data set in single batch files (data_batch_1 … test_batch, or train and test), with or without the file of
    the class names. Raises InvalidData."""

    def pickles() -> Iterator[tuple[str, str, bytes]]:
        left = limits.unpacked_bytes
        for shown_name, path in paths.items():
            with unpacked(path, shown_name) as file:
                content = file.read(left + 1)
            left -= len(content)
            if left < 0:
                raise InvalidData(
                    f"{shown_name} unpacks to too much: at most {size_text(limits.unpacked_bytes)} are accepted in all."
                )
            yield shown_name, shown_name, content

    return _read(pickles(), "The files hold", limits, name)


def _read(pickles: _Pickles, who_holds: str, limits: Limits, name: str) -> Dataset:
    batches: list[_Batch] = []
    class_names: dict[str, list[str]] = {}
    for file_name, shown_name, content in pickles:
        found = read_pickled_dict(content, shown_name)
        names_key = next((key for key in _NAMES_OF.values() if key in found), None)
        if names_key is not None:
            class_names[names_key] = _names(found[names_key], f"{names_key} in {shown_name}")
        else:
            # The files of both data sets say in their names which part they are.
            batches.append(_batch(found, shown_name, TEST if "test" in file_name.lower() else TRAIN))
        check_size(sum(batch.pixels.size for batch in batches), sum(len(batch.labels) for batch in batches), limits)
    if not any(batch.split == TRAIN for batch in batches):
        raise InvalidData(f"{who_holds} no training batch. Expected data_batch_1 … data_batch_5, or train.")
    label_key = batches[0].label_key
    if any(batch.label_key != label_key for batch in batches):
        raise InvalidData(f"{who_holds} batches of CIFAR-10 and of CIFAR-100. Upload one data set at a time.")
    names = class_names.get(_NAMES_OF[label_key])
    for batch in batches:
        _check_labels(batch, len(names) if names is not None else limits.classes)
    batches.sort(key=lambda batch: batch.shown_name)  # data_batch_1 … 5, in whatever order they came
    parts = [_joined([b for b in batches if b.split == split], split) for split in (TRAIN, TEST)]
    return assemble(name, [part for part in parts if part is not None], limits, class_names=names)


def _batch(found: Mapping[str, object], shown_name: str, split: int) -> _Batch:
    label_key = next((key for key in ("fine_labels", "labels") if key in found), None)
    if label_key is None or "data" not in found:
        keys = ", ".join(sorted(found)[:12]) or "nothing"
        raise InvalidData(
            f"{shown_name} holds {keys:.300}. Expected data and labels (CIFAR-10), data and fine_labels (CIFAR-100), "
            "or the file of the class names."
        )
    data = found["data"]
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != _ROW:
        shape = " × ".join(map(str, data.shape)) if isinstance(data, np.ndarray) else f"type {type(data).__name__}"
        raise InvalidData(
            f"data in {shown_name} has the {'shape ' if isinstance(data, np.ndarray) else ''}{shape}; expected images × "
            f"{_ROW:,} values of type uint8, which is 3 colours of {_SIDE} × {_SIDE} pixels."
        )
    labels = _labels(found[label_key], f"{label_key} in {shown_name}")
    if len(labels) != len(data):
        raise InvalidData(
            f"data in {shown_name} holds {len(data):,} images but {label_key} holds {len(labels):,} labels. "
            "Each image needs exactly one label, in the same order."
        )
    return _Batch(shown_name, label_key, data.reshape(-1, 3, _SIDE, _SIDE), labels, split)


def _labels(values: object, where: str) -> npt.NDArray[np.int64]:
    if isinstance(values, np.ndarray) and values.ndim == 1:
        return values.astype(np.int64)
    # `type`, not isinstance: True is no label. The pickled whole numbers have at most 8 bytes.
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise InvalidData(f"{where} must be a list of whole numbers, one per image.")
    return np.array(values, np.int64)


def _check_labels(batch: _Batch, num_classes: int) -> None:
    outside = (batch.labels < 0) | (batch.labels >= num_classes)
    if outside.any():
        where = int(np.argmax(outside))
        raise InvalidData(
            f"{batch.label_key} in {batch.shown_name} holds the label {int(batch.labels[where])} (at position {where}), "
            f"outside the classes 0…{num_classes - 1}. Upload the publisher's file."
        )


def _names(values: object, where: str) -> list[str]:
    names = [as_text(value) for value in values] if isinstance(values, list) else []
    return check_class_names(names, where)


def _joined(batches: list[_Batch], split: int) -> RawPart | None:
    if not batches:
        return None
    pixels = np.concatenate([batch.pixels for batch in batches])
    labels = np.concatenate([batch.labels for batch in batches])
    named = ", ".join(batch.shown_name for batch in batches)
    return RawPart(pixels, labels, f"data in {named}", f"{batches[0].label_key} in {named}", split)
