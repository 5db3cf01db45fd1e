"""Novelty detection: a network that has never seen one class should find its images among the others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from nas.analysis.average_precision import average_precision
from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import InvalidConfig
from nas.core.graph import Shape
from nas.core.problem import UNKNOWN, DataLibrary, Dataset, Split, Splits
from nas.problems.image_classification import ImageClassificationConfig
from nas.problems.parts import (
    Indices,
    channel_statistics,
    indices_fingerprint,
    load_dataset,
    prepared,
    split_up,
    stratified,
    thinned,
)
from nas.problems.preparation import Preparation

Floats = npt.NDArray[np.float32]


class NoveltyDetectionConfig(ImageClassificationConfig):
    novel_class: int = setting(
        0,
        title="Novel class",
        description="The class that no network sees in training, by its place among the classes, from 0.",
        ge=0,
        le=99_999,
    )
    novelty: Literal["energy", "msp", "reconstruction"] = setting(
        "energy",
        title="Novelty",
        description="What makes an image look new: low energy of a classifier's logits, a low largest probability (msp), or "
        "that an autoencoder gives it back badly.",
    )


class NoveltyDetection:
    """Trained on all classes but one; scored by how well the images of that one are found among the others.

    Half of the novel class is in the validation part, half in the test part, none in the training part. Novelty is a number
    per image: -logsumexp of the logits (Liu et al. 2020, arXiv 2010.03759), 1 - the largest softmax probability
    (Hendrycks and Gimpel 2017, arXiv 1610.02136), or the mean squared error of a reconstruction.
    """

    name: ClassVar[str] = "novelty_detection"
    title: ClassVar[str] = "Novelty detection"
    summary: ClassVar[str] = (
        "Find the images of a class that was never trained on; scored by the area under the precision-recall curve."
    )
    source: ClassVar[str] = "Hendrycks and Gimpel 2017, arXiv 1610.02136; Liu et al. 2020, arXiv 2010.03759."
    version: ClassVar[int] = 1
    Config: ClassVar[type[BaseConfig]] = NoveltyDetectionConfig

    def __init__(self, config: NoveltyDetectionConfig, library: DataLibrary) -> None:
        """Raises InvalidConfig when the library does not know the data set or it leaves nothing to learn or to find."""
        self._config = config
        self._dataset: Dataset = Preparation(config.side, config.deskew).of(load_dataset(library, config.dataset))
        self._known = np.delete(np.arange(self._dataset.num_classes), _novel_class(self._dataset, config))
        self._indices = _choose(self._dataset, config)

    @property
    def config(self) -> NoveltyDetectionConfig:
        return self._config

    @property
    def dataset(self) -> Dataset:
        return self._dataset

    @property
    def input_shape(self) -> Shape:
        return self._dataset.input_shape

    @property
    def num_classes(self) -> int:
        """Of the classes that are learnt; where inputs are learnt, the numbers of an image."""
        return int(np.prod(self.input_shape)) if self.learns_inputs else len(self._known)

    @property
    def learns_inputs(self) -> bool:
        return self._config.novelty == "reconstruction"

    def metrics(self) -> tuple[str, ...]:
        """Accuracy and loss are those on the classes that are learnt."""
        return ("auprc", "loss") if self.learns_inputs else ("auprc", "accuracy", "error_percent", "loss")

    def fingerprint(self) -> str:
        said = [self._dataset.fingerprint, self._split_fingerprint(), self._config.novel_class, self._config.novelty]
        return hashlib.sha256(json.dumps([self.name, self.version, *said]).encode()).hexdigest()

    def split_sizes(self) -> tuple[int, int, int]:
        """Numbers of training, validation and test examples, without reading an image."""
        train, validation, test = self._indices
        return len(train), len(validation), len(test)

    def splits(self) -> Splits:
        """Classes are numbered without the novel one, whose examples have the target UNKNOWN."""
        train, validation, test = self._indices
        mean, deviation = channel_statistics(self._dataset.images, train)
        number = np.full(self._dataset.num_classes, UNKNOWN, dtype=np.int64)
        number[self._known] = np.arange(len(self._known))
        labels = number[self._dataset.labels]
        return Splits(
            train=Split(prepared(self._dataset, train, mean, deviation), labels[train]),
            validation=Split(prepared(self._dataset, validation, mean, deviation), labels[validation]),
            test=Split(prepared(self._dataset, test, mean, deviation), labels[test]),
            fingerprint=self._split_fingerprint(),
        )

    def output_metrics(self, outputs: Floats, inputs: Floats, targets: npt.NDArray[np.int64]) -> Mapping[str, float]:
        novelty = self.novelty(outputs, inputs)
        return {"auprc": float(average_precision(novelty, targets == UNKNOWN))}

    def novelty(self, outputs: Floats, inputs: Floats) -> npt.NDArray[np.float64]:
        """How new each image looks, larger is newer.

        Args:
          outputs: (…, n, num_classes), finite.
          inputs: (n, C, H, W).

        Returns: (…, n).
        """
        wide = outputs.astype(np.float64)
        if self.learns_inputs:
            errors: npt.NDArray[np.float64] = np.square(wide - inputs.reshape(len(inputs), -1)).mean(axis=-1)
            return errors
        largest = wide.max(axis=-1)
        energy: npt.NDArray[np.float64] = -largest - np.log(np.exp(wide - largest[..., None]).sum(axis=-1))
        return energy if self._config.novelty == "energy" else -np.expm1(largest + energy)

    def chance(self) -> Mapping[str, float]:
        """By part, the area that scores without any information reach: the share of novel examples."""
        novel = self._dataset.labels == self._config.novel_class
        _, validation, test = self._indices
        return {"validation": float(novel[validation].mean()), "test": float(novel[test].mean())}

    def baselines(self) -> Mapping[str, Mapping[str, float]]:
        """By name and part, the area that methods without a search reach: what a network should beat.

        The distance to the nearest training image, and energy and msp of a logistic regression on the pixels. Reads the test
        part: for reports, not for searches. A second on the digits; it grows with training times scored examples.
        """
        splits = self.splits()
        found: dict[str, dict[str, float]] = {"chance": dict(self.chance())}
        for part, split in (("validation", splits.validation), ("test", splits.test)):
            is_novel = split.targets == UNKNOWN
            for name, scores in _baseline_scores(splits.train, _flat(split.inputs)).items():
                found.setdefault(name, {})[part] = float(average_precision(scores, is_novel))
        return found

    def _split_fingerprint(self) -> str:
        return indices_fingerprint(self._indices)


def _novel_class(dataset: Dataset, config: NoveltyDetectionConfig) -> int:
    """Raises InvalidConfig where there is no such class, or too few others to learn from."""
    least = 2 if config.novelty == "reconstruction" else 3
    if dataset.num_classes < least:
        raise InvalidConfig.at(
            "dataset",
            f"holding one class out needs a data set with at least {least} classes for {config.novelty}, "
            f"this one has {dataset.num_classes}",
        )
    if config.novel_class >= dataset.num_classes:
        raise InvalidConfig.at(
            "novel_class", f"must be from 0 to {dataset.num_classes - 1}, got {config.novel_class:,}"
        )
    return config.novel_class


def _choose(dataset: Dataset, config: NoveltyDetectionConfig) -> tuple[Indices, Indices, Indices]:
    """Training, validation and test examples: the other classes as in classification, the novel one in two halves.

    A publisher's test images of the novel class stay in the test part.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([config.split_seed])))
    labels = dataset.labels
    novel, others = np.flatnonzero(labels == config.novel_class), np.flatnonzero(labels != config.novel_class)
    train, validation, test = split_up(dataset, others, config.validation_share, config.test_share, rng)
    sought, held = _halves(dataset, novel, rng)
    parts = (train, np.sort(np.concatenate([validation, sought])), np.sort(np.concatenate([test, held])))
    parts = thinned(parts, labels, config.max_examples, rng)
    missing = np.setdiff1d(labels[others], labels[parts[0]])
    if len(missing):
        names = ", ".join(dataset.class_names[label] for label in missing[:5])
        raise InvalidConfig.at(
            "dataset", f"no training example is left of the class {names:.200}; use more examples or a larger part"
        )
    for name, part in (("validation", parts[1]), ("test", parts[2])):
        num_novel = int((labels[part] == config.novel_class).sum())
        if num_novel == 0 or num_novel == len(part):
            raise InvalidConfig.at(
                "dataset",
                f"the {name} part would hold {num_novel} novel examples of {len(part)}; it needs some of either kind",
            )
    return parts


