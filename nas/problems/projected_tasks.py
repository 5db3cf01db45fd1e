"""Tasks made of images: a few random projections of the pixels, standardised (Real et al. 2020, arXiv 2003.03384, section 4.2, S4).

A binary task tells one class from another. Of the pairs of classes a fifth is held out: a search sees the others, programs are
selected and reported on these. Images of the test part are read for the report only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import PCG64, Generator, SeedSequence

from nas.automl_zero.task_data import NUM_CLASSES
from nas.core.errors import InvalidConfig
from nas.core.problem import Dataset

Pair = tuple[int, int]
Indices = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

HELD_OUT_OF_TEN = ((0, 5), (0, 9), (1, 8), (2, 9), (3, 5), (3, 6), (3, 8), (4, 6), (8, 9))
"""What the released code recommends to hold out of the 45 pairs of ten classes (task.proto)."""

MOST_OF_A_CLASS = 5_000
TEST_SHARE = 0.2
"""Of each class, where the publisher fixed no test part."""

_TEST = 2


@dataclass(frozen=True, slots=True)
class ProjectedTask:
    """(n, F) features and (n,) labels of training, the same of validation."""

    train: tuple[Numbers, Numbers]
    valid: tuple[Numbers, Numbers]


class ProjectedImages:
    """The classes of a data set, and tasks between them."""

    def __init__(self, dataset: Dataset, *, is_binary: bool, seed: int) -> None:
        """Raises InvalidConfig at "dataset" where it has one class only, or more classes than a vector label holds."""
        self._dataset = dataset
        self._seed = seed
        self.is_binary = is_binary
        if dataset.num_classes < 2:
            raise InvalidConfig.at(
                "dataset", f"{dataset.name} has one class only; tasks are about telling classes apart, so it takes two"
            )
        if not is_binary and dataset.num_classes > NUM_CLASSES:
            raise InvalidConfig.at(
                "dataset",
                f"{dataset.name} has {dataset.num_classes} classes; programs tell at most {NUM_CLASSES} apart. "
                "Choose pairs of classes instead",
            )

    @property
    def num_classes(self) -> int:
        return 2 if self.is_binary else self._dataset.num_classes

    def groups(self, part: str) -> tuple[tuple[int, ...], ...]:
        """The classes of each possible task of "search", "select" or "test": pairs, or all of them."""
        everything = range(self._dataset.num_classes)
        if not self.is_binary:
            return (tuple(everything),)
        pairs = tuple(combinations(everything, 2))
        held_out = HELD_OUT_OF_TEN if len(everything) == NUM_CLASSES else pairs[::5] if len(pairs) > 1 else ()
        chosen = [pair for pair in pairs if (pair in held_out) == (part != "search")]
        return tuple(chosen) or pairs

    def room(self, part: str) -> tuple[int, int]:
        """How many images a task of `part` has to train on, validation of the same images included, and how many are
        kept for the test, in the worst case.
        """
        trained, tested = self._images
        groups = self.groups(part)
        worst_trained = min(sum(min(len(trained[c]), MOST_OF_A_CLASS) for c in classes) for classes in groups)
        return worst_trained, min(sum(len(tested[c]) for c in classes) for classes in groups)

    def task(self, part: str, sizes: tuple[int, int, int], *, parameters: Generator, order: Generator) -> ProjectedTask:
        """One task of `part` with `sizes` features, training and validation examples.

        `parameters` draws the classes and the projection, `order` which images take part. Features are pixels @ a matrix of
        N(0, 1), standardised by mean and deviation over the training examples.
        """
        num_features, num_train, num_valid = sizes
        groups = self.groups(part)
        classes = groups[int(parameters.integers(len(groups)))]
        pixels = int(np.prod(self._dataset.images.shape[1:]))
        projection = parameters.standard_normal((pixels, num_features))
        trained, tested = self._images
        pool = [order.permutation(trained[label])[:MOST_OF_A_CLASS] for label in classes]
        train, rest = _stratified(pool, num_train)
        if part == "test":
            valid, _ = _stratified([order.permutation(tested[label]) for label in classes], num_valid)
        else:
            valid, _ = _stratified(rest, num_valid)
        features, chosen = self._projected(train, projection, order), self._projected(valid, projection, order)
        mean, deviation = features[0].mean(axis=0), features[0].std(axis=0)
        deviation[deviation == 0] = 1.0
        return ProjectedTask(
            train=((features[0] - mean) / deviation, self._labels(features[1], classes)),
            valid=((chosen[0] - mean) / deviation, self._labels(chosen[1], classes)),
        )

    def _labels(self, labels: npt.NDArray[np.int64], classes: tuple[int, ...]) -> Numbers:
        """1 for the lower class of a pair, 0 for the other; the number of the class where there are more."""
        return (labels == classes[0]).astype(np.float64) if self.is_binary else labels.astype(np.float64)

    def _projected(
        self, chosen: list[Indices], projection: Numbers, order: Generator
    ) -> tuple[Numbers, npt.NDArray[np.int64]]:
        """(n, F) and the classes, mixed."""
        places = order.permutation(np.concatenate(chosen))
        features = np.empty((len(places), projection.shape[1]))
        for start in range(0, len(places), 2048):  # in pieces: the images may be mapped from disk
            images: npt.NDArray[Any] = self._dataset.images[places[start : start + 2048]]
            features[start : start + 2048] = images.reshape(len(images), -1).astype(np.float64) @ projection
        return features, self._dataset.labels[places]

    @cached_property
    def _images(self) -> tuple[list[Indices], list[Indices]]:
        """By class the images to train on, and those that are kept for the test."""
        split, labels = self._dataset.split, self._dataset.labels
        by_class = [np.flatnonzero(labels == label) for label in range(self._dataset.num_classes)]
        if split is not None and bool((split == _TEST).any()):
            return [c[split[c] != _TEST] for c in by_class], [c[split[c] == _TEST] for c in by_class]
        rng = Generator(PCG64(SeedSequence([self._seed])))
        mixed = [rng.permutation(members) for members in by_class]
        cuts = [round(TEST_SHARE * len(members)) for members in mixed]
        return (
            [np.sort(members[cut:]) for members, cut in zip(mixed, cuts, strict=True)],
            [np.sort(members[:cut]) for members, cut in zip(mixed, cuts, strict=True)],
        )


def _stratified(pool: list[Indices], num: int) -> tuple[list[Indices], list[Indices]]:
    """`num` of the pool, from each class its share, to within one; and what is left. Takes the first of each class."""
    total = sum(map(len, pool))
    ends = np.round(np.cumsum([len(members) for members in pool]) * (num / total)).astype(int)
    counts = np.diff(ends, prepend=0)
    taken = [members[:count] for members, count in zip(pool, counts, strict=True)]
    return taken, [members[count:] for members, count in zip(pool, counts, strict=True)]
