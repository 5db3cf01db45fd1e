"""The text of an uploaded CSV file, plain or gzipped."""

from __future__ import annotations

import gzip
import zlib
from typing import BinaryIO

from nas.core.errors import InvalidData

_GZIP_MAGIC = b"\x1f\x8b"


def csv_text(raw: BinaryIO, *, most_bytes: int) -> str:
    """All of `raw`, which can seek. Raises InvalidData for more than `most_bytes` unpacked, damaged gzip, other text than UTF-8."""
    packed = raw.read(2) == _GZIP_MAGIC
    raw.seek(0)
    try:
        data = gzip.GzipFile(fileobj=raw).read(most_bytes + 1) if packed else raw.read(most_bytes + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise InvalidData("The file is a damaged or cut-off gzip file. Compress and upload it again.") from None
    if len(data) > most_bytes:
        raise InvalidData(f"The table unpacks to more than {most_bytes // 1_000_000} MB. Leave out columns not needed.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidData(f"The file is not UTF-8 text (byte {error.start}). Save it as CSV in UTF-8.") from None
