"""Parts of a data set: drawn class by class, normalised by what the training part says of the channels."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidConfig, InvalidData, UnknownName
from nas.core.problem import DataLibrary, Dataset

Indices = npt.NDArray[np.int64]


def split_up(
    dataset: Dataset, among: Indices, validation_share: float, test_share: float, rng: np.random.Generator
) -> tuple[Indices, Indices, Indices]:
    """Training, validation and test examples of `among` (ascending), each ascending: by the publisher, else drawn from each class."""
    labels = dataset.labels
    if dataset.split is None:
        train, rest = stratified(among, labels, 1 - validation_share - test_share, rng)
        validation, test = stratified(rest, labels, validation_share / (validation_share + test_share), rng)
        return train, validation, test
    train, validation, test = (among[dataset.split[among] == part] for part in range(3))
    if len(validation) == 0:
        train, validation = end_cut_off(train, labels, validation_share, rng)
    if len(test) == 0:
        train, test = stratified(train, labels, 1 - test_share, rng)
    return train, validation, test


def thinned(
    parts: tuple[Indices, Indices, Indices],
    labels: npt.NDArray[np.int64],
    max_examples: int | None,
    rng: np.random.Generator,
) -> tuple[Indices, Indices, Indices]:
    """About `max_examples` in all, the same share of each class and part; None for all."""
    total = sum(map(len, parts))
    if max_examples is None or max_examples >= total:
        return parts
    train, validation, test = (stratified(part, labels, max_examples / total, rng)[0] for part in parts)
    return train, validation, test


def end_cut_off(
    train: Indices, labels: npt.NDArray[np.int64], share: float, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """The usual held-out part, the last examples (of MNIST the last 10,000); drawn from each class when the file is sorted."""
    cut = len(train) - round(len(train) * share)
    classes = set(labels[train].tolist())
    if all(set(labels[part].tolist()) == classes for part in (train[:cut], train[cut:])):
        return train[:cut], train[cut:]
    return stratified(train, labels, 1 - share, rng)


def stratified(
    indices: Indices, labels: npt.NDArray[np.int64], share: float, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """`indices` in two: a `share` of each class, drawn at random, and the rest; both ascending.

    Rounds with an error carried from class to class, so that the first part has `share` of all examples to within one.
    """
    first: list[Indices] = []
    second: list[Indices] = []
    owed = 0.0
    for label in np.unique(labels[indices]):
        members = rng.permutation(indices[labels[indices] == label])
        owed += share * len(members)
        count = min(len(members), round(owed))
        owed -= count
        first.append(members[:count])
        second.append(members[count:])
    return np.sort(np.concatenate(first)), np.sort(np.concatenate(second))


def channel_statistics(
    images: npt.NDArray[Any], train: Indices
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mean and standard deviation per channel over the training images, (C,) each; 1 where a channel is constant."""
    channels = images.shape[3]
    total = np.zeros(channels)
    squares = np.zeros(channels)
    shift = images[train[:256]].astype(np.float64).mean(axis=(0, 1, 2))  # keeps the difference of squares accurate
    count = 0
    for start in range(0, len(train), 4096):
        chunk = images[train[start : start + 4096]].astype(np.float64) - shift
        total += chunk.sum(axis=(0, 1, 2))
        squares += (chunk**2).sum(axis=(0, 1, 2))
        count += chunk.size // channels
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    deviation[deviation < 1e-7 * np.maximum(1, np.abs(shift + mean))] = 1.0
    return (mean + shift).astype(np.float32), deviation.astype(np.float32)


def prepared(
    dataset: Dataset, indices: Indices, mean: npt.NDArray[np.float32], deviation: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(n, C, H, W): the images at `indices`, normalised per channel."""
    _, height, width, channels = dataset.images.shape
    inputs = np.empty((len(indices), channels, height, width), np.float32)
    for start in range(0, len(indices), 4096):  # in pieces: the images may be mapped from disk
        chunk = dataset.images[indices[start : start + 4096]].astype(np.float32)
        inputs[start : start + 4096] = ((chunk - mean) / deviation).transpose(0, 3, 1, 2)
    return inputs


def indices_fingerprint(parts: tuple[Indices, ...]) -> str:
    """sha256 of the index lists."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part.astype("<i8").tobytes())
    return digest.hexdigest()


def load_dataset(library: DataLibrary, reference: str) -> Dataset:
    """Raises InvalidConfig at "dataset" when the library does not have it or it cannot be used."""
    try:
        return library.load(reference)
    except UnknownName as error:
        raise InvalidConfig.at("dataset", str(error)) from None
    except InvalidData as error:
        raise InvalidConfig.at("dataset", f"the data set cannot be used: {error}") from None
