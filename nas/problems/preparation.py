"""What is done to images before they are normalised: a smaller size, and characters set upright."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from nas.core.problem import Dataset

Images = npt.NDArray[np.float32]

_ROUND = 0.01
"""Second moments below this belong to an image that has no direction; it stays as it is."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """`side`: of the new square images, None for the size they have; `deskew`: set characters upright, after that."""

    side: int | None = None
    deskew: bool = False

    @property
    def changes_nothing(self) -> bool:
        return self.side is None and not self.deskew

    def of(self, dataset: Dataset) -> Dataset:
        """The same data set with its images prepared whenever they are read: they may be mapped from disk.

        Its fingerprint is another one, except where nothing is changed.
        """
        if self.changes_nothing:
            return dataset
        named = json.dumps([dataset.fingerprint, self.side, self.deskew])
        return replace(
            dataset,
            images=cast("npt.NDArray[Any]", _PreparedImages(dataset.images, self)),
            fingerprint=hashlib.sha256(named.encode()).hexdigest(),
        )

    def apply(self, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(n, H, W, C) → (n, side, side, C); bytes become 0 … 1."""
        if self.changes_nothing:
            return images
        scale = 255 if images.dtype == np.uint8 else 1
        changed: Images = images.astype(np.float32) / np.float32(scale)
        if self.side is not None:
            changed = resized(changed, self.side)
        return deskewed(changed) if self.deskew else changed


class _PreparedImages:
    """Stands in for an array where examples are read by their numbers."""

    def __init__(self, images: npt.NDArray[Any], preparation: Preparation) -> None:
        number, height, width, channels = images.shape
        self._images = images
        self._preparation = preparation
        self.shape = (number, preparation.side or height, preparation.side or width, channels)

    def __getitem__(self, chosen: Any) -> npt.NDArray[Any]:
        return self._preparation.apply(self._images[chosen])


def resized(images: Images, side: int) -> Images:
    """(n, H, W, C) → (n, side, side, C), bilinear between the nearest pixels, without anti-aliasing: smaller images skip some."""
    _, height, width, _ = images.shape
    rows, columns = _between(height, side), _between(width, side)
    smaller: Images = np.einsum("sh,nhwc,tw->nstc", rows, images, columns, optimize=True).astype(np.float32)
    return smaller


def _between(size: int, side: int) -> npt.NDArray[np.float32]:
    """(side, size): the shares of old pixels in each new one, whose centres lie evenly over the same stretch."""
    place = np.clip((np.arange(side) + 0.5) * size / side - 0.5, 0, size - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, size - 1)
    shares = np.zeros((side, size), dtype=np.float32)
    np.add.at(shares, (np.arange(side), low), 1 - (place - low))
    np.add.at(shares, (np.arange(side), high), place - low)
    return shares


def deskewed(images: Images) -> Images:
    """Each image sheared along its rows until its main direction is upright; the row half-way down stays. Zeros come in.

    As the preparation of MNIST in the code published with Gaier and Ha 2019 (arXiv 1906.04358): the slant is the ratio of
    the central moments μ11 and μ02 of the brightness, summed over channels.
    """
    number, height, width, _ = images.shape
    grey = images.sum(axis=3, dtype=np.float64)
    x, y = np.arange(width), np.arange(height)
    total = grey.sum(axis=(1, 2))
    safe = np.where(total == 0, 1.0, total)
    away_x = x - (grey.sum(axis=1) @ x / safe)[:, None]
    away_y = y - (grey.sum(axis=2) @ y / safe)[:, None]
    mixed = np.einsum("nhw,nw,nh->n", grey, away_x, away_y)
    upright = np.einsum("nhw,nh->n", grey, away_y**2)
    slant = np.where(np.abs(upright) < _ROUND, 0.0, mixed / np.where(np.abs(upright) < _ROUND, 1.0, upright))
    source = x[None, None, :] + slant[:, None, None] * (y[None, :, None] - height / 2)  # (n, H, W)
    low = np.floor(source)
    share = (source - low).astype(np.float32)[..., None]
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (0, 0)))
    place = np.clip(low + 1, 0, width).astype(np.int64)
    is_left = np.logical_and(low >= -1, low <= width - 1)[..., None]
    which, row = np.arange(number)[:, None, None], y[None, :, None]
    left, right = padded[which, row, place], padded[which, row, place + 1]
    moved: Images = np.where(is_left, (1 - share) * left + share * right, np.float32(0))
    return moved
