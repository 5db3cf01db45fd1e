"""CIFAR-10 and CIFAR-100: the official archives and single batches, and what is wrong with others."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.core.errors import InvalidData
from nas.problems.datasets.isolated import parse_isolated
from nas.problems.datasets.limits import Limits
from nas.problems.datasets.upload import Upload, parse_upload
from tests.nas.problems.cifar_files import (
    CLASS_NAMES,
    batch,
    batches_meta,
    cifar10,
    cifar100,
    pixels,
    python2_pickle,
    python3_pickle,
    tar,
    written,
)
from tests.nas.problems.files import idx_bytes


def upload(folder: Path, files: dict[str, bytes], limits: Limits | None = None) -> Upload:
    return parse_upload(written(folder, files), limits)


def refusal(folder: Path, files: dict[str, bytes], limits: Limits | None = None) -> str:
    with pytest.raises(InvalidData) as caught:
        upload(folder, files, limits)
    return str(caught.value)


def as_images(rows: Any) -> Any:
    """CIFAR's rows one value at a time, as its page describes them: 1024 red, 1024 green, 1024 blue values."""
    images = np.zeros((len(rows), 32, 32, 3), np.uint8)
    for colour in range(3):
        for line in range(32):
            start = colour * 1024 + line * 32
            images[:, line, :, colour] = rows[:, start : start + 32]
    return images


# What is accepted


