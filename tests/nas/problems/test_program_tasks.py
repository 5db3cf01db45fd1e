"""Tasks of programs: what the labels are, what is drawn apart from what, which images are seen when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nas.automl_zero.task_data import Labels, TaskData
from nas.core.errors import InvalidConfig
from nas.core.problem import Dataset
from nas.problems.datasets.fingerprint import dataset_fingerprint
from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.program_tasks import ProgramTasks
from nas.problems.program_tasks_config import PARTS, ProgramTasksConfig
from nas.problems.projected_tasks import HELD_OUT_OF_TEN, ProjectedImages

SIZES = {"train_examples": 60, "valid_examples": 20, "select_train_examples": 40, "select_valid_examples": 10}


class Library:
    """One data set, known as "mine"."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def load(self, reference: str) -> Dataset:
        assert reference == "mine"
        return self.dataset


def images(per_class: Iterable[int], *, test_share: float = 0.0) -> Dataset:
    """2×2×1 images whose first pixel is their number, the others their class; the last of each class are for the test."""
    labels = np.concatenate([np.full(num, label) for label, num in enumerate(per_class)]).astype(np.int64)
    pixels = np.zeros((len(labels), 2, 2, 1), np.float32)
    pixels[:, 0, 0, 0] = np.arange(len(labels))
    pixels[:, 1, 1, 0] = labels
    split = None
    if test_share:
        split = np.zeros(len(labels), np.uint8)
        for label, num in enumerate(per_class):
            members = np.flatnonzero(labels == label)
            split[members[num - round(test_share * num) :]] = 2
    names = tuple(f"class {label}" for label in range(len(tuple(per_class))))
    return Dataset("Mine", pixels, labels, names, dataset_fingerprint(pixels, labels, split), split)


def problem(dataset: Dataset | None = None, **values: Any) -> ProgramTasks:
    library = BundledLibrary() if dataset is None else Library(dataset)
    named = {} if dataset is None else {"dataset": "mine"}
    defaults: dict[str, Any] = {"search_tasks": 5, "select_tasks": 4, "test_tasks": 3, **SIZES, **named}
    return ProgramTasks(ProgramTasksConfig.parse({**defaults, **values}), library)


def both(tasks: TaskData, number: int) -> tuple[Any, Any]:
    """Features and labels of one task, training and validation in a row."""
    features = np.concatenate([tasks.train_features[number], tasks.valid_features[number]])
    return features, np.concatenate([tasks.train_labels[number], tasks.valid_labels[number]])


def test_shapes_are_those_of_the_settings() -> None:
    found = problem(features=6)
    search, select, test = (found.tasks(part) for part in PARTS)
    assert search.train_features.shape == (5, 60, 6)
    assert search.valid_labels.shape == (5, 20)
    assert select.train_features.shape == (4, 40, 6)
    assert test.valid_features.shape == (3, 10, 6)
    assert found.input_shape == (6, 1, 1)


def test_labels_of_linear_tasks_are_linear_in_the_features() -> None:
    tasks = problem().tasks("search")
    weights = []
    for number in range(tasks.num_tasks):
        features, labels = both(tasks, number)
        solved, _, _, _ = np.linalg.lstsq(features, labels, rcond=None)
        assert np.abs(features @ solved - labels).max() < 1e-10
        weights.append(solved)
    assert np.abs(np.diff(weights, axis=0)).min() > 1e-6
    features = np.concatenate([both(tasks, number)[0].ravel() for number in range(5)])
    assert abs(features.mean()) < 0.1
    assert abs(features.std() - 1) < 0.1


def test_affine_tasks_have_a_constant_as_well() -> None:
    tasks = problem(kind="affine").tasks("search")
    for number in range(tasks.num_tasks):
        features, labels = both(tasks, number)
        wide = np.hstack([features, np.ones((len(features), 1))])
        solved, _, _, _ = np.linalg.lstsq(wide, labels, rcond=None)
        assert np.abs(wide @ solved - labels).max() < 1e-10
        assert abs(solved[-1]) > 1e-3


def test_a_teacher_is_no_linear_function_and_homogeneous() -> None:
    """Without biases a network of rectifiers doubles its answer with its features; a teacher's sign depends on nothing else."""
    from nas.problems.synthetic_tasks import teacher, teacher_sign

    features = np.random.default_rng(0).standard_normal((200, 8))
    answer = teacher(8, np.random.default_rng(1), 0)
    assert np.allclose(answer(2 * features), 2 * answer(features))
    assert np.abs(answer(-features) + answer(features)).max() > 0.1
    sign = teacher_sign(8, np.random.default_rng(1), 0)
    assert set(sign(features).tolist()) == {0.0, 1.0}
    assert (sign(features) == (answer(features) > 0)).all()


