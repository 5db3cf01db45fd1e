"""What becomes of an upload: ready with its facts, or refused with the reason and the way out."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
import zlib
from typing import Any

import numpy as np
import pytest

from apps.accounts.models import Team, User
from apps.artifacts.models import Artifact
from apps.datasets.errors import StillInUse, UploadRefused
from apps.datasets.library import PlatformDataLibrary
from apps.datasets.models import DataSet, UploadState
from apps.datasets.selectors.waiting import uploads_waiting
from apps.datasets.services import dataset_check, dataset_create, dataset_delete, uploads_recheck
from apps.runs.states import RunState
from nas.core.errors import UnknownName
from tests.apps.builders import make_run
from tests.apps.datasets.conftest import Upload, good_npz, idx, npz, pictures, uploaded
from tests.nas.problems.cifar_files import batch, python2_pickle, tar


def test_an_npz_becomes_a_data_set_with_its_facts(upload: Upload) -> None:
    dataset = upload()
    assert (dataset.state, dataset.error, dataset.format) == (UploadState.READY, "", "npz")
    assert (dataset.num_examples, dataset.height, dataset.width, dataset.channels) == (40, 6, 6, 1)
    assert (dataset.num_classes, dataset.class_counts, dataset.has_fixed_split) == (2, [20, 20], False)
    assert len(dataset.preview["samples"]) == 24
    assert base64.b64decode(dataset.preview["samples"][0]["png"]).startswith(b"\x89PNG")


@pytest.mark.any_database
def test_gzipped_idx_files_with_a_test_pair_keep_the_publishers_split(upload: Upload) -> None:
    images, labels = pictures()
    dataset = upload(
        **{
            "train-images.gz": gzip.compress(idx(images[:30, :, :, 0])),
            "train-labels.gz": gzip.compress(idx(labels[:30])),
            "t10k-images": idx(images[30:, :, :, 0]),
            "t10k-labels": idx(labels[30:]),
        }
    )
    assert (dataset.state, dataset.format, dataset.has_fixed_split) == (UploadState.READY, "idx", True)
    assert dataset.num_examples == 40


def test_the_library_gives_what_was_uploaded(upload: Upload) -> None:
    dataset = upload()
    images, labels = pictures()
    read = PlatformDataLibrary().load(str(dataset.pk))
    assert np.array_equal(read.images, images)
    assert np.array_equal(read.labels, labels)
    assert read.fingerprint == dataset.fingerprint
    assert PlatformDataLibrary().load(str(dataset.pk)) is read  # kept warm


@pytest.mark.parametrize("reference", ["999", "-1", "", "x", "1e3", "٣", "9" * 30, "../digits"])
def test_the_library_knows_nothing_else(db: None, reference: str) -> None:
    with pytest.raises(UnknownName):
        PlatformDataLibrary().load(reference)


def _bomb() -> bytes:
    """A small archive whose array declares three billion bytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (3_000_000, 32, 32)})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(header.getvalue())
            for _ in range(300):
                member.write(bytes(4_000_000))
        archive.writestr("y.npy", header.getvalue())
    return buffer.getvalue()


def _with_nan() -> bytes:
    images, labels = pictures()
    broken = images.astype(np.float32)
    broken[3, 2, 2, 0] = np.nan
    return npz(x=broken, y=labels)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"", "is empty"),
        (lambda: b"hello", "neither an .npz archive nor an IDX file nor"),
        (lambda: npz(x=np.zeros((10, 2, 2, 1), np.uint8), y=np.arange(10) % 2), "must be 4 to"),
        (lambda: npz(x=np.zeros((10, 64), np.uint8), y=np.arange(10) % 2), "has the shape 10 × 64"),
        (lambda: npz(x=pictures()[0], y=pictures()[1][:-1]), "39 labels"),
        (lambda: npz(x=pictures()[0], y=pictures()[1] - 1), "labels count from 0"),
        (
            lambda: npz(x_train=pictures()[0], y_train=pictures()[1], x_test=pictures()[0], y_test=pictures()[1] + 5),
            "outside the classes",
        ),
        (_with_nan, "1 NaN pixel values"),
        (lambda: npz(x=np.array([{"a": 1}], dtype=object), y=np.zeros(1)), "Python objects"),
        (_bomb, "unpacks to"),
        (lambda: good_npz()[:200], "not a readable .npz"),
    ],
    ids=["empty", "text", "small", "flat", "unequal", "negative", "outside", "nan", "pickle", "bomb", "cut"],
)
def test_bad_files_are_refused_with_the_reason(upload: Upload, make: Any, reason: str) -> None:
    dataset = upload(**{"data.npz": make()})
    assert dataset.state == UploadState.REFUSED
    assert reason in dataset.error
    assert "Traceback" not in dataset.error
    assert dataset.artifact is None
    with pytest.raises(UnknownName):
        PlatformDataLibrary().load(str(dataset.pk))


