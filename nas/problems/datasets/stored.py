"""The stored form of a data set: one file, memory-mapped when it is read.

An uncompressed .npz archive of images.npy, labels.npy, split.npy (if there is one) and meta.json. The same data set
always gives the same bytes, so that a store which names files by content keeps it once.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from nas.core.errors import InvalidData
from nas.core.problem import Dataset
from nas.problems.datasets.fingerprint import dataset_fingerprint

_VERSION = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold; a real one would change the bytes


def write_dataset(dataset: Dataset, path: Path) -> None:
    """Store `dataset` at `path`: complete or, after a crash, not at all."""
    meta = {
        "version": _VERSION,
        "name": dataset.name,
        "class_names": list(dataset.class_names),
        "fingerprint": dataset.fingerprint,
    }
    arrays: dict[str, npt.NDArray[Any]] = {"images": dataset.images, "labels": dataset.labels}
    if dataset.split is not None:
        arrays["split"] = dataset.split
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(zipfile.ZipInfo("meta.json", _EPOCH), json.dumps(meta, sort_keys=True))
                for name, array in arrays.items():
                    with archive.open(zipfile.ZipInfo(f"{name}.npy", _EPOCH), "w", force_zip64=True) as member:
                        npy.write_array(member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def read_dataset(path: Path, *, verify: bool = False) -> Dataset:
    """A stored data set; images stay on disk until they are used.

    Args:
      verify: also compare the content with the stored fingerprint (reads everything).

    Raises InvalidData when the file is damaged or was not written by `write_dataset`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read("meta.json"))
            if meta["version"] != _VERSION:
                raise InvalidData(f"The stored data set has version {meta['version']}; this program reads {_VERSION}.")
            images = _mapped(path, archive.getinfo("images.npy"))
            labels = np.array(_mapped(path, archive.getinfo("labels.npy")), dtype=np.int64)
            has_split = "split.npy" in archive.namelist()
            split = np.array(_mapped(path, archive.getinfo("split.npy")), dtype=np.uint8) if has_split else None
        dataset = Dataset(meta["name"], images, labels, tuple(meta["class_names"]), meta["fingerprint"], split)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError) as error:
        raise InvalidData(f"The stored data set cannot be read ({error!s:.120}). Upload the data again.") from None
    if verify and dataset_fingerprint(images, labels, split) != dataset.fingerprint:
        raise InvalidData("The stored data set does not match its fingerprint: the file is damaged. Upload it again.")
    return dataset


def _mapped(path: Path, info: zipfile.ZipInfo) -> npt.NDArray[Any]:
    """The array of an uncompressed member, mapped from where its values lie in the archive.

    A local file header has 30 bytes, two of which tell the lengths of the name and of the extra field that follow.
    """
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{info.filename} is compressed")
    with path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(30)
        start = (
            info.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:], "little")
        )
        file.seek(start)
        npy.read_magic(file)
        shape, is_fortran, dtype = npy.read_array_header_1_0(file)
        offset = file.tell()
    if dtype.hasobject or is_fortran or offset - start + int(np.prod(shape)) * dtype.itemsize != info.file_size:
        raise ValueError(f"{info.filename} has an unexpected layout")
    return np.memmap(path, dtype, "r", offset, shape)