def _halves(dataset: Dataset, novel: Indices, rng: np.random.Generator) -> tuple[Indices, Indices]:
    if dataset.split is not None:
        is_test = dataset.split[novel] == 2
        if is_test.any() and not is_test.all():
            return novel[~is_test], novel[is_test]
    if len(novel) == 0:
        return novel, novel
    return stratified(novel, dataset.labels, 0.5, rng)


def _flat(inputs: Floats) -> npt.NDArray[Any]:
    return inputs.reshape(len(inputs), -1)


def _baseline_scores(train: Split, inputs: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float64]]:
    """By name, the novelty of `inputs` (n, features)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import NearestNeighbors

    known = _flat(train.inputs)
    distances, _ = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(inputs)
    scores = {"nearest_neighbour": distances[:, 0].astype(np.float64)}
    if len(np.unique(train.targets)) < 2:
        return scores
    logits = LogisticRegression(max_iter=2000).fit(known, train.targets).decision_function(inputs).astype(np.float64)
    if logits.ndim == 1:  # two classes: scikit-learn has one logit for both
        logits = np.stack([np.zeros_like(logits), logits], axis=1)
    energy = -np.logaddexp.reduce(logits, axis=1)
    return scores | {"logistic_energy": energy, "logistic_msp": -np.expm1(logits.max(axis=1) + energy)}