@pytest.mark.parametrize("mode", ["w:gz", "w"])
@pytest.mark.parametrize("layout", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_the_archive_of_cifar_10(tmp_path: Path, mode: str, layout: int) -> None:
    files = tar(cifar10(), mode=mode, format=layout, pax_headers={"comment": "packed again"} if layout == 2 else None)
    found = upload(tmp_path, {"cifar-10-python.tar.gz": files})
    dataset = found.dataset
    assert found.format == "cifar"
    assert dataset.class_names == tuple(CLASS_NAMES)
    assert dataset.input_shape == (3, 32, 32)
    assert dataset.images.dtype == np.uint8
    rows = [*(pixels(12, seed) for seed in range(1, 6)), pixels(6, 9)]
    assert np.array_equal(dataset.images, as_images(np.concatenate(rows)))
    assert dataset.labels.tolist() == [0, 1, 2] * 22
    assert dataset.split is not None
    assert dataset.split.tolist() == [0] * 60 + [2] * 6


def test_the_archive_of_cifar_100_has_fine_labels(tmp_path: Path) -> None:
    dataset = upload(tmp_path, {"c.tgz": tar(cifar100(), folder="cifar-100-python")}).dataset
    assert dataset.class_names == ("apple", "bear", "cup")
    assert dataset.labels.tolist() == [0, 1, 2] * 6
    assert dataset.split is not None
    assert dataset.split.tolist() == [0] * 12 + [2] * 6
    assert np.array_equal(dataset.images, as_images(np.concatenate([pixels(12, 1), pixels(6, 2)])))


def test_single_batches_give_the_same_data_set_in_any_order(tmp_path: Path) -> None:
    archive = upload(tmp_path, {"a.tar.gz": tar(cifar10())}).dataset
    files = cifar10()
    for order in (sorted(files), sorted(files, reverse=True)):
        assert upload(tmp_path, {name: files[name] for name in order}).dataset.fingerprint == archive.fingerprint
    packed = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    assert upload(tmp_path, packed).dataset.fingerprint == archive.fingerprint


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_batches_that_python_3_saved_give_the_same_data_set(tmp_path: Path, protocol: int) -> None:
    values = {"data_batch_1": batch(), "test_batch": batch(6, seed=9), "batches.meta": batches_meta()}
    first = upload(tmp_path, {name: python2_pickle(value) for name, value in values.items()}).dataset
    again = upload(tmp_path, {name: python3_pickle(value, protocol) for name, value in values.items()}).dataset
    assert (again.fingerprint, again.class_names) == (first.fingerprint, first.class_names)


def test_one_batch_alone_leaves_the_split_and_the_names_to_us(tmp_path: Path) -> None:
    dataset = upload(tmp_path, {"data_batch_1": python2_pickle(batch())}).dataset
    assert dataset.split is None
    assert dataset.class_names == ("0", "1", "2")


def test_labels_may_be_an_array_of_bytes(tmp_path: Path) -> None:
    value = batch(labels=(np.arange(12) % 3).astype(np.uint8))
    assert upload(tmp_path, {"train": python2_pickle(value)}).dataset.labels.tolist() == [0, 1, 2] * 4


def test_it_is_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    paths = written(tmp_path, {"cifar-10-python.tar.gz": tar(cifar10())})
    found = parse_isolated(paths, tmp_path / "stored.npz", name="CIFAR")
    assert (found.format, found.dataset.class_names) == ("cifar", tuple(CLASS_NAMES))
    paths = written(tmp_path, {"cifar-10-python.tar.gz": tar({"data_batch_1": b"\x80\x02cos\nsystem\n."})})
    with pytest.raises(InvalidData, match=r"data_batch_1 in cifar-10-python.tar.gz is a pickle that uses os\.system"):
        parse_isolated(paths, tmp_path / "stored.npz", name="CIFAR")


# What is wrong with a batch


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"labels": [0, 1, 2]}, "data in data_batch_1 holds 12 images but labels holds 3 labels"),
        ({"labels": [0] * 11 + [3]}, "holds the label 3 (at position 11), outside the classes 0…2"),
        ({"labels": [-1] * 12}, "holds the label -1 (at position 0), outside the classes 0…2"),
        ({"labels": ["cat"] * 12}, "must be a list of whole numbers"),
        ({"labels": [[0]] * 12}, "must be a list of whole numbers"),
        ({"labels": "0" * 12}, "must be a list of whole numbers"),
        ({"labels": [0] * 12}, "only one class"),
        ({"data": pixels(12)[:, :3071]}, "has the shape 12 × 3071; expected images × 3,072"),
        ({"data": pixels(12).ravel()}, "has the shape 36864"),
        ({"data": pixels(12).astype(np.float32)}, "an array of type f4; expected uint8"),
        ({"data": [0] * 12}, "has the type list; expected images × 3,072"),
        ({"data": pixels(0), "labels": []}, "holds no images"),
    ],
)
def test_batches_that_are_wrong(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    files = {"data_batch_1": python2_pickle(batch(**changes)), "batches.meta": python2_pickle(batches_meta())}
    assert told in refusal(tmp_path, files)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"test_batch": batch()}, "The files hold no training batch"),
        ({"batches.meta": batches_meta()}, "The files hold no training batch"),
        ({"a": {"x": 1, "y": 2}}, "a holds x, y. Expected data and labels"),
        ({"a": {}}, "a holds nothing. Expected data and labels"),
        ({"a": {"data": pixels(1)}}, "a holds data. Expected data and labels"),
        ({"a": batch(), "b": {"data": pixels(2), "fine_labels": [0, 1]}}, "batches of CIFAR-10 and of CIFAR-100"),
        ({"a": batch(), "m": {"label_names": ["x", "x", "y"]}}, "label_names in m must be a list of different"),
        ({"a": batch(), "m": {"label_names": 5}}, "label_names in m must be a list of different"),
        ({"a": batch(), "m": {"label_names": ["x", "y" * 201]}}, "up to 200 characters"),
        ({"a": batch(), "m": {"label_names": ["x", "y", "z", "w"]}}, "no training example has the label 3"),
    ],
)  # fmt: skip
def test_files_that_do_not_belong_together(tmp_path: Path, files: dict[str, Any], told: str) -> None:
    assert told in refusal(tmp_path, {name: python2_pickle(value) for name, value in files.items()})


def test_formats_are_not_mixed(tmp_path: Path) -> None:
    both = {"train": python2_pickle(batch()), "labels": idx_bytes(np.zeros(12, np.uint8))}
    assert "The files are of different formats: train, labels." in refusal(tmp_path, both)
    two = {"a.tar.gz": tar(cifar10()), "b.tar.gz": tar(cifar10())}
    assert "A .tar.gz archive comes alone; got 2 files" in refusal(tmp_path, two)


# What is wrong with an archive


