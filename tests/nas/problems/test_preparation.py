"""Smaller images and upright characters, against torch and against one pixel at a time."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.image_classification import ImageClassification, ImageClassificationConfig
from nas.problems.novelty_detection import NoveltyDetection, NoveltyDetectionConfig
from nas.problems.preparation import Preparation, deskewed, resized


def rng_of(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def digits(**config: Any) -> ImageClassification:
    return ImageClassification(ImageClassificationConfig.parse(config), BundledLibrary())


@pytest.mark.parametrize(("height", "width", "side"), [(28, 28, 16), (8, 8, 16), (9, 5, 4), (3, 7, 3), (2, 2, 2)])
def test_resizing_is_that_of_torch(height: int, width: int, side: int) -> None:
    images = rng_of(0).random((5, height, width, 3)).astype(np.float32)
    expected = functional.interpolate(
        torch.from_numpy(images).permute(0, 3, 1, 2),
        size=(side, side),
        mode="bilinear",
        align_corners=False,
        antialias=False,
    )
    assert resized(images, side) == pytest.approx(expected.permute(0, 2, 3, 1).numpy(), abs=1e-6)


def upright_by_pixels(image: np.ndarray) -> np.ndarray:
    """One grey image, sums and samples written out."""
    height, width = image.shape
    total = image.sum()
    mean_x = sum(x * image[y, x] for y in range(height) for x in range(width)) / total
    mean_y = sum(y * image[y, x] for y in range(height) for x in range(width)) / total
    mixed = sum((x - mean_x) * (y - mean_y) * image[y, x] for y in range(height) for x in range(width))
    upright = sum((y - mean_y) ** 2 * image[y, x] for y in range(height) for x in range(width))
    if abs(upright) < 0.01:
        return image
    new = np.zeros_like(image)
    for y in range(height):
        for x in range(width):
            place = x + mixed / upright * y - height / 2 * mixed / upright
            low = math.floor(place)
            for column, share in ((low, 1 - (place - low)), (low + 1, place - low)):
                if 0 <= column < width:
                    new[y, x] += share * image[y, column]
    return new


def test_upright_images_are_those_of_a_loop_over_pixels() -> None:
    rng = rng_of(1)
    images = rng.random((6, 16, 16, 1)).astype(np.float32) ** 4
    images[0] *= np.tri(16)[:, :, None]  # slanted as far as it goes
    images[1] = 0
    images[2, 5, 3:9] = 1e-4  # too faint for a direction
    found = deskewed(images)
    for image, new in zip(images[..., 0], found[..., 0], strict=True):
        expected = upright_by_pixels(image.astype(np.float64)) if image.any() else image
        assert new == pytest.approx(expected, abs=1e-5)
    assert not np.allclose(found[0], images[0], atol=0.1)


def test_a_slanted_bar_stands_upright() -> None:
    image = np.zeros((1, 16, 16, 1), dtype=np.float32)
    for y in range(2, 14):
        image[0, y, y] = 1
    columns = deskewed(image)[0, :, :, 0].sum(axis=0)
    assert columns.max() == pytest.approx(12)
    assert np.count_nonzero(columns > 0.01) == 1


def test_channels_are_moved_together() -> None:
    image = np.zeros((1, 8, 8, 2), dtype=np.float32)
    image[0, :, :, 0] = np.eye(8)
    image[0, 3, 3, 1] = 2.0
    moved = deskewed(image)[0]
    assert np.argmax(moved[3, :, 0]) == np.argmax(moved[3, :, 1])


def test_bytes_are_brought_to_one_before_their_direction_is_looked_at() -> None:
    image = np.zeros((1, 8, 8, 1), dtype=np.uint8)
    image[0, 2, 4], image[0, 3, 5] = 1, 1  # faint: second moment 0.002 of full brightness
    assert Preparation(deskew=True).apply(image) == pytest.approx(image / 255)


def test_a_problem_with_prepared_images_is_another_one() -> None:
    plain, small, upright = digits(), digits(side=5), digits(deskew=True)
    assert len({one.fingerprint() for one in (plain, small, upright, digits(side=5, deskew=True))}) == 4
    assert plain.input_shape == upright.input_shape == (1, 8, 8)
    assert small.input_shape == (1, 5, 5)
    for problem in (small, upright):
        train = problem.splits().train.inputs
        assert train.shape == (1078, *problem.input_shape)
        assert train.mean() == pytest.approx(0, abs=1e-3)
        assert train.std() == pytest.approx(1, abs=1e-3)
        assert problem.splits().fingerprint == plain.splits().fingerprint


def test_novelty_detection_prepares_its_images_too() -> None:
    plain, small = (NoveltyDetection(NoveltyDetectionConfig(side=side), BundledLibrary()) for side in (None, 5))
    assert plain.fingerprint() != small.fingerprint()
    assert small.splits().train.inputs.shape[1:] == small.input_shape == (1, 5, 5)


def test_without_preparation_the_fingerprint_is_what_it_was() -> None:
    """Stored results are compared by it: it may never change."""
    expected = "abf17b74f8b9b4f99dbbabcd6ce43938b3e83b0c780ce17ada41f0e684bc8235"
    assert digits().fingerprint() == expected
