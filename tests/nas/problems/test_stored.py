"""The stored form: what comes back is what went in, mapped from disk, and damage is noticed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from nas.core.errors import InvalidData, UnknownName
from nas.core.problem import Dataset
from nas.problems.datasets.assemble import RawPart, assemble
from nas.problems.datasets.libraries import BundledLibrary, FolderLibrary
from nas.problems.datasets.limits import Limits
from nas.problems.datasets.stored import read_dataset, write_dataset
from tests.nas.problems.files import examples


def make(*, with_split: bool = True, dtype: str = "uint8") -> Dataset:
    images, labels = examples()
    parts = [
        RawPart(images.astype(dtype), labels, "a", "b", 0),
        RawPart(images[:6].astype(dtype), labels[:6], "c", "d", 2),
    ]
    return assemble("길이 300" + "x" * 294, parts[: 1 + with_split], Limits())


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("with_split", [True, False])
def test_round_trip(tmp_path: Path, with_split: bool, dtype: str) -> None:
    dataset = make(with_split=with_split, dtype=dtype)
    write_dataset(dataset, tmp_path / "deep" / "a.npz")
    found = read_dataset(tmp_path / "deep" / "a.npz", verify=True)
    assert isinstance(found.images, np.memmap)
    assert found.images.dtype == dataset.images.dtype
    assert np.array_equal(found.images, dataset.images)
    assert np.array_equal(found.labels, dataset.labels)
    assert (found.split is None) is not with_split
    if with_split:
        assert np.array_equal(found.split, dataset.split)  # type: ignore[arg-type]
    assert (found.name, found.class_names, found.fingerprint) == (
        dataset.name,
        dataset.class_names,
        dataset.fingerprint,
    )


def test_same_data_same_bytes_and_nothing_else_left(tmp_path: Path) -> None:
    write_dataset(make(), tmp_path / "a.npz")
    write_dataset(make(), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_fingerprint_sees_pixels_labels_split_and_shape() -> None:
    images, labels = examples()
    base = assemble("a", [RawPart(images, labels, "", "")], Limits()).fingerprint
    assert assemble("other name", [RawPart(images, labels, "", "")], Limits()).fingerprint == base
    changed = images.copy()
    changed[3, 2, 1] ^= 1
    others = [
        assemble("a", [RawPart(changed, labels, "", "")], Limits()),
        assemble("a", [RawPart(images, np.roll(labels, 1), "", "")], Limits()),
        assemble("a", [RawPart(images.reshape(30, 4, 9), labels, "", "")], Limits()),
        assemble(
            "a", [RawPart(images[:20], labels[:20], "", "", 0), RawPart(images[20:], labels[20:], "", "", 2)], Limits()
        ),
        assemble("a", [RawPart(images.astype(np.float32), labels, "", "")], Limits()),
    ]
    assert len({base, *(other.fingerprint for other in others)}) == 6


def test_damage_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_dataset(make(), path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF  # inside the pixels
    path.write_bytes(flipped)
    with pytest.raises(InvalidData, match="does not match its fingerprint"):
        read_dataset(path, verify=True)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidData, match="cannot be read"):
        read_dataset(path)


def test_a_compressed_or_foreign_archive_is_refused(tmp_path: Path) -> None:
    write_dataset(make(), tmp_path / "a.npz")
    with (
        zipfile.ZipFile(tmp_path / "a.npz") as source,
        zipfile.ZipFile(tmp_path / "b.npz", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in source.namelist():
            packed.writestr(name, source.read(name))
    with pytest.raises(InvalidData, match="is compressed"):
        read_dataset(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", images=np.zeros(3))
    with pytest.raises(InvalidData, match="cannot be read"):
        read_dataset(tmp_path / "c.npz")


def test_libraries_find_by_id_never_by_path(tmp_path: Path) -> None:
    write_dataset(make(), tmp_path / "inside" / "mine.npz")
    write_dataset(make(), tmp_path / "outside.npz")
    library = FolderLibrary(tmp_path / "inside")
    assert library.names() == ("digits", "mine")
    assert library.load("mine").images.shape == (36, 6, 6, 1)
    assert library.load("digits") is BundledLibrary().load("digits")
    for wrong in ("../outside", str(tmp_path / "outside"), "", ".", "yours", "m" * 300):
        with pytest.raises(UnknownName, match="there are digits, mine"):
            library.load(wrong)
    with pytest.raises(UnknownName, match="there are digits"):
        BundledLibrary().load("mine")
