"""CIFAR's files in small, written byte for byte as Python 2 wrote the published ones, or as Python 3 saves them again."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

CLASS_NAMES = ["airplane", "automobile", "bird"]


def python2_pickle(value: Any) -> bytes:
    """Protocol 2 as cPickle of Python 2 wrote it: texts are BINSTRINGs, everything that can be shared is put in the memo."""
    out = bytearray(b"\x80\x02")
    puts = 0

    def put() -> None:
        nonlocal puts
        puts += 1
        out.extend(b"q" + bytes([puts]) if puts < 256 else b"r" + struct.pack("<I", puts))

    def text(value: bytes) -> None:
        out.extend(b"U" + bytes([len(value)]) if len(value) < 256 else b"T" + struct.pack("<I", len(value)))
        out.extend(value)

    def write(value: Any) -> None:
        if isinstance(value, str):
            text(value.encode())
            put()
        elif isinstance(value, int):
            if 0 <= value < 256:
                out.extend(b"K" + bytes([value]))
            elif 0 <= value < 65536:
                out.extend(b"M" + struct.pack("<H", value))
            else:
                out.extend(b"J" + struct.pack("<i", value))
        elif isinstance(value, np.ndarray):
            array(value)
        elif isinstance(value, dict):
            out.extend(b"}")
            put()
            out.extend(b"(")
            for key, item in value.items():
                write(key)
                write(item)
            out.extend(b"u")
        else:
            out.extend(b"]")
            put()
            out.extend(b"(")
            for item in value:
                write(item)
            out.extend(b"e")

    def array(value: npt.NDArray[Any]) -> None:
        out.extend(b"cnumpy.core.multiarray\n_reconstruct\n")
        put()
        out.extend(b"cnumpy\nndarray\n")
        put()
        out.extend(b"K\x00\x85")
        put()
        out.extend(b"U\x01b\x87")
        put()
        out.extend(b"R")
        put()
        out.extend(b"(K\x01")
        for size in value.shape:
            write(size)
        out.extend({1: b"\x85", 2: b"\x86", 3: b"\x87"}[value.ndim])
        put()
        out.extend(b"cnumpy\ndtype\n")
        put()
        out.extend(b"U\x02" + value.dtype.str[1:].encode() + b"K\x00K\x01\x87")
        put()
        out.extend(b"R")
        put()
        out.extend(b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb")
        is_fortran = value.flags.f_contiguous and not value.flags.c_contiguous
        out.extend(b"\x88" if is_fortran else b"\x89")
        text(value.tobytes("A"))
        put()
        out.extend(b"tb")

    write(value)
    return bytes(out + b".")


def python3_pickle(value: Mapping[str, Any], protocol: int) -> bytes:
    """What somebody saves who loaded a batch with encoding="bytes": keys and texts are bytes."""
    return pickle.dumps({key.encode(): item for key, item in value.items()}, protocol)


def pixels(num: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (num, 3072), dtype=np.uint8)


def batch(num: int = 12, *, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """A batch of CIFAR-10 with three classes."""
    names = [f"picture_{number}.png" for number in range(num)]
    whole = {
        "batch_label": "training batch 1 of 5",
        "labels": [n % 3 for n in range(num)],
        "data": pixels(num, seed),
        "filenames": names,
    }
    return {**whole, **changes}


def batches_meta() -> dict[str, Any]:
    return {"num_cases_per_batch": 12, "label_names": CLASS_NAMES, "num_vis": 3072}


def cifar10(num_batches: int = 5) -> dict[str, bytes]:
    """File name → content."""
    train = {f"data_batch_{n}": python2_pickle(batch(seed=n)) for n in range(1, num_batches + 1)}
    return {
        "batches.meta": python2_pickle(batches_meta()),
        **train,
        "test_batch": python2_pickle(batch(6, seed=9, batch_label="testing batch 1 of 1")),
    }


def cifar100() -> dict[str, bytes]:
    def part(num: int, seed: int) -> dict[str, Any]:
        fine = [n % 3 for n in range(num)]
        coarse = [n % 2 for n in range(num)]
        names = [f"{n}.png" for n in range(num)]
        return {"filenames": names, "batch_label": "training batch 1 of 1", "fine_labels": fine,
                "coarse_labels": coarse, "data": pixels(num, seed)}  # fmt: skip

    meta = {"fine_label_names": ["apple", "bear", "cup"], "coarse_label_names": ["fruit", "animal"]}
    return {name: python2_pickle(v) for name, v in {"meta": meta, "test": part(6, 2), "train": part(12, 1)}.items()}


def tar(
    files: Mapping[str, bytes], *, folder: str = "cifar-10-batches-py", mode: str = "w:gz", **options: Any
) -> bytes:
    """The files in a folder of a tar archive, with the page that the official archive has beside them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, **options) as archive:
        top = tarfile.TarInfo(folder)
        top.type = tarfile.DIRTYPE
        archive.addfile(top)
        for name, content in {"readme.html": b"<html>", **files}.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def written(folder: Path, files: Mapping[str, bytes]) -> dict[str, Path]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in files}
