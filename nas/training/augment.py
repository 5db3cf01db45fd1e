"""Random changes of training images, a whole batch at once.

All draws come from one CPU generator, so that every device sees the same changes. Padding and blanks are 0, which is the
mean of the normalised training pixels.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Generator, Tensor
from torch.nn import functional


class Augmentation(Protocol):
    """What is read of a recipe."""

    @property
    def crop_padding(self) -> int: ...

    @property
    def horizontal_flip(self) -> bool: ...

    @property
    def cutout(self) -> int: ...


def augment(images: Tensor, recipe: Augmentation, generator: Generator) -> Tensor:
    """(N, C, H, W) → the same shape, changed as the recipe says; `images` itself stays as it is."""
    if recipe.crop_padding:
        images = pad_and_crop(images, recipe.crop_padding, generator)
    if recipe.horizontal_flip:
        images = flip(images, generator)
    if recipe.cutout:
        images = cut_out(images, recipe.cutout, generator)
    return images


def pad_and_crop(images: Tensor, padding: int, generator: Generator) -> Tensor:
    """Each image shifted by up to `padding` pixels in both directions."""
    num, channels, height, width = images.shape
    device = images.device
    shifts = torch.randint(2 * padding + 1, (2, num), generator=generator).to(device)
    rows = shifts[0, :, None] + torch.arange(height, device=device)  # (N, H)
    columns = shifts[1, :, None] + torch.arange(width, device=device)  # (N, W)
    padded = functional.pad(images, (padding,) * 4)
    which = torch.arange(num, device=device)[:, None, None, None]
    channel = torch.arange(channels, device=device)[None, :, None, None]
    return padded[which, channel, rows[:, None, :, None], columns[:, None, None, :]]


def flip(images: Tensor, generator: Generator) -> Tensor:
    """Each image mirrored with probability one half."""
    mirrored = torch.randint(2, (len(images), 1, 1, 1), generator=generator).to(images.device, torch.bool)
    return torch.where(mirrored, images.flip(3), images)


def cut_out(images: Tensor, side: int, generator: Generator) -> Tensor:
    """A square blanked in each image, its centre anywhere in the image (DeVries and Taylor 2017, arXiv 1708.04552)."""
    num, _, height, width = images.shape
    device = images.device
    # One draw of (N, 2) numbers, scaled, keeps the number of draws independent of the image's shape.
    centres = torch.rand(num, 2, generator=generator) * torch.tensor([height, width])
    first = (centres.floor().long() - side // 2).to(device)
    rows = torch.arange(height, device=device)
    columns = torch.arange(width, device=device)
    in_rows = (rows >= first[:, :1]) & (rows < first[:, :1] + side)  # (N, H)
    in_columns = (columns >= first[:, 1:]) & (columns < first[:, 1:] + side)  # (N, W)
    return images.masked_fill((in_rows[:, :, None] & in_columns[:, None, :])[:, None], 0.0)
