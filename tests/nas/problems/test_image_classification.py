"""The problem: fixed stratified splits, the publisher's where there are, normalised by training statistics."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidConfig, UnknownName
from nas.core.problem import Dataset, Split
from nas.problems.datasets.assemble import RawPart, assemble
from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.datasets.limits import Limits
from nas.problems.image_classification import ImageClassification, ImageClassificationConfig


class OneDataset:
    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def load(self, reference: str) -> Dataset:
        if reference != "mine":
            raise UnknownName(f"there is no data set {reference!r}")
        return self.dataset


def digits(**config: Any) -> ImageClassification:
    return ImageClassification(ImageClassificationConfig.parse(config), BundledLibrary())


def numbered(counts: tuple[int, int, int], *, num_classes: int = 4) -> Dataset:
    """Images that carry their own number as their value; parts of these sizes (train, validation, test)."""
    parts = []
    start = 0
    for split, count in enumerate(counts):
        if count:
            values = np.arange(start, start + count, dtype=np.float32)
            images = np.broadcast_to(values[:, None, None], (count, 4, 4))
            parts.append(RawPart(images, np.arange(start, start + count) % num_classes, "", "", split))
            start += count
    return assemble("numbered", parts, Limits())


def test_digits_are_split_60_20_20_and_stratified() -> None:
    problem = digits()
    assert problem.split_sizes() == (1078, 359, 360)
    splits = problem.splits()
    assert [len(part.targets) for part in (splits.train, splits.validation, splits.test)] == [1078, 359, 360]
    whole = np.bincount(problem.dataset.labels)
    for part, share in ((splits.train, 0.6), (splits.validation, 0.2), (splits.test, 0.2)):
        assert np.abs(np.bincount(part.targets) - share * whole).max() < 2
        assert part.inputs.shape == (len(part.targets), 1, 8, 8)
        assert part.inputs.dtype == np.float32


def test_parts_do_not_overlap_and_lose_nothing() -> None:
    """Each of the 1,797 digit images stands in exactly one part: together they are the whole set again."""
    problem = digits()
    splits = problem.splits()
    joined = np.concatenate([part.inputs.reshape(-1, 64) for part in (splits.train, splits.validation, splits.test)])
    raw = problem.dataset.images.reshape(-1, 64).astype(np.float64)
    # Undo the normalisation by the known extremes 0 and 16, then compare as multisets of whole images.
    low, high = joined.min(), joined.max()
    restored = np.rint((joined - low) * (16 / float(high - low)))
    assert np.array_equal(restored[np.lexsort(restored.T)], raw[np.lexsort(raw.T)])


def test_training_part_is_centred_and_scaled() -> None:
    train = digits().splits().train.inputs
    assert abs(float(train.mean(dtype=np.float64))) < 1e-6
    assert abs(float(train.std(dtype=np.float64)) - 1) < 1e-6


def test_channels_are_normalised_one_by_one_and_a_constant_one_survives() -> None:
    rng = np.random.default_rng(0)
    images = np.stack(
        [rng.normal(5, 2, (60, 4, 4)), rng.normal(-900, 30, (60, 4, 4)), np.full((60, 4, 4), 7.5)], axis=3
    )
    dataset = assemble("a", [RawPart(images, np.arange(60) % 2, "", "")], Limits())
    inputs = ImageClassification(ImageClassificationConfig(dataset="mine"), OneDataset(dataset)).splits().train.inputs
    assert np.allclose(inputs.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(inputs.std(axis=(0, 2, 3)), [1, 1, 0], atol=1e-5)


def test_the_seed_fixes_the_split_in_every_process() -> None:
    script = (
        "from nas.problems.image_classification import *\n"
        "from nas.problems.datasets.libraries import BundledLibrary\n"
        "print(ImageClassification(ImageClassificationConfig(split_seed=3), BundledLibrary()).fingerprint())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digits(split_seed=3).fingerprint()
    assert digits(split_seed=4).fingerprint() != digits(split_seed=3).fingerprint()


def test_fingerprint_names_data_and_split_but_not_what_changes_neither() -> None:
    base = digits()
    assert digits().fingerprint() == base.fingerprint()
    assert digits(max_examples=100_000).fingerprint() == base.fingerprint()
    others = [digits(validation_share=0.1), digits(test_share=0.3), digits(max_examples=500), digits(split_seed=1)]
    assert len({base.fingerprint(), *(other.fingerprint() for other in others)}) == 5
    assert base.splits().fingerprint != others[0].splits().fingerprint
    same = ImageClassification(ImageClassificationConfig(dataset="mine"), OneDataset(BundledLibrary().load("digits")))
    assert same.fingerprint() == base.fingerprint()


def order_in(part: Split) -> list[float]:
    return part.inputs[:, 0, 0, 0].tolist()


def test_publishers_test_part_stays_and_the_end_of_training_validates() -> None:
    problem = ImageClassification(
        ImageClassificationConfig(dataset="mine", validation_share=0.25), OneDataset(numbered((80, 0, 20)))
    )
    splits = problem.splits()
    assert problem.split_sizes() == (60, 20, 20)
    # Values grow with the number of the image, so the order of all parts is the order of the file.
    everything = order_in(splits.train) + order_in(splits.validation) + order_in(splits.test)
    assert everything == sorted(everything)
    assert splits.test.targets.tolist() == [number % 4 for number in range(80, 100)]


def test_sorted_training_data_still_validate_on_every_class() -> None:
    """The end of a sorted file holds one class only: it would be missing in training, and all others in validation."""
    shuffled = numbered((80, 0, 20))
    order = np.concatenate([np.argsort(shuffled.labels[:80], kind="stable"), np.arange(80, 100)])
    arranged = replace(shuffled, images=shuffled.images[order], labels=shuffled.labels[order])
    config = ImageClassificationConfig(dataset="mine", validation_share=0.25)
    splits = ImageClassification(config, OneDataset(arranged)).splits()
    assert np.bincount(splits.train.targets).tolist() == [15] * 4
    assert np.bincount(splits.validation.targets).tolist() == [5] * 4
    assert not set(order_in(splits.train)) & set(order_in(splits.validation))
    again = ImageClassification(config, OneDataset(arranged)).splits()
    assert order_in(again.validation) == order_in(splits.validation)


def test_publishers_validation_part_is_kept_too() -> None:
    problem = ImageClassification(ImageClassificationConfig(dataset="mine"), OneDataset(numbered((40, 12, 20))))
    assert problem.split_sizes() == (40, 12, 20)


def test_max_examples_keeps_the_shares_of_parts_and_classes() -> None:
    problem = digits(max_examples=300)
    assert sum(problem.split_sizes()) in range(298, 303)
    assert problem.split_sizes()[0] in range(179, 182)
    counts = np.bincount(problem.splits().train.targets)
    assert counts.min() >= 16
    assert counts.max() <= 20


@pytest.mark.parametrize(
    ("config", "field", "said"),
    [
        ({"dataset": "nothing"}, "dataset", "there is no data set 'nothing'; there are digits"),
        ({"dataset": "x" * 300}, "dataset", "at most 200 characters"),
        ({"validation_share": 0}, "validation_share", "must be more than 0"),
        ({"validation_share": 0.5, "test_share": 0.5}, "", "must leave at least a tenth for training, got 0.5 + 0.5"),
        ({"max_examples": 9}, "max_examples", "must be at least 10"),
        ({"max_examples": 10}, "dataset", "no training example is left of the class"),
        ({"sharing": 1}, "sharing", "there is no such setting"),
    ],
)
def test_bad_settings_are_told_at_their_field(config: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        digits(**config)
    (error,) = caught.value.errors
    assert error.field == field
    assert said in error.message


def test_too_few_examples_to_split() -> None:
    with pytest.raises(InvalidConfig, match="the validation part would hold 1 of 8 examples"):
        ImageClassification(
            ImageClassificationConfig(dataset="mine", validation_share=0.15),
            OneDataset(numbered((8, 0, 0), num_classes=2)),
        )


def test_no_torch_is_needed() -> None:
    script = (
        "import sys\nfrom nas.registry import problems, estimators\nfrom nas.problems.datasets.libraries import *\n"
        "p = problems.get('image_classification')\np(p.Config(), BundledLibrary()).splits()\n"
        "[estimators.get(n).Config for n in estimators]\n"
        "print(sorted({'torch', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
