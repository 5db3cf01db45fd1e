"""From raw arrays to a checked Dataset: every fault gets a sentence that says what is wrong and the way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidData
from nas.core.problem import Dataset
from nas.problems.datasets.fingerprint import dataset_fingerprint
from nas.problems.datasets.limits import Limits

TRAIN, VALIDATION, TEST = 0, 1, 2
_LONGEST_NAME = 200  # characters; class names stand in tables and axes
_CHUNK_VALUES = 4_000_000  # values looked at in one go, so that a check needs little memory beside the data


@dataclass(frozen=True, slots=True)
class RawPart:
    """Images and labels as a file gave them; the names are those a person knows them by (a file, a key)."""

    images: npt.NDArray[Any]
    labels: npt.NDArray[Any]
    images_name: str
    labels_name: str
    split: int = TRAIN


def assemble(
    name: str,
    parts: Sequence[RawPart],
    limits: Limits,
    *,
    class_names: Sequence[str] | None = None,
) -> Dataset:
    """The parts checked and joined. With one part the split is left to the problem; with more it is the publisher's.

    Raises InvalidData. Images become (N, H, W, C), uint8 where the values are whole numbers 0…255, else float32.
    """
    for part in parts:
        _check_counts(part)
    check_size(sum(part.images.size for part in parts), sum(len(part.images) for part in parts), limits)
    images = [_as_nhwc(part, limits) for part in parts]
    shapes = {array.shape[1:] for array in images}
    if len(shapes) > 1:
        told = "; ".join(f"{p.images_name}: {_times(a.shape[1:])}" for p, a in zip(parts, images, strict=True))
        raise InvalidData(f"All images must have the same height, width and channels. Found {told}.")
    labels = [_as_labels(part) for part in parts]
    names = _class_names(parts, labels, limits, class_names)
    split = np.concatenate([np.full(len(p.labels), p.split, np.uint8) for p in parts]) if len(parts) > 1 else None
    pixels = _as_pixels(parts, images)
    joined = np.concatenate(labels)
    return Dataset(
        name=name,
        images=pixels,
        labels=joined,
        class_names=names,
        fingerprint=dataset_fingerprint(pixels, joined, split),
        split=split,
    )


def check_size(elements: int, examples: int, limits: Limits) -> None:
    """Raises InvalidData when a data set of that size is not accepted; readers call it before they take memory."""
    if examples > limits.examples:
        raise InvalidData(
            f"There are {examples:,} images; at most {limits.examples:,} are accepted. Upload a part of the data set."
        )
    if elements > limits.elements:
        raise InvalidData(
            f"The images hold {elements:,} values; at most {limits.elements:,} are accepted. "
            "Scale the images down or upload fewer of them."
        )


def check_class_names(names: Sequence[object], where: str) -> list[str]:
    """The names without surrounding space. Raises InvalidData unless they are different, non-empty texts."""
    texts = [name.strip() for name in names if isinstance(name, str)]
    if not names or len(texts) != len(names) or not all(texts) or len(set(texts)) != len(texts):
        raise InvalidData(f"{where} must be a list of different, non-empty texts, one per class.")
    if max(map(len, texts)) > _LONGEST_NAME:
        raise InvalidData(f"{where} may have up to {_LONGEST_NAME} characters each.")
    return texts


def _check_counts(part: RawPart) -> None:
    num_images = part.images.shape[0] if part.images.ndim else 0
    if num_images == 0 or part.images.size == 0:
        raise InvalidData(f"{part.images_name} holds no images. Each part needs at least one.")
    num_labels = part.labels.shape[0] if part.labels.ndim else 0
    if num_images != num_labels:
        raise InvalidData(
            f"{part.images_name} holds {num_images:,} images but {part.labels_name} holds {num_labels:,} labels. "
            "Each image needs exactly one label, in the same order."
        )


def _as_nhwc(part: RawPart, limits: Limits) -> npt.NDArray[Any]:
    """A view (N, H, W, C) of the part's images."""
    images = part.images
    if images.dtype.kind not in "buif":
        raise InvalidData(f"{part.images_name} holds values of type {images.dtype}; pixels must be numbers.")
    if images.ndim == 3:
        images = images[..., None]
    elif images.ndim == 4 and images.shape[3] > limits.channels and images.shape[1] <= limits.channels:
        images = images.transpose(0, 2, 3, 1)
    if images.ndim != 4 or images.shape[3] > limits.channels:
        raise InvalidData(
            f"{part.images_name} has the shape {_times(part.images.shape)}. Expected images × height × width, with "
            f"1 to {limits.channels} channels as a fourth axis (last) or as the second one."
        )
    sides = images.shape[1:3]
    if not all(limits.min_side <= side <= limits.max_side for side in sides):
        raise InvalidData(
            f"The images of {part.images_name} are {sides[0]} × {sides[1]} pixels; "
            f"height and width must be {limits.min_side} to {limits.max_side:,}."
        )
    return images


