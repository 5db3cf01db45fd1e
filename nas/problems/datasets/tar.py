"""Tar archives (POSIX ustar), read as a stream: nothing is written to disk, and only the members asked for are kept.

A member counts by the last part of its name, so no path can lead anywhere. Extended headers (pax, GNU long names) are
passed over: the names asked for are short.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator

from nas.core.errors import InvalidData
from nas.problems.datasets.limits import Limits, size_text

_BLOCK = 512
_CHUNK = 1 << 20
_MOST_MEMBERS = 1000
_PLAIN = (b"0", b"\0")
_EXTENDED = (b"x", b"g", b"L", b"K")


def is_tar(head: bytes) -> bool:
    """Whether `head`, the first 512 (unpacked) bytes of a file, opens a tar archive."""
    return len(head) >= _BLOCK and head[257:262] == b"ustar"


def tar_members(
    file: io.BufferedIOBase, wanted: Collection[str], shown_name: str, limits: Limits
) -> Iterator[tuple[str, bytes]]:
    """(last part of its name, content) of each member that is `wanted`, in the order of the archive.

    Raises InvalidData. Sizes are checked before anything is read; in all at most `limits.unpacked_bytes` are unpacked.
    """
    left = limits.unpacked_bytes
    seen: set[str] = set()
    for _ in range(_MOST_MEMBERS):
        header = file.read(_BLOCK)
        if header == bytes(_BLOCK):
            return
        name, size, kind = _described(header, shown_name)
        left -= _BLOCK + size + -size % _BLOCK
        if left < 0:
            raise InvalidData(
                f"{shown_name} unpacks to more than {size_text(limits.unpacked_bytes)}, which is the most accepted. "
                "Upload a part of the data set."
            )
        if kind in _EXTENDED or name not in wanted:
            _pass_over(file, size, shown_name)
            continue
        if kind not in _PLAIN:
            raise InvalidData(f"{name} in {shown_name} is not an ordinary file. Pack the data set's own files.")
        if name in seen:
            raise InvalidData(f"{shown_name} holds {name} twice. Pack each file once.")
        seen.add(name)
        content = file.read(size)
        if len(content) != size:
            raise _cut_off(shown_name)
        _pass_over(file, -size % _BLOCK, shown_name, is_padded=True)
        yield name, content
    raise InvalidData(f"{shown_name} holds more than {_MOST_MEMBERS:,} files. Pack only those of the data set.")


def _described(header: bytes, shown_name: str) -> tuple[str, int, bytes]:
    """(last part of the name, size in bytes, type) of a member."""
    if len(header) != _BLOCK:
        raise _cut_off(shown_name)
    try:
        expected = int(header[148:156].rstrip(b" \0") or b"x", 8)
        size = int(header[124:136].rstrip(b" \0") or b"0", 8)
    except ValueError:  # also the binary form of sizes beyond 8 GB
        expected = size = -1
    if size < 0 or expected != sum(header) - sum(header[148:156]) + 8 * ord(" "):
        raise InvalidData(f"{shown_name} is a damaged tar archive. Pack and upload it again.")
    name = header[:100].split(b"\0", 1)[0].decode("utf-8", "replace")
    return name.rstrip("/").rsplit("/", 1)[-1], size, header[156:157]


def _pass_over(file: io.BufferedIOBase, size: int, shown_name: str, *, is_padded: bool = False) -> None:
    left = size if is_padded else size + -size % _BLOCK
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise _cut_off(shown_name)
        left -= len(chunk)


def _cut_off(shown_name: str) -> InvalidData:
    return InvalidData(f"{shown_name} is a cut-off tar archive. Upload the complete file.")
