"""A supernet's checkpoint as a file: what it says of itself, read without torch and without its weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from nas.core.errors import InvalidData, UnknownName
from nas.core.supernet import StoredSupernet

_LONGEST_HEAD = 64 * 2**20  # of safetensors: names and places of tensors


def stored_supernet(path: Path, *, name: str = "", fingerprint: str = "") -> StoredSupernet:
    """The supernet in a checkpoint file. Raises InvalidData for anything else.

    Args:
      name: for people; "" means the file's own.
      fingerprint: of the content where it is known already; "" reads the whole file for it.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= _LONGEST_HEAD:
                raise ValueError("no head of tensors")
            head = json.loads(json.loads(file.read(length))["__metadata__"]["nas"])
        made_for = head["made_for"]
        return StoredSupernet(
            name=name or path.name,
            training=str(head["supernet"]),
            settings=dict(made_for["settings"]),
            epochs=int(head["position"]["epoch"]),
            space=str(made_for["space"]),
            problem=str(made_for["problem"]),
            fingerprint=fingerprint or hashlib.sha256(path.read_bytes()).hexdigest(),
            checkpoint=lambda: _content(path),
        )
    except (OSError, KeyError, TypeError, ValueError, RecursionError):
        raise InvalidData(
            f"{name or path.name} is not the checkpoint of a supernet, or was written by an earlier version of the program"
        ) from None


def supernet_from_file(reference: str) -> StoredSupernet:
    """By the path of a file. Raises UnknownName when there is none, InvalidData when it holds no supernet."""
    path = Path(reference)
    if not path.is_file():
        raise UnknownName(f"there is no file {reference!r:.200}; a search with --keep-supernet FILE leaves one")
    return stored_supernet(path)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise InvalidData(f"the weights of the supernet {path.name} are stored no more") from None
