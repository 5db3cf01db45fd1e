"""Image classification: one label per image, scored by accuracy. The test part is read for reported architectures only."""

from __future__ import annotations

import hashlib
import json
from typing import ClassVar

import numpy as np
from pydantic import model_validator

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import InvalidConfig
from nas.core.graph import Shape
from nas.core.problem import DataLibrary, Dataset, Split, Splits
from nas.problems.parts import (
    Indices,
    channel_statistics,
    indices_fingerprint,
    load_dataset,
    prepared,
    split_up,
    thinned,
)
from nas.problems.preparation import Preparation


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
    side: int | None = setting(
        None,
        title="Side of images",
        description="Images are made squares of that size, bilinear without anti-aliasing; empty leaves them as they are.",
        unit="px",
        ge=2,
        le=512,
        advanced=True,
    )
    deskew: bool = setting(
        False,
        title="Set characters upright",
        description="Each image is sheared until its main direction is upright, as published for handwritten digits.",
        advanced=True,
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
        self._dataset: Dataset = Preparation(config.side, config.deskew).of(load_dataset(library, config.dataset))
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
        mean, deviation = channel_statistics(self._dataset.images, train)
        return Splits(
            train=Split(prepared(self._dataset, train, mean, deviation), self._dataset.labels[train]),
            validation=Split(prepared(self._dataset, validation, mean, deviation), self._dataset.labels[validation]),
            test=Split(prepared(self._dataset, test, mean, deviation), self._dataset.labels[test]),
            fingerprint=self._split_fingerprint(),
        )

    def _split_fingerprint(self) -> str:
        return indices_fingerprint(self._indices)


def _choose(dataset: Dataset, config: ImageClassificationConfig) -> tuple[Indices, Indices, Indices]:
    """Indices of the training, validation and test examples, each in ascending order."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([config.split_seed])))
    everything = np.arange(len(dataset.labels))
    parts = split_up(dataset, everything, config.validation_share, config.test_share, rng)
    train, validation, test = thinned(parts, dataset.labels, config.max_examples, rng)
    _check_parts(dataset, train, validation, test)
    return train, validation, test


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
