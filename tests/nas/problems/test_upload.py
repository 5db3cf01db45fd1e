"""What people upload: the formats are recognised by content, and each fault gets its own sentence."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidData
from nas.core.problem import Dataset
from nas.problems.datasets.limits import Limits
from nas.problems.datasets.upload import parse_upload
from tests.nas.problems.files import examples, idx_bytes, write_idx

IMAGES, LABELS = examples()


def npz(path: Path, **arrays: Any) -> dict[str, Path]:
    np.savez(path, **arrays)
    return {path.name: path}


def idx_pair(folder: Path, images: Any = IMAGES, labels: Any = LABELS) -> dict[str, Path]:
    return {"images": write_idx(folder / "images", images), "labels": write_idx(folder / "labels", labels)}


def parsed(paths: Mapping[str, Path], name: str = "upload") -> Dataset:
    return parse_upload(paths, name=name).dataset


def refusal(paths: Mapping[str, Path], limits: Limits | None = None) -> str:
    with pytest.raises(InvalidData) as caught:
        parse_upload(paths, limits)
    return str(caught.value)


# What is accepted


def test_idx_pair_becomes_a_dataset_without_a_split(tmp_path: Path) -> None:
    dataset = parsed(idx_pair(tmp_path), name="Three shapes – 세 가지")
    assert np.array_equal(dataset.images[..., 0], IMAGES)
    assert dataset.images.dtype == np.uint8
    assert np.array_equal(dataset.labels, LABELS)
    assert (dataset.name, dataset.class_names, dataset.split) == ("Three shapes – 세 가지", ("0", "1", "2"), None)
    assert dataset.input_shape == (1, 6, 6)


def test_file_names_do_not_decide_the_format(tmp_path: Path) -> None:
    """A gzipped IDX called .png and labels called .npz are read; which is which is seen in the number of axes."""
    (tmp_path / "a.npz").write_bytes(idx_bytes(LABELS))
    (tmp_path / "b.png").write_bytes(gzip.compress(idx_bytes(IMAGES)))
    dataset = parsed({"a.npz": tmp_path / "a.npz", "b.png": tmp_path / "b.png"})
    assert np.array_equal(dataset.images[..., 0], IMAGES)


@pytest.mark.parametrize("swapped", [False, True])
def test_four_idx_files_keep_the_publishers_test_part(tmp_path: Path, swapped: bool) -> None:
    few, few_labels = IMAGES[:9], LABELS[:9]
    paths = {
        "x": write_idx(tmp_path / "x.gz", few),
        "y": write_idx(tmp_path / "y.gz", few_labels),
        "z": write_idx(tmp_path / "z.gz", IMAGES),
        "w": write_idx(tmp_path / "w.gz", LABELS),
    }
    if swapped:
        paths = dict(reversed(paths.items()))
    dataset = parsed(paths)
    assert dataset.split is not None
    assert dataset.split.tolist() == [0] * 30 + [2] * 9
    assert np.array_equal(dataset.images[30:, ..., 0], few)


def test_the_name_says_which_of_two_equal_parts_is_the_test_part(tmp_path: Path) -> None:
    other = 255 - IMAGES
    paths = {
        "t10k-images": write_idx(tmp_path / "a", other),
        "t10k-labels": write_idx(tmp_path / "b", LABELS),
        "train-images": write_idx(tmp_path / "c", IMAGES),
        "train-labels": write_idx(tmp_path / "d", LABELS),
    }
    dataset = parsed(paths)
    assert np.array_equal(dataset.images[30:, ..., 0], other)
    unnamed = {str(number): path for number, path in enumerate(paths.values())}
    assert "which one is the test part" in refusal(unnamed)


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_every_idx_type_is_read(tmp_path: Path, dtype: str) -> None:
    values = (IMAGES // 2).astype(dtype)
    dataset = parsed(idx_pair(tmp_path, images=values))
    assert np.array_equal(dataset.images[..., 0], values)
    assert dataset.images.dtype == (np.float32 if dtype[0] == "f" else np.uint8)


def test_whole_numbers_beyond_a_byte_stay_exact(tmp_path: Path) -> None:
    values = IMAGES.astype(np.int32) * 100 - 7
    assert np.array_equal(parsed(idx_pair(tmp_path, images=values)).images[..., 0], values)


def test_npz_layouts(tmp_path: Path) -> None:
    plain = parsed(npz(tmp_path / "a.npz", x=IMAGES, y=LABELS))
    assert plain.split is None
    halves = parsed(npz(tmp_path / "b.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:6], y_test=LABELS[:6]))
    assert halves.split is not None
    assert np.bincount(halves.split).tolist() == [30, 0, 6]
    column = LABELS[:, None]  # MedMNIST stores labels as a column
    medical = parsed(
        npz(
            tmp_path / "c.npz",
            train_images=IMAGES, train_labels=column,
            val_images=IMAGES[:3], val_labels=column[:3],
            test_images=IMAGES[:6], test_labels=column[:6],
        )
    )  # fmt: skip
    assert medical.split is not None
    assert np.bincount(medical.split).tolist() == [30, 3, 6]
    assert np.array_equal(medical.labels[:30], LABELS)


def test_npz_reads_channels_first_last_and_column_order(tmp_path: Path) -> None:
    colour = np.random.default_rng(1).random((30, 6, 8, 3)).astype(np.float32)
    last = parsed(npz(tmp_path / "a.npz", x=colour, y=LABELS))
    first = parsed(npz(tmp_path / "b.npz", x=np.asfortranarray(colour.transpose(0, 3, 1, 2)), y=LABELS))
    assert last.input_shape == first.input_shape == (3, 6, 8)
    assert np.array_equal(last.images, colour)
    assert last.fingerprint == first.fingerprint


def test_npz_may_name_its_classes(tmp_path: Path) -> None:
    names = np.array(["bar", "원", "ring"])
    assert parsed(npz(tmp_path / "a.npz", x=IMAGES, y=LABELS, class_names=names)).class_names == tuple(names)
    for wrong in (np.array(["a", "a", "b"]), np.array(["a", "", "b"]), np.array([1, 2, 3])):
        assert "different, non-empty texts" in refusal(npz(tmp_path / "b.npz", x=IMAGES, y=LABELS, class_names=wrong))
    long = np.array(["a", "b", "c" * 201])
    assert "up to 200 characters each" in refusal(npz(tmp_path / "c.npz", x=IMAGES, y=LABELS, class_names=long))


# What is refused: one fault each


def test_no_file_and_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.idx").touch()
    assert refusal({}).startswith("There is no file.")
    assert refusal({"empty.idx": tmp_path / "empty.idx"}).startswith("empty.idx is empty.")


def test_unknown_content(tmp_path: Path) -> None:
    (tmp_path / "photo.npz").write_bytes(b"\x89PNG....")
    text = refusal({"photo.npz": tmp_path / "photo.npz"})
    assert "photo.npz is neither an .npz archive nor an IDX file" in text
    assert "Accepted are" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[:-1], "holds only 1,079"),
        (lambda data: data + b"\0", "holds more"),
        (lambda data: data[:9], "ends inside its header"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_idx_of_the_wrong_length(tmp_path: Path, change: Any, said: str, packed: bool) -> None:
    paths = idx_pair(tmp_path)
    data = change(idx_bytes(IMAGES))
    paths["images"].write_bytes(gzip.compress(data) if packed else data)
    assert said in refusal(paths)


def test_cut_off_gzip(tmp_path: Path) -> None:
    paths = idx_pair(tmp_path)
    noise = np.random.default_rng(2).integers(0, 256, IMAGES.shape, dtype=np.uint8)
    paths["images"].write_bytes(gzip.compress(idx_bytes(noise))[:-100])
    assert "damaged or cut-off gzip" in refusal(paths)


def test_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """The header promises 30 small images; a hundred megabytes of zeros follow. Reading stops one byte too far."""
    paths = idx_pair(tmp_path)
    with gzip.open(paths["images"], "wb", compresslevel=1) as file:
        file.write(idx_bytes(IMAGES))
        for _ in range(100):
            file.write(bytes(1_000_000))
    assert "holds more" in refusal(paths)


def test_idx_that_promises_too_much_takes_no_memory(tmp_path: Path) -> None:
    paths = idx_pair(tmp_path)
    paths["images"].write_bytes(idx_bytes(IMAGES, shape=(2**31, 2**31, 2**31)))
    text = refusal(paths)
    assert "declares 2147483648 × 2147483648 × 2147483648 values" in text
    assert "at most 1 GB are accepted" in text


def test_two_images_files_without_labels(tmp_path: Path) -> None:
    text = refusal({"a": write_idx(tmp_path / "a", IMAGES), "b": write_idx(tmp_path / "b", IMAGES)})
    assert "2 file(s) with images and 0 with labels" in text


def test_number_of_labels(tmp_path: Path) -> None:
    assert "images holds 30 images but labels holds 29 labels" in refusal(idx_pair(tmp_path, labels=LABELS[:-1]))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((30, 36), "has the shape 30 × 36. Expected images × height × width"),
        ((30, 5, 5, 5), "has the shape 30 × 5 × 5 × 5"),
        ((30, 3, 6), "are 3 × 6 pixels; height and width must be 4 to 4,096"),
        ((30, 4, 4097), "are 4 × 4097 pixels"),
        ((0, 6, 6), "holds no images"),
        ((30, 1, 1, 1, 6), "has the shape 30 × 1 × 1 × 1 × 6"),
    ],
)
def test_image_shapes(tmp_path: Path, shape: tuple[int, ...], said: str) -> None:
    labels = LABELS[: shape[0]]
    assert said in refusal(npz(tmp_path / "a.npz", x=np.zeros(shape, np.uint8), y=labels))


@pytest.mark.parametrize("sides", [(4, 4), (4, 4096)])
def test_sides_at_the_limits_are_accepted(tmp_path: Path, sides: tuple[int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 9, (6, *sides), dtype=np.uint8)
    assert parsed(npz(tmp_path / "a.npz", x=images, y=LABELS[:6])).images.shape == (6, *sides, 1)


def test_parts_of_different_shape(tmp_path: Path) -> None:
    text = refusal(npz(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:, :5], y_test=LABELS))
    assert "x_train in a.npz: 6 × 6 × 1; x_test in a.npz: 5 × 6 × 1" in text


def with_label(value: float, dtype: str = "int64") -> Any:
    labels = LABELS.astype(dtype)
    labels[7] = value
    return labels


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (with_label(-1), "holds the label -1 (the first negative one stands at position 7)"),
        (with_label(2, "float64"), "labels must be whole numbers"),
        (with_label(5), "no training example has the label 3, 4"),
        (with_label(5000), "makes 5,001 classes; at most 1,000"),
        (with_label(2**63, "uint64"), "holds the label 9223372036854775808"),
        (np.zeros(30, int), "only one class"),
        (np.eye(3)[LABELS], "labels.argmax(axis=1)"),
    ],
)
def test_labels(tmp_path: Path, labels: Any, said: str) -> None:
    assert said in refusal(npz(tmp_path / "a.npz", x=IMAGES, y=labels))


def test_label_outside_the_classes(tmp_path: Path) -> None:
    test_labels = np.array([0, 1, 2, 3])
    text = refusal(npz(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:4], y_test=test_labels))
    assert "y_test in a.npz holds the label 3 (at position 3), outside the classes 0…2" in text
    named = npz(tmp_path / "b.npz", x=IMAGES, y=LABELS, class_names=np.array(["a", "b"]))
    assert "holds the label 2 (at position 2), outside the classes 0…1" in refusal(named)


def test_nan_and_infinite_pixels_are_counted(tmp_path: Path) -> None:
    images = IMAGES.astype(np.float64)
    images[4, 0, :3] = np.nan
    images[9, 1, 1] = -np.inf
    images[9, 1, 2] = 1e300  # beyond float32
    text = refusal(npz(tmp_path / "a.npz", x=images, y=LABELS))
    assert "x in a.npz holds 3 NaN and 2 infinite pixel values (the first in image 4)" in text


def test_complex_pixels_and_text_pixels(tmp_path: Path) -> None:
    assert "values of type complex128" in refusal(npz(tmp_path / "a.npz", x=IMAGES.astype(complex), y=LABELS))
    assert "pixels must be numbers" in refusal(npz(tmp_path / "b.npz", x=IMAGES.astype("U3"), y=LABELS))


class Evil:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("a pickle was loaded",))


def test_pickled_objects_are_refused_and_not_loaded(tmp_path: Path) -> None:
    paths = npz(tmp_path / "a.npz", x=IMAGES, y=np.array([Evil()] * 30, dtype=object))
    assert "holds Python objects, which are not read" in refusal(paths)


def test_npz_keys(tmp_path: Path) -> None:
    assert "a.npz holds data, target. Expected arrays named x and y" in refusal(
        npz(tmp_path / "a.npz", data=IMAGES, target=LABELS)
    )
    assert "b.npz lacks y_test." in refusal(npz(tmp_path / "b.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES))


def test_npz_that_is_broken(tmp_path: Path) -> None:
    paths = npz(tmp_path / "a.npz", x=IMAGES, y=LABELS)
    paths["a.npz"].write_bytes(paths["a.npz"].read_bytes()[:-60])
    assert "a.npz is not a readable .npz archive" in refusal(paths)
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("x.npy", "hello")
        archive.writestr("y.npy", "hello")
    assert "x in b.npz is not a NumPy array" in refusal({"b.npz": tmp_path / "b.npz"})


def test_npz_header_that_promises_more_than_its_member(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", buffer.getvalue())
        archive.writestr("y.npy", buffer.getvalue())
    assert "declares 1,000,000,000,000 bytes" in refusal({"a.npz": tmp_path / "a.npz"})


def test_npz_bomb_is_refused_by_its_unpacked_size(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((1000, 50, 50), np.uint8), y=np.arange(1000) % 3)
    small = replace(Limits(), unpacked_bytes=1_000_000)
    assert "unpacks to 2.51 MB; at most 1 MB" in refusal({"a.npz": tmp_path / "a.npz"}, small)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"file_bytes": 1000}, "images has 1.1 kB; at most 1 kB"),
        ({"unpacked_bytes": 1000}, "at most 1 kB are accepted"),
        ({"examples": 29}, "There are 30 images; at most 29"),
        ({"elements": 1079}, "hold 1,080 values; at most 1,079"),
        ({"classes": 2}, "makes 3 classes; at most 2"),
        ({"max_side": 5}, "must be 4 to 5"),
    ],
)
def test_limits(tmp_path: Path, limit: dict[str, int], said: str) -> None:
    assert said in refusal(idx_pair(tmp_path), replace(Limits(), **limit))


def test_real_mnist(real_data: Path) -> None:
    """Against the checksum of the official files (uncompressed bytes, without their headers)."""
    import hashlib

    dataset = parsed({path.name: path for path in (real_data / "mnist").glob("*.gz")})
    assert dataset.images.shape == (70_000, 28, 28, 1)
    assert dataset.split is not None
    assert np.bincount(dataset.split).tolist() == [60_000, 0, 10_000]
    test_file = idx_bytes(dataset.images[60_000:, ..., 0])
    assert hashlib.sha256(test_file).hexdigest() == "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