def test_dead_units_are_every_second_one() -> None:
    from nas.problems.synthetic_tasks import teacher

    features = np.random.default_rng(0).standard_normal((50, 4))
    all_dead_but = teacher(4, np.random.default_rng(1), 2)(features)
    rng = np.random.default_rng(1)
    hidden, out = rng.standard_normal((4, 4)), rng.standard_normal(4)
    expected = np.maximum(features @ hidden[[1, 3]].T, 0) @ out[[1, 3]]
    assert np.allclose(all_dead_but, expected)


@pytest.mark.parametrize("kind", ["linear", "teacher_sign", "projected_binary"])
def test_parts_are_drawn_apart_and_the_same_every_time(kind: str) -> None:
    one, again, other = (problem(kind=kind, task_seed=seed) for seed in (3, 3, 4))
    seen = set()
    for part in PARTS:
        first, second, third = (each.tasks(part) for each in (one, again, other))
        for name in ("train_features", "train_labels", "valid_features", "valid_labels", "seeds"):
            assert getattr(first, name).tobytes() == getattr(second, name).tobytes()
        assert first.train_features.tobytes() != third.train_features.tobytes()
        seen |= {features[:5].tobytes() for features in first.train_features}
        seen |= {seed.tobytes() for seed in first.seeds}
    assert len(seen) == 2 * (5 + 4 + 3)
    assert one.fingerprint() == again.fingerprint() != other.fingerprint()


def test_more_tasks_leave_the_first_ones_as_they_were() -> None:
    few, many = (problem(search_tasks=num).tasks("search") for num in (2, 6))
    assert few.train_features.tobytes() == many.train_features[:2].tobytes()


def test_what_is_predicted_decides_the_metrics() -> None:
    assert problem().metrics() == ("fitness", "rms_error")
    assert problem().num_classes == 1
    signs = problem(kind="teacher_sign")
    assert (signs.labels, signs.num_classes) == (Labels.BINARY, 2)
    assert signs.metrics() == ("fitness", "accuracy", "error_percent")
    classes = problem(kind="projected_classes", features=16)
    assert (classes.labels, classes.num_classes) == (Labels.CLASSES, 10)


# Projections -----------------------------------------------------------------------------------------------------------------


def test_projected_features_are_linear_in_the_pixels_and_standard_on_the_training_part() -> None:
    tasks = problem(kind="projected_binary", features=8).tasks("search")
    for number in range(tasks.num_tasks):
        assert np.allclose(tasks.train_features[number].mean(axis=0), 0, atol=1e-9)
        assert np.allclose(tasks.train_features[number].std(axis=0), 1)
        assert not np.allclose(tasks.valid_features[number].mean(axis=0), 0, atol=1e-3)
        assert tasks.train_labels[number].mean() == pytest.approx(0.5, abs=0.05)


def test_pixels_can_be_found_again_from_as_many_projections() -> None:
    """Four projections of four pixels, two of them constant: a linear map leads back to the number of the image."""
    tasks = problem(images((100, 100)), kind="projected_binary", features=4).tasks("search")
    features, labels = both(tasks, 0)
    wide = np.hstack([features, np.ones((len(features), 1))])
    solved, _, _, _ = np.linalg.lstsq(wide, labels, rcond=None)
    assert np.abs(wide @ solved - labels).max() < 1e-6  # the class is one of the pixels


def test_searches_and_selections_see_other_pairs_of_classes() -> None:
    found = ProjectedImages(images([20] * 10), is_binary=True, seed=0)
    assert len(found.groups("search")) == 36
    assert found.groups("select") == found.groups("test") == HELD_OUT_OF_TEN
    published = {(0, 5), (0, 9), (1, 8), (2, 9), (3, 5), (3, 6), (3, 8), (4, 6), (8, 9)}
    assert set(HELD_OUT_OF_TEN) == published
    assert not set(found.groups("search")) & set(HELD_OUT_OF_TEN)
    of_four = ProjectedImages(images([20] * 4), is_binary=True, seed=0)
    assert len(of_four.groups("search")) == 4
    assert len(of_four.groups("select")) == 2
    assert ProjectedImages(images([20] * 2), is_binary=True, seed=0).groups("select") == ((0, 1),)