def test_the_uploaded_bytes_are_let_go_after_the_check(team: Team, member: User) -> None:
    dataset = dataset_create(team=team, by=member, name="n", files={"d.npz": uploaded(good_npz())})
    assert dataset.raw_files.count() == 1
    dataset_check(dataset_id=dataset.pk)
    assert dataset.raw_files.count() == 0


def test_checking_twice_changes_nothing(upload: Upload) -> None:
    dataset = upload()
    DataSet.objects.filter(pk=dataset.pk).update(description="touched")
    dataset_check(dataset_id=dataset.pk)
    again = DataSet.objects.get()
    assert (again.state, again.artifact_id, again.description) == (UploadState.READY, dataset.artifact_id, "touched")


def test_the_same_data_is_stored_once(upload: Upload) -> None:
    assert upload("One").artifact == upload("Two").artifact
    assert Artifact.objects.filter(kind="dataset").count() == 1


@pytest.mark.parametrize("name", ["한국어 데이터 🌍", "x" * 300, " padded "])
def test_unusual_names_are_kept(upload: Upload, name: str) -> None:
    assert upload(name).name == name.strip()


@pytest.mark.parametrize(("name", "field"), [("", "name"), ("x" * 301, "name"), ("a\x00b", "name")])
def test_impossible_names_are_refused_at_the_field(team: Team, member: User, name: str, field: str) -> None:
    with pytest.raises(UploadRefused) as caught:
        dataset_create(team=team, by=member, name=name, files={"d.npz": uploaded(good_npz())})
    assert caught.value.field == field
    assert not DataSet.objects.exists()


def test_more_bytes_than_allowed_are_refused_before_anything_is_stored(team: Team, member: User, settings: Any) -> None:
    settings.NASWEB_UPLOAD_LIMIT_BYTES = 100
    with pytest.raises(UploadRefused, match="at most 100"):
        dataset_create(team=team, by=member, name="n", files={"d.npz": uploaded(good_npz())})
    assert not DataSet.objects.exists()
    assert not Artifact.objects.exists()


def test_a_data_set_that_a_run_still_uses_cannot_be_deleted(upload: Upload, team: Team, member: User) -> None:
    dataset = upload()
    run = make_run(team, member, dataset=dataset)
    with pytest.raises(StillInUse):
        dataset_delete(dataset=dataset, by=member)
    type(run).objects.update(state=RunState.COMPLETED)
    dataset_delete(dataset=dataset, by=member)
    run.refresh_from_db()
    assert run.dataset is None


def test_a_check_that_got_lost_is_sent_again(team: Team, member: User) -> None:
    from django.utils import timezone

    from apps.datasets.services.recheck import PATIENCE

    dataset_create(team=team, by=member, name="n", files={"d.npz": uploaded(good_npz())})
    now = timezone.now()
    assert uploads_recheck(now=now) == 0
    assert uploads_recheck(now=now + PATIENCE * 2) == 1


def test_somebody_waits_only_until_the_check_has_answered(team: Team, member: User) -> None:
    assert not uploads_waiting()
    dataset = dataset_create(team=team, by=member, name="n", files={"d.npz": uploaded(b"")})
    assert uploads_waiting()
    dataset_check(dataset_id=dataset.pk)
    assert not uploads_waiting()


@pytest.mark.any_database
def test_the_archive_of_cifar_becomes_a_data_set_whose_samples_have_their_colours(upload: Upload) -> None:
    """Each class of one colour: the planes are red, green and blue, in this order."""
    plane = np.arange(3072) // 1024
    rows = np.array([np.where(plane == n % 3, 255, 0) for n in range(12)], np.uint8)
    files = {"batches.meta": {"label_names": ["red", "green", "blue"]}, "data_batch_1": batch(data=rows)}
    archive = tar({name: python2_pickle(value) for name, value in files.items()})
    dataset = upload(**{"cifar-10-python.tar.gz": archive})
    assert (dataset.state, dataset.error, dataset.format) == (UploadState.READY, "", "cifar")
    assert (dataset.class_names, dataset.channels) == (["red", "green", "blue"], 3)
    for sample in dataset.preview["samples"]:
        picture = base64.b64decode(sample["png"])
        body = zlib.decompress(picture[picture.index(b"IDAT") + 4 : picture.index(b"IEND") - 8])
        assert set(body[1:97:3]) == {255 if sample["label"] == "red" else 0}  # of the first row, after its filter byte
        assert set(body[2:97:3]) == {255 if sample["label"] == "green" else 0}
        assert set(body[3:97:3]) == {255 if sample["label"] == "blue" else 0}


@pytest.mark.any_database
def test_a_hostile_pickle_is_refused_with_the_reason(upload: Upload) -> None:
    dataset = upload(data_batch_1=b"\x80\x02cos\nsystem\nU\x04true\x85R.")
    assert dataset.state == UploadState.REFUSED
    assert "a pickle that uses os.system, which is not read because it could run code" in dataset.error
