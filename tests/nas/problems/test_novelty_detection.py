"""Novelty detection: what each part holds, the scores against scikit-learn, baselines, refusals, a training through it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from nas.core.errors import InvalidConfig
from nas.core.estimator import EvaluationRequest
from nas.core.objective import Objective
from nas.core.problem import UNKNOWN, Dataset
from nas.core.setup import SearchSetup
from nas.estimators.train import Train
from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.novelty_detection import NoveltyDetection, NoveltyDetectionConfig
from nas.spaces.connections import Connections, ConnectionsConfig
from nas.spaces.nasbench201 import NasBench201
from nas.strategies.spos import Spos
from tests.nas.estimators.place import Place


def make(library: Any = None, **config: Any) -> NoveltyDetection:
    return NoveltyDetection(NoveltyDetectionConfig.parse(config), library or BundledLibrary())


class Library:
    """One small data set under any name."""

    def __init__(self, num_classes: int, per_class: int = 10, split: Any = None) -> None:
        labels = np.repeat(np.arange(num_classes), per_class)
        images = np.random.default_rng(0).random((len(labels), 2, 2, 1), dtype=np.float32)
        names = tuple(map(str, range(num_classes)))
        self._dataset = Dataset("small", images, labels, names, "fingerprint", split)

    def load(self, reference: str) -> Dataset:
        return self._dataset


@pytest.mark.parametrize("novel", [0, 4, 9])
def test_half_of_the_novel_class_is_in_either_part_and_none_in_training(novel: int) -> None:
    problem = make(novel_class=novel)
    labels = problem.dataset.labels
    splits = problem.splits()
    num_novel, num_other = int((labels == novel).sum()), int((labels != novel).sum())
    assert len(splits.train.targets) == pytest.approx(0.6 * num_other, abs=1)
    assert set(splits.train.targets.tolist()) == set(range(9))
    for part in (splits.validation, splits.test):
        assert int((part.targets == UNKNOWN).sum()) == pytest.approx(num_novel / 2, abs=1)
        assert int((part.targets != UNKNOWN).sum()) == pytest.approx(0.2 * num_other, abs=2)
    assert problem.chance()["validation"] == pytest.approx(0.22, abs=0.02)
    rows = [{image.tobytes() for image in part.inputs} for part in (splits.train, splits.validation, splits.test)]
    assert not (rows[0] & rows[1] or rows[1] & rows[2] or rows[0] & rows[2])


def test_the_network_s_classes_are_those_that_are_left() -> None:
    problem = make(novel_class=3)
    meant: dict[int, set[int]] = {target: set() for target in range(9)}
    for index, target in zip(problem._indices[0], problem.splits().train.targets, strict=True):
        meant[int(target)].add(int(problem.dataset.labels[index]))
    assert meant == {target: {target + (target >= 3)} for target in range(9)}


def test_scores_are_those_of_their_formulas() -> None:
    rng = np.random.default_rng(0)
    outputs = (4 * rng.standard_normal((50, 9))).astype(np.float32)
    inputs = np.zeros((50, 1, 8, 8), np.float32)
    wide = outputs.astype(np.float64)
    softmax = np.exp(wide) / np.exp(wide).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(make().novelty(outputs, inputs), -np.log(np.exp(wide).sum(axis=1)))
    np.testing.assert_allclose(make(novelty="msp").novelty(outputs, inputs), 1 - softmax.max(axis=1), atol=1e-12)
    images = rng.random((50, 1, 8, 8), dtype=np.float32)
    given_back = rng.random((50, 64), dtype=np.float32)
    errors = make(novelty="reconstruction").novelty(given_back, images)
    np.testing.assert_allclose(errors, ((given_back - images.reshape(50, 64)) ** 2).mean(axis=1), rtol=1e-5)
    targets = rng.integers(-1, 9, size=50)
    found = make().output_metrics(outputs, inputs, targets)["auprc"]
    assert found == pytest.approx(average_precision_score(targets == -1, make().novelty(outputs, inputs)), abs=1e-12)


def test_large_logits_do_not_overflow() -> None:
    outputs = np.array([[3e38, 0.0], [-3e38, -3e38]], np.float32)
    assert np.isfinite(make().novelty(outputs, np.zeros((2, 1, 1, 1), np.float32))).all()


def test_baselines_find_more_than_chance() -> None:
    found = make(novel_class=0, max_examples=600).baselines()
    assert set(found) == {"chance", "nearest_neighbour", "logistic_energy", "logistic_msp"}
    for part in ("validation", "test"):
        assert found["chance"][part] == pytest.approx(0.22, abs=0.03)
        assert all(found[name][part] > 0.5 for name in found if name != "chance")


@pytest.mark.parametrize(
    ("library", "config", "field", "said"),
    [
        (Library(1), {}, "dataset", "at least 3 classes for energy, this one has 1"),
        (Library(2), {}, "dataset", "at least 3 classes"),
        (Library(1), {"novelty": "reconstruction"}, "dataset", "at least 2 classes"),
        (Library(3), {"novel_class": 3}, "novel_class", "from 0 to 2"),
        (Library(3, per_class=1), {}, "dataset", "no training example|some of either kind"),
    ],
)
def test_what_leaves_nothing_to_learn_or_to_find_is_refused(library: Any, config: Any, field: str, said: str) -> None:
    with pytest.raises(InvalidConfig, match=said) as refusal:
        make(library, **config)
    assert refusal.value.errors[0].field == field


def test_a_publisher_s_test_images_stay_in_the_test_part() -> None:
    split = np.tile(np.repeat(np.uint8([0, 2]), [7, 3]), 4)
    problem = make(Library(4, split=split), novel_class=1)
    train, validation, test = problem._indices
    assert set(split[test].tolist()) == {2}
    assert set(split[np.concatenate([train, validation])].tolist()) == {0}
    assert int((problem.splits().test.targets == UNKNOWN).sum()) == 3


@pytest.mark.parametrize(
    ("novelty", "recipe"),
    [
        ("energy", {"epochs": 6}),
        ("msp", {"epochs": 6}),
        ("reconstruction", {"epochs": 40, "optimizer": "adam", "learning_rate": 0.01}),
    ],
)
def test_training_scores_a_network_by_what_it_finds(novelty: str, recipe: dict[str, Any]) -> None:
    problem = make(novel_class=0, novelty=novelty, max_examples=900)
    estimator = Train(Train.Config.parse(recipe))
    space = Connections(ConnectionsConfig.parse({"nodes": 5}))
    estimator.check(space, problem)
    genotype = space.validate({"edges": [[0, 1], [0, 2], [1, 3], [2, 3]]})
    place = Place()
    request = EvaluationRequest(space=space, problem=problem, genotype=genotype, seed=1, with_test=True)
    found = estimator.evaluate(request, place)
    expected = {*problem.metrics(), "train_seconds"} | {f"test_{n}" for n in problem.metrics() if n != "error_percent"}
    assert set(found.metrics) == expected
    assert found.metrics["auprc"] > problem.chance()["validation"] + 0.1
    assert found.metrics["test_auprc"] > problem.chance()["test"] + 0.1
    assert place.points[-1][1]["auprc"] == found.metrics["auprc"]
    if novelty != "reconstruction":
        assert found.metrics["accuracy"] > 0.7


def test_a_supernet_does_not_learn_what_it_could_not_score() -> None:
    setup = SearchSetup(
        space=NasBench201(NasBench201.Config.parse({})),
        problem=make(),
        estimator=Train(Train.Config.parse({})),
        objectives=(Objective.from_text("auprc"),),
        constraints=(),
        run_seed=0,
    )
    with pytest.raises(InvalidConfig, match="judges outputs in its own way"):
        Spos(Spos.Config.parse({}), setup)