def _as_labels(part: RawPart) -> npt.NDArray[np.int64]:
    labels = part.labels
    if labels.ndim == 2 and labels.shape[1] == 1:  # MedMNIST stores (N, 1)
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise InvalidData(
            f"{part.labels_name} has the shape {_times(part.labels.shape)}; expected one whole number per image. "
            "Turn one-hot rows into numbers with labels.argmax(axis=1)."
        )
    if labels.dtype.kind not in "bui":
        raise InvalidData(
            f"{part.labels_name} holds values of type {labels.dtype}; labels must be whole numbers 0, 1, 2 … "
            "Save them as integers, for example labels.astype('int64')."
        )
    smallest, largest = int(labels.min()), int(labels.max())
    if smallest < 0:
        where = int(np.argmax(labels < 0))
        raise InvalidData(
            f"{part.labels_name} holds the label {smallest} (the first negative one stands at position {where}); "
            "labels count from 0. Remove unlabelled examples or give them a class of their own."
        )
    if largest > np.iinfo(np.int64).max:  # only uint64 can hold more
        raise InvalidData(f"{part.labels_name} holds the label {largest}; labels must be whole numbers 0, 1, 2 …")
    return labels.astype(np.int64)


def _class_names(
    parts: Sequence[RawPart],
    labels: Sequence[npt.NDArray[np.int64]],
    limits: Limits,
    given: Sequence[str] | None,
) -> tuple[str, ...]:
    """The classes are those of the training part, or the ones named; every label must be one of them."""
    training = np.concatenate([found for part, found in zip(parts, labels, strict=True) if part.split == TRAIN])
    num_classes = len(given) if given is not None else int(training.max()) + 1
    if num_classes > limits.classes:
        raise InvalidData(
            f"The labels run up to {num_classes - 1:,}, which makes {num_classes:,} classes; at most "
            f"{limits.classes:,} are accepted. Number the classes 0, 1, 2 … without gaps."
        )
    for part, found in zip(parts, labels, strict=True):
        outside = found >= num_classes
        if outside.any():
            where = int(np.argmax(outside))
            raise InvalidData(
                f"{part.labels_name} holds the label {int(found[where])} (at position {where}), outside the classes "
                f"0…{num_classes - 1}. Correct the label, or name the class and give it training examples."
            )
    counts = np.bincount(training, minlength=num_classes)
    if np.count_nonzero(counts) < 2:
        raise InvalidData(
            f"All training labels are {int(training[0])}: only one class. There must be at least two to tell apart."
        )
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        shown = ", ".join(map(str, empty[:10])) + (" …" if len(empty) > 10 else "")
        raise InvalidData(
            f"The classes run from 0 to {num_classes - 1}, but no training example has the label {shown}. "
            "Number the classes 0, 1, 2 … without gaps."
        )
    return tuple(given) if given is not None else tuple(map(str, range(num_classes)))


def _chunks(images: npt.NDArray[Any]) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    step = max(1, _CHUNK_VALUES // max(1, images[0].size))
    for start in range(0, len(images), step):
        yield start, images[start : start + step]


def _as_pixels(parts: Sequence[RawPart], images: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """One array (N, H, W, C), uint8 when every value is a whole number that fits, else float32 without NaN and infinity."""
    fits = all(
        chunk.dtype == np.uint8 or (chunk.dtype.kind in "bui" and int(chunk.min()) >= 0 and int(chunk.max()) <= 255)
        for array in images
        for _, chunk in _chunks(array)
    )
    num = sum(map(len, images))
    pixels: npt.NDArray[Any] = np.empty((num, *images[0].shape[1:]), np.uint8 if fits else np.float32)
    start = 0
    for part, array in zip(parts, images, strict=True):
        target = pixels[start : start + len(array)]
        with np.errstate(over="ignore", invalid="ignore"):  # float64 beyond float32 becomes infinity, counted below
            target[...] = array
        if not fits:
            _check_finite(part, target)
        start += len(array)
    return pixels


def _check_finite(part: RawPart, pixels: npt.NDArray[Any]) -> None:
    num_nan = num_inf = 0
    first: int | None = None
    for start, chunk in _chunks(pixels):
        finite = np.isfinite(chunk)
        if finite.all():
            continue
        nan = int(np.isnan(chunk).sum())
        num_nan += nan
        num_inf += int((~finite).sum()) - nan
        if first is None:
            first = start + int(np.argmin(finite.reshape(len(chunk), -1).all(axis=1)))
    if first is not None:
        found = " and ".join(f"{count:,} {what}" for count, what in ((num_nan, "NaN"), (num_inf, "infinite")) if count)
        raise InvalidData(
            f"{part.images_name} holds {found} pixel values (the first in image {first}). "
            "Replace or remove them before uploading."
        )


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) if shape else "a single number"
