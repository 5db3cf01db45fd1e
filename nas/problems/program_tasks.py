"""Tasks that learning programs are scored on: three lots of small ones, to search by, to select by, and unseen ones for the report.

Real et al. 2020 (arXiv 2003.03384), sections 3, 4 and S4.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from nas.automl_zero.task_data import Labels, TaskData
from nas.core.config import Config as BaseConfig
from nas.core.errors import InvalidConfig, InvalidData, UnknownName
from nas.core.graph import Shape
from nas.core.problem import DataLibrary
from nas.problems.program_tasks_config import PARTS, Part, ProgramTasksConfig
from nas.problems.projected_tasks import ProjectedImages
from nas.problems.synthetic_tasks import SYNTHETIC


class ProgramTasks:
    """Each lot of tasks comes from a stream of its own; the first tasks are the same however many there are."""

    name: ClassVar[str] = "program_tasks"
    title: ClassVar[str] = "Tasks for learning programs"
    summary: ClassVar[str] = (
        "Many small tasks: a program that learns is trained on each from nothing and scored by its mean fitness."
    )
    source: ClassVar[str] = "Real et al. 2020, arXiv 2003.03384, sections 3 and 4, S4; released code."
    version: ClassVar[int] = 1
    Config: ClassVar[type[BaseConfig]] = ProgramTasksConfig

    def __init__(self, config: ProgramTasksConfig, library: DataLibrary) -> None:
        """Raises InvalidConfig when the library does not know the data set, or it has too few classes or images."""
        self._config = config
        self._images: ProjectedImages | None = None
        self._data_fingerprint = ""
        if not config.is_projected:
            return
        try:
            dataset = library.load(config.dataset)
        except UnknownName as error:
            raise InvalidConfig.at("dataset", str(error)) from None
        except InvalidData as error:
            raise InvalidConfig.at("dataset", f"the data set cannot be used: {error}") from None
        self._data_fingerprint = dataset.fingerprint
        self._images = ProjectedImages(dataset, is_binary=config.kind == "projected_binary", seed=config.task_seed)
        self._check_room(self._images, dataset.name)

    def _check_room(self, images: ProjectedImages, name: str) -> None:
        for part, prefix in (("search", ""), ("select", "select_")):
            wanted = sum(self._config.num_examples("search" if part == "search" else "select"))
            there, kept = images.room(part)
            if wanted > there:
                raise InvalidConfig.at(
                    f"{prefix}train_examples",
                    f"a task of {name} has {there:,} images to train and validate on; asked for are {wanted:,}",
                )
            if not kept:
                raise InvalidConfig.at(
                    "dataset", f"{name} has too few images: some classes have none left for the test"
                )

    @property
    def config(self) -> ProgramTasksConfig:
        return self._config

    @property
    def labels(self) -> Labels:
        if self._config.kind == "projected_binary":
            return Labels.BINARY
        if self._config.kind == "projected_classes":
            return Labels.CLASSES
        return SYNTHETIC[self._config.kind][1]

    @property
    def input_shape(self) -> Shape:
        """(F, 1, 1)"""
        return (self._config.features, 1, 1)

    @property
    def num_classes(self) -> int:
        """1 where a number is predicted."""
        if self._images is not None:
            return self._images.num_classes
        return 1 if self.labels is Labels.NUMBER else 2

    def metrics(self) -> tuple[str, ...]:
        if self.labels is Labels.NUMBER:
            return ("fitness", "rms_error")
        return ("fitness", "accuracy", "error_percent")

    def fingerprint(self) -> str:
        """Names all tasks; equal for equal data sets, whatever they are called."""
        settings = self._config.as_json()
        settings["dataset"] = self._data_fingerprint
        text = json.dumps([self.name, self.version, settings], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def tasks(self, part: Part) -> TaskData:
        """The tasks of one part, made anew at each call; keep them in a cache."""
        config = self._config
        num_train, num_valid = config.num_examples(part)
        if part == "test" and self._images is not None:
            num_valid = min(num_valid, self._images.room(part)[1])
        made = [self._task(part, number, num_train, num_valid) for number in range(config.num_tasks(part))]
        train, train_labels, valid, valid_labels, seeds = (list(column) for column in zip(*made, strict=True))
        return TaskData(
            labels=self.labels,
            train_features=np.stack(train),
            train_labels=np.stack(train_labels),
            valid_features=np.stack(valid),
            valid_labels=np.stack(valid_labels),
            seeds=np.array(seeds, np.uint64),
        )

    def _task(self, part: Part, number: int, num_train: int, num_valid: int) -> tuple[Any, ...]:
        """Features and labels of training and of validation, and the seed of shuffles."""
        config = self._config
        for_labels, for_features, shuffles = SeedSequence([config.task_seed, PARTS.index(part), number]).spawn(3)
        parameters, drawn = Generator(PCG64(for_labels)), Generator(PCG64(for_features))
        seed = int(shuffles.generate_state(1, np.uint64)[0])
        if self._images is not None:
            sizes = (config.features, num_train, num_valid)
            task = self._images.task(part, sizes, parameters=parameters, order=drawn)
            return (*task.train, *task.valid, seed)
        function = SYNTHETIC[config.kind][0](config.features, parameters, config.dead_units)
        train = drawn.standard_normal((num_train, config.features))
        valid = drawn.standard_normal((num_valid, config.features))
        return train, function(train), valid, function(valid), seed
