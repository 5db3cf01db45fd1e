"""The training estimator on the bundled digits."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nas.core.errors import Interrupted, InvalidConfig, TrialFailed
from nas.core.estimator import EvaluationRequest
from nas.core.result import ResultStatus
from nas.estimators.train import Train, TrainConfig
from nas.problems.datasets.libraries import FolderLibrary
from nas.problems.datasets.stored import write_dataset
from nas.problems.datasets.upload import parse_upload
from nas.problems.image_classification import ImageClassification, ImageClassificationConfig
from nas.registry import spaces
from tests.nas.estimators.place import CELLS, Place, digits, small_space


@pytest.fixture
def request_() -> EvaluationRequest:
    return EvaluationRequest(small_space(), digits(), {"edges": list(CELLS["good"])}, seed=1)


def train(**config: Any) -> Train:
    return Train(TrainConfig.parse(config))


def test_the_defaults_learn_digits_in_four_epochs(request_: EvaluationRequest) -> None:
    """Width 8, one cell a stage: 97 to 99 % in about a second on one core; chance is 10 %."""
    space = spaces.get("nasbench201")
    request = replace(request_, space=space(space.Config.parse({"width": 8, "cells_per_stage": 1})), with_test=True)
    place = Place()
    found = train().evaluate(request, place)
    assert found.metrics["accuracy"] > 0.94
    assert found.metrics["test_accuracy"] > 0.9
    assert found.steps_done == 4
    assert [step for step, _ in place.points] == [1, 2, 3, 4]
    assert place.points[0][1]["train_loss"] > place.points[-1][1]["train_loss"]
    assert set(place.points[0][1]) == {"accuracy", "loss", "train_loss", "learning_rate", "seconds"}
    assert place.saved == []


def test_fidelity_overrides_the_epochs_and_keeps_the_end_to_go_on_from(request_: EvaluationRequest) -> None:
    place = Place()
    short = train(epochs=3).evaluate(replace(request_, fidelity={"epochs": 1}), place)
    assert short.steps_done == 1
    assert len(place.saved) == 1
    later = Place(checkpoint=place.saved[0])
    longer = train(epochs=3).evaluate(replace(request_, fidelity={"epochs": 2}), later)
    assert [step for step, _ in later.points] == [2]
    assert longer.steps_done == 2
    assert longer.metrics["train_seconds"] > short.metrics["train_seconds"]
    # The metric is the network's whole training, the cost what this evaluation added.
    assert longer.cost_seconds < longer.metrics["train_seconds"]
    assert short.cost_seconds == short.metrics["train_seconds"]


def test_a_rung_is_the_beginning_of_the_longest_training(request_: EvaluationRequest) -> None:
    whole = Place()
    train().evaluate(replace(request_, fidelity={"epochs": 3}), whole)
    first, second = Place(), Place()
    train().evaluate(replace(request_, fidelity={"epochs": 1, "schedule_epochs": 3}), first)
    second = Place(checkpoint=first.saved[-1])
    train().evaluate(replace(request_, fidelity={"epochs": 3, "schedule_epochs": 3}), second)

    def learned(place: Place) -> list[tuple[int, float, float, float]]:
        return [(step, point["accuracy"], point["loss"], point["learning_rate"]) for step, point in place.points]

    assert learned(first) + learned(second) == learned(whole)
    assert second.saved == []  # nothing goes on from the end of the schedule


@pytest.mark.parametrize(
    ("fidelity", "field", "said"),
    [
        ({"epochs": 0}, "fidelity.epochs", "from 1 to 10,000, got 0"),
        ({"epochs": 10**9}, "fidelity.epochs", "got 1000000000"),
        ({"epochs": "three"}, "fidelity.epochs", "got 'three'"),
        ({"epochs": True}, "fidelity.epochs", "got True"),
        ({"width": 2}, "fidelity", "knows the fidelity epochs, not width"),
        ({"epochs": 2, "schedule_epochs": 0}, "fidelity.schedule_epochs", "from 1 to 10,000, got 0"),
        ({"epochs": 2, "schedule_epochs": 1}, "fidelity.schedule_epochs", "must be at least the epochs (2), got 1"),
    ],
)
def test_impossible_fidelities(request_: EvaluationRequest, fidelity: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        train().evaluate(replace(request_, fidelity=fidelity), Place())
    (error,) = caught.value.errors
    assert error.field == field
    assert said in error.message


def test_a_kept_network_answers_the_report_without_training(request_: EvaluationRequest) -> None:
    place = Place()
    first = train(epochs=1, keep_network=True).evaluate(request_, place)
    report = Place(checkpoint=place.saved[-1])
    again = train(epochs=1, keep_network=True).evaluate(replace(request_, with_test=True), report)
    assert report.points == []
    assert again.metrics["accuracy"] == first.metrics["accuracy"]
    assert again.metrics["loss"] == first.metrics["loss"]
    assert again.metrics["test_accuracy"] > 0.2


def test_latency_is_measured_only_when_wanted(request_: EvaluationRequest) -> None:
    plain = train(epochs=1).evaluate(request_, Place())
    timed = train(epochs=1).evaluate(replace(request_, wanted=frozenset({"latency_ms", "macs"})), Place())
    assert "latency_ms" not in plain.metrics
    assert 0.01 < timed.metrics["latency_ms"] < 1000
    assert timed.metrics["accuracy"] == plain.metrics["accuracy"]


def test_the_data_is_prepared_once_for_many_evaluations(request_: EvaluationRequest) -> None:
    place = Place()
    made = []
    original = request_.problem.splits

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(request_.problem, name)

        def splits(self) -> Any:
            made.append(1)
            return original()

    request = replace(request_, problem=Counting())  # type: ignore[arg-type]
    for seed in range(3):
        train(epochs=1).evaluate(replace(request, seed=seed, with_test=seed == 2), place)
    assert len(made) == 1


def test_a_time_limit_ends_the_trial_by_name(request_: EvaluationRequest) -> None:
    with pytest.raises(TrialFailed, match="longer than the 1e-06 s allowed; it had finished 0 of 4 epochs") as caught:
        train(timeout_seconds=1e-6).evaluate(request_, Place())
    assert caught.value.status is ResultStatus.TIMED_OUT


def test_a_network_that_does_not_fit_ends_the_trial_by_name(request_: EvaluationRequest) -> None:
    class Huge:
        def __getattr__(self, name: str) -> Any:
            return getattr(request_.space, name)

        def build(self, *_: Any) -> Any:
            from torch import nn

            return nn.Linear(2**30, 2**30)

    with pytest.raises(TrialFailed, match="did not fit into the memory of cpu with a batch size of 64") as caught:
        train().evaluate(replace(request_, space=Huge()), Place())  # type: ignore[arg-type]
    assert caught.value.status is ResultStatus.OUT_OF_MEMORY


def test_augmentation_larger_than_the_images_is_refused(request_: EvaluationRequest) -> None:
    for field in ("crop_padding", "cutout"):
        with pytest.raises(
            InvalidConfig, match=f"estimator.{field}: must be smaller than the images, which are 8 pixels"
        ):
            train(**{field: 8}).check(request_.space, request_.problem)
        train(**{field: 7}).check(request_.space, request_.problem)


def test_resume_in_another_process_gives_the_same_value(request_: EvaluationRequest) -> None:
    whole = train(epochs=2).evaluate(request_, Place())
    place = Place(stop_after=25)
    with pytest.raises(Interrupted):
        train(epochs=2).evaluate(request_, place)
    script = (
        "import sys\nfrom dataclasses import replace\nfrom tests.nas.estimators.test_train import *\n"
        "request = EvaluationRequest(small_space(), digits(), {'edges': list(CELLS['good'])}, seed=1)\n"
        "found = train(epochs=2).evaluate(request, Place(checkpoint=sys.stdin.buffer.read()))\n"
        "print(found.metrics['accuracy'], found.metrics['loss'])"
    )
    done = subprocess.run([sys.executable, "-c", script], input=place.saved[-1], capture_output=True, check=True)
    assert done.stdout.decode().split() == [str(whole.metrics["accuracy"]), str(whole.metrics["loss"])]


def test_uploaded_mnist_is_learned_well_above_chance(real_data: Path, tmp_path: Path) -> None:
    """From the published files to a score: a subset of 1,200 training images, three epochs."""
    files = {path.name: path for path in (real_data / "mnist").glob("*.gz")}
    write_dataset(parse_upload(files, name="MNIST").dataset, tmp_path / "mnist.npz")
    config = ImageClassificationConfig(dataset="mnist", max_examples=1750)
    problem = ImageClassification(config, FolderLibrary(tmp_path))
    assert problem.split_sizes() == (1200, 300, 250)
    request = EvaluationRequest(small_space(), problem, {"edges": list(CELLS["good"])}, seed=1)
    assert train(epochs=3, batch_size=32).evaluate(request, Place()).metrics["accuracy"] > 0.8


# --- inherited weights ---------------------------------------------------------------------------------------------


def learned(place: Place) -> list[tuple[int, float, float]]:
    return [(step, point["accuracy"], point["loss"]) for step, point in place.points]


@pytest.fixture(scope="module")
def parent() -> bytes:
    """The stored network of a parent that was trained for two epochs."""
    place = Place()
    request = EvaluationRequest(small_space(), digits(), {"edges": list(CELLS["good"])}, seed=1, keeps_network=True)
    found = train(epochs=2).evaluate(request, place)
    assert "inherited_share" not in found.metrics
    assert len(place.saved) == 1
    return place.saved[0]


def child(request_: EvaluationRequest) -> EvaluationRequest:
    edges = [*CELLS["good"][:-1], "skip_connect"]
    return replace(request_, genotype={"edges": edges}, seed=2, inherits=True)


def test_a_child_begins_where_its_parent_ended(request_: EvaluationRequest, parent: bytes) -> None:
    heir, orphan = Place(parent=parent), Place()
    found = train(epochs=1).evaluate(child(request_), heir)
    alone = train(epochs=1).evaluate(child(request_), orphan)
    assert found.metrics["inherited_share"] == 1.0  # it lost a layer and got none with weights
    assert alone.metrics["inherited_share"] == 0.0  # the parent's network is gone
    assert found.metrics["accuracy"] > alone.metrics["accuracy"] + 0.1
    assert found.steps_done == 1
    assert heir.saved == []


def test_without_its_parent_a_child_is_what_it_would_have_been_without_inheritance(
    request_: EvaluationRequest,
) -> None:
    orphan, plain = Place(), Place()
    train(epochs=1).evaluate(child(request_), orphan)
    found = train(epochs=1).evaluate(replace(child(request_), inherits=False), plain)
    assert learned(orphan) == learned(plain)
    assert "inherited_share" not in found.metrics


def test_the_child_s_own_checkpoint_wins_over_inheritance(request_: EvaluationRequest, parent: bytes) -> None:
    """Interrupted and taken up again, with the parent gone meanwhile: the same to the last bit."""
    whole = Place(parent=parent)
    expected = train(epochs=2).evaluate(replace(child(request_), keeps_network=True), whole)
    first = Place(parent=parent, stop_after=9)
    with pytest.raises(Interrupted):
        train(epochs=2).evaluate(replace(child(request_), keeps_network=True), first)
    second = Place(checkpoint=first.saved[-1])
    resumed = train(epochs=2).evaluate(replace(child(request_), keeps_network=True), second)
    assert learned(first) + learned(second) == learned(whole)
    assert resumed.metrics["inherited_share"] == expected.metrics["inherited_share"] == 1.0
    assert resumed.metrics["accuracy"] == expected.metrics["accuracy"]


def test_a_stored_network_is_tested_without_another_training(request_: EvaluationRequest, parent: bytes) -> None:
    """What a report does with a trial that inherited weights."""
    place = Place(parent=parent)
    trial = train(epochs=1).evaluate(replace(child(request_), keeps_network=True), place)
    report = Place(checkpoint=place.saved[-1])
    tested = train(epochs=1).evaluate(replace(child(request_), with_test=True), report)
    assert report.points == []
    assert tested.metrics["loss"] == trial.metrics["loss"]
    assert tested.metrics["inherited_share"] == 1.0
    assert 0 < tested.metrics["test_accuracy"] <= 1
