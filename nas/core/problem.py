"""A problem: data, loss and metrics to train and score on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from nas.core.config import Config as BaseConfig
from nas.core.errors import InvalidConfig
from nas.core.graph import Shape


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set in its stored form.

    Attributes:
      images: (N, H, W, C) uint8 or float32; may be memory-mapped.
      labels: (N,) int64, 0 … num_classes-1.
      class_names: one text per class.
      split: None when the split is made by seed; else (N,) uint8 with 0 train, 1 validation, 2 test (fixed by the publisher).
      fingerprint: sha256 (hex) of shape, dtype, images, labels, split.
    """

    name: str
    images: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    fingerprint: str
    split: npt.NDArray[np.uint8] | None = None

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def input_shape(self) -> Shape:
        """(C, H, W)"""
        _, height, width, channels = self.images.shape
        return (channels, height, width)


class DataLibrary(Protocol):
    """Where a problem finds data sets by reference: "digits" (bundled), or an id the library knows. Ids, not paths."""

    def load(self, reference: str) -> Dataset:
        """Raises UnknownName when there is no such data set."""
        ...


@dataclass(frozen=True, slots=True)
class Split:
    """One part of the data, ready to train on: `inputs` (n, C, H, W) float32 normalised, `targets` (n,) int64."""

    inputs: npt.NDArray[np.float32]
    targets: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Splits:
    """Fixed by the split seed. `test` is read only for reported architectures. `fingerprint` names the index lists."""

    train: Split
    validation: Split
    test: Split
    fingerprint: str


@runtime_checkable
class Problem(Protocol):
    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    version: ClassVar[int]
    Config: ClassVar[type[BaseConfig]]

    @property
    def config(self) -> BaseConfig: ...

    def __init__(self, config: Any, library: DataLibrary) -> None: ...

    @property
    def input_shape(self) -> Shape: ...

    @property
    def num_classes(self) -> int: ...

    def metrics(self) -> tuple[str, ...]:
        """Names of the quality metrics a training on this problem delivers."""
        ...

    def fingerprint(self) -> str:
        """Names data, split and preparation: results may be compared only when equal."""
        ...


@runtime_checkable
class Supervised(Protocol):
    """A problem with labelled examples to learn from; one in which a controller acts has none."""

    def splits(self) -> Splits: ...


UNKNOWN = -1
"""The target of an example that belongs to no class which is learnt; training has none of them."""


@runtime_checkable
class OutputScored(Protocol):
    """A supervised problem that judges all outputs of a network on one part of the data at once.

    Accuracy and loss are then those on the examples whose class is learnt.
    """

    @property
    def learns_inputs(self) -> bool:
        """Whether a network learns to give its inputs back, flattened (mean squared error), instead of classes."""
        ...

    def output_metrics(
        self,
        outputs: npt.NDArray[np.float32],
        inputs: npt.NDArray[np.float32],
        targets: npt.NDArray[np.int64],
    ) -> Mapping[str, float]:
        """Its own metrics, from finite `outputs` (n, num_classes) for `inputs` (n, C, H, W) and `targets` (n,)."""
        ...


def supervised(problem: Problem) -> Supervised:
    """`problem`, known to have examples. Raises InvalidConfig at "problem" where it has none."""
    if not isinstance(problem, Supervised):
        raise InvalidConfig.at(
            "problem", f"{problem.title} has no labelled examples to train on; choose another problem"
        )
    return problem
