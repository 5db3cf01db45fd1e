"""Samples as PNG files, without a picture library."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt
import pytest

from apps.datasets.png import png
from apps.datasets.samples import LONGEST_SIDE, samples_of
from apps.datasets.selectors.bundled import bundled_dataset
from nas.core.problem import Dataset


def decoded(data: bytes) -> npt.NDArray[np.uint8]:
    """An unfiltered, non-interlaced 8-bit PNG, its checksums verified: (H, W, C)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, chunks = 8, {}
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length : place + 12 + length])[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        place += 12 + length
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, rest) == (8, [0, 0, 0])
    channels = {0: 1, 4: 2, 2: 3, 6: 4}[colour]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + width * channels)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, channels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_holds_exactly_its_pixels(channels: int) -> None:
    pixels = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (5, 7, channels), np.uint8)
    assert np.array_equal(decoded(png(pixels)), pixels)


def _dataset(images: npt.NDArray[np.generic], labels: list[int], names: tuple[str, ...]) -> Dataset:
    return Dataset("d", images, np.array(labels), names, "f")


def test_samples_come_from_all_classes_in_turn_and_stop_when_there_are_no_more() -> None:
    images = np.zeros((5, 4, 4, 1), np.uint8)
    found = samples_of(_dataset(images, [0, 0, 0, 1, 2], ("a", "b", "c")))
    assert [sample["label"] for sample in found] == ["a", "b", "c", "a", "a"]


def test_dark_data_is_stretched_so_that_it_can_be_seen() -> None:
    images = np.zeros((2, 4, 4, 1), np.float32)
    images[1] = 0.5
    shown = [decoded(base64.b64decode(s["png"])).max() for s in samples_of(_dataset(images, [0, 1], ("a", "b")))]
    assert shown == [0, 255]


def test_bright_bytes_are_shown_as_they_are() -> None:
    images = np.full((2, 4, 4, 3), 200, np.uint8)
    assert decoded(base64.b64decode(samples_of(_dataset(images, [0, 1], ("a", "b")))[0]["png"])).max() == 200


def test_large_images_are_thinned() -> None:
    images = np.zeros((2, 500, 300, 3), np.uint8)
    sample = decoded(base64.b64decode(samples_of(_dataset(images, [0, 1], ("a", "b")))[0]["png"]))
    assert max(sample.shape) <= LONGEST_SIDE


def test_the_bundled_digits_have_a_preview_of_every_class() -> None:
    digits = bundled_dataset("digits")
    assert (digits.num_examples, sum(digits.class_counts), digits.num_classes) == (1797, 1797, 10)
    assert {sample["label"] for sample in digits.samples} == set(digits.class_names)
    assert len(digits.samples) == 24