def _member(name: str, content: bytes = b"", **attributes: Any) -> bytes:
    """An archive of one strange member; `size` may declare what is not there."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in attributes.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512) + bytes(1024)


def test_nothing_of_an_archive_is_written_or_followed(tmp_path: Path) -> None:
    """A path that leads out is just a name, a link to a batch is no batch, and an archive in the archive stays closed."""
    inside = {"../../data_batch_1": python2_pickle(batch()), "inner.tar.gz": tar(cifar10())}
    (tmp_path / "folder").mkdir()
    dataset = upload(tmp_path / "folder", {"a.tar": tar(inside, mode="w")}).dataset
    assert len(dataset.labels) == 12
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.tar", "folder"]


@pytest.mark.parametrize(
    ("archive", "told"),
    [
        (_member("x/data_batch_1", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "is not an ordinary file"),
        (_member("x/data_batch_1", type=tarfile.LNKTYPE, linkname="x"), "is not an ordinary file"),
        (_member("x/data_batch_1", type=tarfile.CHRTYPE), "is not an ordinary file"),
        (_member("x/data_batch_1", type=b"S"), "is not an ordinary file"),
        (_member("test/", type=tarfile.DIRTYPE), "is not an ordinary file"),
        (_member("x/readme.html", b"hello"), "a.tar holds no training batch"),
        (_member("data_batch_1", python2_pickle(batch()))[:1024] , "cut-off tar"),
        (_member("readme.html", b"a" * 5000)[:1500], "cut-off tar"),
        (_member("readme.html", b"a" * 512)[:1024], "cut-off tar"),
        (_member("readme.html").replace(b"readme.html", b"README.html"), "damaged tar"),
        (_member("readme.html", b"", size=2**40), "damaged tar"),
        (_member("readme.html", b"", size=2**32), "unpacks to more than 1 GB"),
    ],
)  # fmt: skip
def test_archives_that_are_wrong(tmp_path: Path, archive: bytes, told: str) -> None:
    assert told in refusal(tmp_path, {"a.tar": archive})


def test_a_member_that_comes_twice(tmp_path: Path) -> None:
    twice = tar({"a/train": python2_pickle(batch()), "b/train": python2_pickle(batch())})
    assert "holds train twice" in refusal(tmp_path, {"a.tar.gz": twice})


def test_an_archive_of_very_many_members(tmp_path: Path) -> None:
    many = tar({str(number): b"" for number in range(1001)})
    assert "holds more than 1,000 files" in refusal(tmp_path, {"a.tar.gz": many})


def test_a_bomb_ends_at_the_limit(tmp_path: Path) -> None:
    """Of a large member that is not asked for, and of a large batch."""
    small = replace(Limits(), unpacked_bytes=300_000)
    files = {"zeros.bin": bytes(1_000_000), **cifar10()}
    assert "unpacks to more than 300 kB" in refusal(tmp_path, {"a.tar.gz": tar(files)}, small)
    batches = {"data_batch_1": python2_pickle(batch(99))}
    assert "unpacks to too much: at most 300 kB" in refusal(tmp_path, batches, small)


def test_cut_off_gzip(tmp_path: Path) -> None:
    told = refusal(tmp_path, {"a.tar.gz": tar(cifar10())[:-5000]})
    assert "a.tar.gz is a damaged or cut-off gzip file" in told


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ({"elements": 3072 * 65}, "hold 202,752 values; at most 199,680"),
        ({"examples": 65}, "There are 66 images; at most 65"),
        ({"classes": 2}, "outside the classes 0…1|makes 3 classes"),
    ],
)
def test_limits(tmp_path: Path, limit: dict[str, int], told: str) -> None:
    said = refusal(tmp_path, {"a.tar.gz": tar(cifar10())}, replace(Limits(), **limit))
    assert any(part in said for part in told.split("|")), said


def test_the_whole_of_cifar_is_within_the_limits() -> None:
    limits = Limits()
    assert limits.elements >= 60_000 * 3072
    assert limits.unpacked_bytes >= 200_000_000
    assert limits.file_bytes >= 170_498_071


@settings(max_examples=100)
@given(changes=st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_archives_never_crash(tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]) -> None:
    data = bytearray(tar(cifar10(1), mode="w"))
    for place, byte in changes:
        data[place] = byte
    path = tmp_path_factory.mktemp("damaged") / "a.tar"
    path.write_bytes(data)
    try:
        parse_upload({"a.tar": path})
    except InvalidData as error:
        assert "a.tar" in str(error) or "The " in str(error)