@pytest.mark.parametrize("test_share", [0.0, 0.25])
def test_images_of_the_test_are_seen_by_the_test_alone(test_share: float) -> None:
    """One projection, so that an image has one number everywhere; the publisher's part where there is one."""
    dataset = images((80, 80), test_share=test_share)
    found = ProjectedImages(dataset, is_binary=True, seed=5)
    trained, tested = (np.concatenate(part) for part in found._images)
    assert not set(trained) & set(tested)
    assert len(trained) + len(tested) == 160
    if test_share:
        assert set(tested) == set(np.flatnonzero(dataset.split == 2))
    seen: dict[str, set[float]] = {}
    for part in PARTS:
        rng = np.random.default_rng(1)
        task = found.task(part, (2, 100, 20), parameters=np.random.default_rng(0), order=rng)
        train = set(np.round(task.train[0][:, 0], 9))
        assert len(train) == 100
        assert not train & set(np.round(task.valid[0][:, 0], 9))
        seen[part] = train
    # the projection and the images trained on are those of one generator: only the images scored on differ
    assert seen["search"] == seen["select"] == seen["test"]


def test_labels_of_a_pair_are_one_for_the_lower_class() -> None:
    dataset = images((50, 50))
    task = ProjectedImages(dataset, is_binary=True, seed=0).task(
        "search", (4, 60, 20), parameters=np.random.default_rng(0), order=np.random.default_rng(0)
    )
    features, labels = task.train
    lower = features[labels == 1].mean(axis=0)
    assert len(labels) == 60
    assert labels.sum() == 30
    assert np.abs(lower).max() > 0.1


def test_the_lower_class_is_the_one() -> None:
    pair = ProjectedImages(images([20] * 10), is_binary=True, seed=0)
    assert pair._labels(np.array([2, 5, 5, 2]), (2, 5)).tolist() == [1.0, 0.0, 0.0, 1.0]


def test_all_classes_keep_their_numbers() -> None:
    tasks = problem(kind="projected_classes", features=12, train_examples=200, valid_examples=100).tasks("search")
    for labels in tasks.train_labels:
        counts = np.bincount(labels.astype(int), minlength=10)
        assert counts.sum() == 200
        assert counts.min() >= 18


def test_a_test_with_few_images_takes_what_there_is() -> None:
    tasks = problem(images((60, 60)), kind="projected_binary", select_valid_examples=30).tasks("test")
    assert tasks.valid_labels.shape == (3, 24)


# Refusals --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "values", "field", "says"),
    [
        (images((50,)), {"kind": "projected_binary"}, "dataset", "one class only.*two"),
        (images((50,)), {"kind": "projected_classes", "features": 10}, "dataset", "one class only"),
        (images([9] * 11), {"kind": "projected_classes", "features": 11}, "dataset", "11 classes.*10"),
        (images((40, 40)), {"kind": "projected_binary"}, "train_examples", "has 64 images.*asked for are 80"),
        (
            images((90, 90)),
            {"kind": "projected_binary", "select_train_examples": 500},
            "select_train_examples",
            "has 144 images",
        ),
        (images((100, 1)), {"kind": "projected_binary"}, None, ""),
        (
            images((2, 2)),
            {"kind": "projected_binary", "train_examples": 2, "valid_examples": 1},
            "dataset",
            "none left for the test",
        ),
    ],
)
def test_data_that_cannot_be_used_is_refused_in_words(
    dataset: Dataset, values: dict[str, Any], field: str | None, says: str
) -> None:
    if field is None:
        assert problem(dataset, **values).tasks("search").train_labels.sum() > 0
        return
    with pytest.raises(InvalidConfig, match=says) as refusal:
        problem(dataset, **values)
    assert [error.field for error in refusal.value.errors] == [field]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"features": 1}, "at least 2"),
        ({"kind": "projected_classes", "features": 8}, "at least 10"),
        ({"dead_units": 3}, "2 of 4"),
        ({"search_tasks": 1000, "train_examples": 1_000_000}, "at most"),
        ({"epochs": 1000, "select_tasks": 1000, "select_train_examples": 1000}, "epochs"),
        ({"kind": "circles"}, "must be"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_words(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidConfig, match=says):
        ProgramTasksConfig.parse(values)


def test_an_unknown_data_set_is_named() -> None:
    with pytest.raises(InvalidConfig, match="there is no data set 'mnist'"):
        ProgramTasks(ProgramTasksConfig.parse({"kind": "projected_binary", "dataset": "mnist"}), BundledLibrary())


def test_the_name_of_a_data_set_does_not_matter() -> None:
    dataset = images((60, 60))
    one = problem(dataset, kind="projected_binary")
    two = problem(replace(dataset, name="Another name"), kind="projected_binary")
    other = problem(images((61, 60)), kind="projected_binary")
    assert one.fingerprint() == two.fingerprint() != other.fingerprint()


@pytest.mark.parametrize(
    "name", [name for name, values in ProgramTasksConfig.presets.items() if values.get("train_examples", 0) < 500]
)
def test_well_known_settings_make_tasks(name: str) -> None:
    found = ProgramTasks(ProgramTasksConfig.parse(ProgramTasksConfig.presets[name]), BundledLibrary())
    tasks = found.tasks("search")
    assert tasks.num_tasks == found.config.search_tasks
