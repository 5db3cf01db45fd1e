"""Files that may be gzipped."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nas.core.errors import InvalidData

_MAGIC = b"\x1f\x8b"


@contextmanager
def unpacked(path: Path, shown_name: str) -> Iterator[io.BufferedIOBase]:
    """The content of a file, unpacked as it is read when it is gzipped.

    Raises InvalidData for a damaged gzip file, wherever inside the block that shows. How much is read, and so how much
    a decompression bomb unpacks to, is up to the reader.
    """
    with path.open("rb") as raw:
        is_packed = raw.read(2) == _MAGIC
        raw.seek(0)
        try:
            if is_packed:
                with gzip.GzipFile(fileobj=raw) as file:
                    yield file
            else:
                yield raw
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise InvalidData(
                f"{shown_name} is a damaged or cut-off gzip file. Compress and upload it again."
            ) from None
