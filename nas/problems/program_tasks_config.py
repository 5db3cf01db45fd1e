"""What can be chosen about the tasks that learning programs are scored on, and the tasks of the published experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import model_validator

from nas.automl_zero.task_data import NUM_CLASSES
from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.problems.synthetic_tasks import SYNTHETIC

Part = Literal["search", "select", "test"]
PARTS: tuple[Part, ...] = ("search", "select", "test")

MOST_NUMBERS = 1 << 27
"""Features of one lot of tasks: 1 GiB."""


def _examples(train: int, valid: int) -> dict[str, int]:
    """Of tasks to search by and of the others."""
    return {
        "train_examples": train,
        "valid_examples": valid,
        "select_train_examples": train,
        "select_valid_examples": valid,
    }


class ProgramTasksConfig(BaseConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "linear_demo": {},
        "linear": {"features": 8, "search_tasks": 3, "train_examples": 1000},
        "affine": {"kind": "affine", "features": 8, "search_tasks": 3, "train_examples": 1000},
        "teacher": {"kind": "teacher", "features": 8, "search_tasks": 100, "train_examples": 1000},
        "one_teacher": {"kind": "teacher", "features": 8, "search_tasks": 1, "train_examples": 100_000},
        "teacher_sign": {"kind": "teacher_sign", "features": 8, **_examples(2000, 1000)},
        "digits": {"kind": "projected_binary", "features": 8, **_examples(200, 60)},
        "digits_classes": {"kind": "projected_classes", "features": 16, **_examples(1000, 400)},
        "images": {"kind": "projected_binary", "features": 16, **_examples(8000, 1000)},
        "image_classes": {
            "kind": "projected_classes",
            "features": 16,
            "select_tasks": 20,
            "test_tasks": 20,
            **_examples(45_000, 5000),
        },
        "few_examples": {"kind": "projected_binary", "features": 16, "epochs": 100, **_examples(80, 60)},
        "fast_training": {"kind": "projected_binary", "features": 16, "epochs": 10, **_examples(800, 1000)},
    }

    kind: Literal["linear", "affine", "teacher", "teacher_sign", "projected_binary", "projected_classes"] = setting(
        "linear",
        title="Tasks",
        description="Regression on linear or affine functions or on small networks, the sign of these, or random "
        "projections of images: two classes, or all of them.",
    )
    dataset: str = setting(
        "digits",
        title="Data set",
        description="The images that are projected; the other tasks need none.",
        refers_to="dataset",
        min_length=1,
        max_length=200,
    )
    features: int = setting(4, title="Features", description="The length of every vector of a program.", ge=2, le=4096)
    dead_units: int = setting(
        0,
        title="Dead units",
        description="Of a teacher network's hidden ones; the released code has 2.",
        ge=0,
        le=2048,
        advanced=True,
    )
    search_tasks: int = setting(
        10,
        title="Tasks to search by",
        description="A fitness is a mean or median over them.",
        unit="tasks",
        ge=1,
        le=1000,
    )
    select_tasks: int = setting(
        100,
        title="Tasks to select by",
        description="Score what a search proposes; other ones than those it searched by.",
        unit="tasks",
        ge=1,
        le=1000,
    )
    test_tasks: int = setting(
        100, title="Unseen tasks", description="For reported programs only.", unit="tasks", ge=1, le=1000
    )
    train_examples: int = setting(
        100, title="Training examples", description="Of a task to search by.", unit="examples", ge=1, le=1_000_000
    )
    valid_examples: int = setting(
        100, title="Validation examples", description="Of a task to search by.", unit="examples", ge=1, le=1_000_000
    )
    select_train_examples: int = setting(
        1000,
        title="Training examples of a selection",
        description="Of a task to select by, and of an unseen one.",
        unit="examples",
        ge=1,
        le=1_000_000,
    )
    select_valid_examples: int = setting(
        100,
        title="Validation examples of a selection",
        description="Of a task to select by, and of an unseen one; as many test images as there are, at most.",
        unit="examples",
        ge=1,
        le=1_000_000,
    )
    epochs: int = setting(
        1,
        title="Epochs",
        description="Times that the training examples are gone through; the best epoch counts.",
        unit="epochs",
        ge=1,
        le=1000,
    )
    task_seed: int = setting(
        0,
        title="Seed of the tasks",
        description="The same seed always makes the same tasks.",
        ge=0,
        le=2**31 - 1,
        advanced=True,
    )

    @model_validator(mode="after")
    def _coherent(self) -> ProgramTasksConfig:
        if self.dead_units > (self.features + 1) // 2:
            raise ValueError(
                f"dead_units: every second unit can be dead, {(self.features + 1) // 2} of {self.features}; "
                f"got {self.dead_units}"
            )
        if self.kind == "projected_classes" and self.features < NUM_CLASSES:
            raise ValueError(
                f"features: labels of classes take the first {NUM_CLASSES} entries of a vector, so there must be at least "
                f"{NUM_CLASSES} features, got {self.features}"
            )
        for part in PARTS:
            train, valid = self.num_examples(part)
            numbers = self.num_tasks(part) * (train + valid) * self.features
            if numbers > MOST_NUMBERS:
                raise ValueError(
                    f"{part}_tasks: {self.num_tasks(part):,} tasks of {train + valid:,} examples with {self.features} "
                    f"features are {numbers:,} numbers; at most {MOST_NUMBERS:,} are possible"
                )
            if (shuffled := self.num_tasks(part) * train * self.epochs) > MOST_NUMBERS:
                raise ValueError(
                    f"epochs: {self.epochs:,} times {train:,} examples of {self.num_tasks(part):,} tasks are {shuffled:,} "
                    f"places to remember; at most {MOST_NUMBERS:,} are possible"
                )
        return self

    @property
    def is_projected(self) -> bool:
        return self.kind not in SYNTHETIC

    @property
    def without_effect(self) -> frozenset[str]:
        return frozenset() if self.is_projected else frozenset({"dataset"})

    def num_tasks(self, part: Part) -> int:
        return {"search": self.search_tasks, "select": self.select_tasks, "test": self.test_tasks}[part]

    def num_examples(self, part: Part) -> tuple[int, int]:
        """(to train on, to validate on)"""
        if part == "search":
            return self.train_examples, self.valid_examples
        return self.select_train_examples, self.select_valid_examples
