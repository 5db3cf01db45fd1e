"""Image classification: one label per image, scored by accuracy. The test part is read for reported architectures only."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import InvalidConfig, InvalidData, UnknownName
from nas.core.graph import Shape
from nas.core.problem import DataLibrary, Dataset, Split, Splits

Indices = npt.NDArray[np.int64]


class ImageClassificationConfig(BaseConfig):
    dataset: str = setting(
        "digits",
        title="Data set",
        description="The images to learn from.",
        refers_to="dataset",
        min_length=1,
        max_length=200,
    )
    validation_share: float = setting(
        0.2,
        title="Validation share",
        description="Part of the data that scores candidates. Taken from the end of the training part when the "
        "publisher fixed a test part (from each class, when the end lacks one); unused when the publisher fixed both.",
        gt=0,
        lt=0.9,
    )
    test_share: float = setting(
        0.2,
        title="Test share",
        description="Part of the data kept for the final report. Unused when the publisher fixed a test part.",
        gt=0,
        lt=0.9,
    )
    split_seed: int = setting(
        0,
        title="Split seed",
        description="The same seed always splits the data in the same way.",
        ge=0,
        le=2**31 - 1,
        advanced=True,
    )
    max_examples: int | None = setting(
        None,
        title="Most examples",
        description="Use only that many examples, drawn evenly from all classes and parts; empty means all.",
        unit="examples",
        ge=10,
        le=2_000_000,
    )

    @model_validator(mode="after")
    def _leaves_training_data(self) -> ImageClassificationConfig:
        if self.validation_share + self.test_share > 0.9:
            raise ValueError(
                "validation share and test share together must leave at least a tenth for training, "
                f"got {self.validation_share:g} + {self.test_share:g}"
            )
        return self


class ImageClassification:
    """Fixed stratified splits by seed (or the publisher's), pixels normalised per channel by training statistics."""

    name: ClassVar[str] = "image_classification"
    title: ClassVar[str] = "Image classification"
    summary: ClassVar[str] = "Give each image one of several labels; scored by accuracy on validation images."
    source: ClassVar[str] = "Bundled digits: Alpaydin and Kaynak, UCI Machine Learning Repository (CC BY 4.0)."
    version: ClassVar[int] = 1
    Config: ClassVar[type[BaseConfig]] = ImageClassificationConfig

    def __init__(self, config: ImageClassificationConfig, library: DataLibrary) -> None:
        """Raises InvalidConfig when the library does not know the data set or it is too small for the split."""
        self._config = config
        try:
            self._dataset: Dataset = library.load(config.dataset)
        except UnknownName as error:
            raise InvalidConfig.at("dataset", str(error)) from None
        except InvalidData as error:
            raise InvalidConfig.at("dataset", f"the data set cannot be used: {error}") from None
        self._indices = _choose(self._dataset, config)

    @property
    def config(self) -> ImageClassificationConfig:
        return self._config

    @property
    def dataset(self) -> Dataset:
        return self._dataset

    @property
    def input_shape(self) -> Shape:
        return self._dataset.input_shape

    @property
    def num_classes(self) -> int:
        return self._dataset.num_classes

    def metrics(self) -> tuple[str, ...]:
        return ("accuracy", "error_percent", "loss")

    def fingerprint(self) -> str:
        """Equal for equal data, split and preparation, whatever the data set is called."""
        text = json.dumps([self.name, self.version, self._dataset.fingerprint, self._split_fingerprint()])
        return hashlib.sha256(text.encode()).hexdigest()

    def split_sizes(self) -> tuple[int, int, int]:
        """Numbers of training, validation and test examples, without reading an image."""
        train, validation, test = self._indices
        return len(train), len(validation), len(test)

    def splits(self) -> Splits:
        """A fresh copy of all parts as float32: about 4 bytes per pixel value; keep it in a cache."""
        train, validation, test = self._indices
        mean, deviation = _channel_statistics(self._dataset.images, train)
        return Splits(
            train=self._prepared(train, mean, deviation),
            validation=self._prepared(validation, mean, deviation),
            test=self._prepared(test, mean, deviation),
            fingerprint=self._split_fingerprint(),
        )

    def _split_fingerprint(self) -> str:
        digest = hashlib.sha256()
        for part in self._indices:
            digest.update(len(part).to_bytes(8, "little") + part.astype("<i8").tobytes())
        return digest.hexdigest()

    def _prepared(self, indices: Indices, mean: npt.NDArray[np.float32], deviation: npt.NDArray[np.float32]) -> Split:
        _, height, width, channels = self._dataset.images.shape
        inputs = np.empty((len(indices), channels, height, width), np.float32)
        for start in range(0, len(indices), 4096):  # in pieces: the images may be mapped from disk
            chunk = self._dataset.images[indices[start : start + 4096]].astype(np.float32)
            inputs[start : start + 4096] = ((chunk - mean) / deviation).transpose(0, 3, 1, 2)
        return Split(inputs=inputs, targets=self._dataset.labels[indices])


def _choose(dataset: Dataset, config: ImageClassificationConfig) -> tuple[Indices, Indices, Indices]:
    """Indices of the training, validation and test examples, each in ascending order."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([config.split_seed])))
    labels = dataset.labels
    if dataset.split is None:
        train, rest = _stratified(np.arange(len(labels)), labels, 1 - config.validation_share - config.test_share, rng)
        validation, test = _stratified(
            rest, labels, config.validation_share / (config.validation_share + config.test_share), rng
        )
    else:
        train, validation, test = (np.flatnonzero(dataset.split == part) for part in range(3))
        if len(validation) == 0:
            train, validation = _end_cut_off(train, labels, config.validation_share, rng)
        if len(test) == 0:
            train, test = _stratified(train, labels, 1 - config.test_share, rng)
    total = len(train) + len(validation) + len(test)
    if config.max_examples is not None and config.max_examples < total:
        share = config.max_examples / total
        train, validation, test = (_stratified(part, labels, share, rng)[0] for part in (train, validation, test))
    _check_parts(dataset, train, validation, test)
    return train, validation, test


def _end_cut_off(
    train: Indices, labels: npt.NDArray[np.int64], share: float, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """The usual held-out part, the last examples (of MNIST the last 10,000); drawn from each class when the file is sorted."""
    cut = len(train) - round(len(train) * share)
    classes = set(labels[train].tolist())
    if all(set(labels[part].tolist()) == classes for part in (train[:cut], train[cut:])):
        return train[:cut], train[cut:]
    return _stratified(train, labels, 1 - share, rng)


def _stratified(
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


def _check_parts(dataset: Dataset, train: Indices, validation: Indices, test: Indices) -> None:
    for part, indices in (("training", train), ("validation", validation), ("test", test)):
        if len(indices) < 2:
            raise InvalidConfig.at(
                "dataset",
                f"the {part} part would hold {len(indices)} of {len(dataset.labels)} examples; "
                "use more examples or another share",
            )
    missing = np.setdiff1d(np.arange(dataset.num_classes), dataset.labels[train])
    if len(missing):
        names = ", ".join(dataset.class_names[label] for label in missing[:5])
        raise InvalidConfig.at(
            "dataset", f"no training example is left of the class {names:.200}; use more examples or a larger part"
        )


def _channel_statistics(
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
