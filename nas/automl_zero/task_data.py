"""The tasks that programs are scored on, as numbers: features and labels of some tasks of the same sizes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

NUM_CLASSES = 10
"""Of tasks with vector labels: the published figure; the label is one-hot in the first entries of a vector."""


class Labels(StrEnum):
    """What is predicted, and with it where label and prediction lie.

    NUMBER: s0 and s1, scored by the squared error. BINARY: s0 is 0 or 1, s1 goes through a sigmoid, scored by accuracy.
    CLASSES: v1 is one-hot, v2 goes through a softmax over its first ten entries, scored by accuracy.
    """

    NUMBER = "number"
    BINARY = "binary"
    CLASSES = "classes"


@dataclass(frozen=True, slots=True)
class TaskData:
    """D tasks with F features.

    Attributes:
      labels: what is predicted, the same in all tasks.
      train_features: (D, n, F) float64.
      train_labels: (D, n) float64: a number, 0 or 1, or the number of the class.
      valid_features, valid_labels: the same of the validation examples.
      seeds: (D,) uint64: of the shuffles between epochs.

    Raises ValueError for arrays that do not fit each other, for numbers that are not finite, F < 2 and, where there are
    classes, F < 10.
    """

    labels: Labels
    train_features: npt.NDArray[np.float64]
    train_labels: npt.NDArray[np.float64]
    valid_features: npt.NDArray[np.float64]
    valid_labels: npt.NDArray[np.float64]
    seeds: npt.NDArray[np.uint64]

    def __post_init__(self) -> None:
        num_tasks, num_train, num_features = self.train_features.shape
        num_valid = self.valid_features.shape[1]
        expected = {
            "train_labels": (num_tasks, num_train),
            "valid_features": (num_tasks, num_valid, num_features),
            "valid_labels": (num_tasks, num_valid),
            "seeds": (num_tasks,),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must have the shape {shape}, got {getattr(self, name).shape}")
        if not (num_tasks and num_train and num_valid):
            raise ValueError("there must be a task with an example to train on and one to validate on")
        least = NUM_CLASSES if self.labels is Labels.CLASSES else 2
        if num_features < least:
            raise ValueError(f"there must be at least {least} features, got {num_features}")
        numbers = (self.train_features, self.train_labels, self.valid_features, self.valid_labels)
        if not all(np.isfinite(array).all() for array in numbers):
            raise ValueError("features and labels must be finite")

    @property
    def num_tasks(self) -> int:
        return int(self.train_features.shape[0])

    @property
    def num_train(self) -> int:
        return int(self.train_features.shape[1])

    @property
    def num_valid(self) -> int:
        return int(self.valid_features.shape[1])

    @property
    def num_features(self) -> int:
        return int(self.train_features.shape[2])

    def first(self, num_tasks: int) -> TaskData:
        """Only the first ones."""
        return self.between(0, num_tasks)

    def between(self, first: int, end: int) -> TaskData:
        """Tasks `first` … `end` - 1, as far as there are."""
        return TaskData(
            self.labels,
            self.train_features[first:end],
            self.train_labels[first:end],
            self.valid_features[first:end],
            self.valid_labels[first:end],
            self.seeds[first:end],
        )

    def orders(self, num_epochs: int) -> npt.NDArray[np.int64]:
        """(num_epochs, D, n): the order of the training examples in each epoch.

        The first is the natural one; each later one shuffles the one before, drawn from the seed of the task.
        """
        orders = np.empty((num_epochs, self.num_tasks, self.num_train), dtype=np.int64)
        orders[0] = np.arange(self.num_train)
        for task, seed in enumerate(self.seeds):
            rng = np.random.Generator(np.random.PCG64(int(seed)))
            for epoch in range(1, num_epochs):
                orders[epoch, task] = rng.permutation(orders[epoch - 1, task])
        return orders
