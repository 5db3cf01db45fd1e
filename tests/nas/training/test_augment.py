"""Augmentation: every result is one of the images it may become, the draws vary, the input stays."""

from __future__ import annotations

import pytest
import torch

from nas.training.augment import augment, cut_out, flip, pad_and_crop
from nas.training.recipe import Recipe


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(num: int = 400) -> torch.Tensor:
    return torch.rand(num, 2, 6, 7, generator=generator(9)) + 1  # never 0, so that blanks can be told


def test_each_crop_is_a_shift_and_all_shifts_occur() -> None:
    batch = images()
    cropped = pad_and_crop(batch, 2, generator())
    padded = torch.nn.functional.pad(batch, (2, 2, 2, 2))
    seen = set()
    for before, after in zip(padded, cropped, strict=True):
        fitting = [
            (row, column)
            for row in range(5)
            for column in range(5)
            if torch.equal(before[:, row : row + 6, column : column + 7], after)
        ]
        assert len(fitting) == 1
        seen.add(fitting[0])
    assert len(seen) == 25


def test_about_half_of_the_images_are_mirrored() -> None:
    batch = images()
    flipped = flip(batch, generator())
    mirrored = [torch.equal(after, before.flip(2)) for before, after in zip(batch, flipped, strict=True)]
    kept = [torch.equal(after, before) for before, after in zip(batch, flipped, strict=True)]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert 150 < sum(mirrored) < 250


@pytest.mark.parametrize("side", [1, 2, 3])
def test_cut_out_blanks_one_square_in_all_channels(side: int) -> None:
    batch = images()
    cut = cut_out(batch, side, generator())
    blank = cut == 0
    assert torch.equal(blank[:, 0], blank[:, 1])
    assert torch.equal(torch.where(blank, batch, cut), batch)
    rows, columns = blank[:, 0].any(2).sum(1), blank[:, 0].any(1).sum(1)
    assert torch.equal(blank[:, 0].sum((1, 2)), rows * columns)
    assert int(rows.max()) == int(columns.max()) == side
    assert int(rows.min()) >= 1  # its centre lies in the image, its edge may not
    assert len({tuple(row) for row in blank[:, 0].flatten(1).tolist()}) > 20


def test_the_generator_decides_and_the_input_is_not_changed() -> None:
    batch = images()
    before = batch.clone()
    recipe = Recipe(crop_padding=2, horizontal_flip=True, cutout=2)
    first = augment(batch, recipe, generator(1))
    assert torch.equal(first, augment(batch, recipe, generator(1)))
    assert not torch.equal(first, augment(batch, recipe, generator(2)))
    assert torch.equal(batch, before)
    assert augment(batch, Recipe(), generator(1)) is batch
