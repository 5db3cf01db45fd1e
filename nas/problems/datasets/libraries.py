"""Where problems find data sets by reference: those that come with the program, and folders of stored ones."""

from __future__ import annotations

import re
from pathlib import Path

from nas.core.errors import UnknownName
from nas.core.problem import Dataset
from nas.problems.datasets import digits
from nas.problems.datasets.stored import read_dataset

_SUFFIX = ".npz"


class BundledLibrary:
    """The data sets every installation has: "digits"."""

    def names(self) -> tuple[str, ...]:
        return (digits.NAME,)

    def load(self, reference: str) -> Dataset:
        if reference != digits.NAME:
            raise UnknownName(f"there is no data set {reference!r:.60}; there are {', '.join(self.names())}")
        return digits.load_digits()


class FolderLibrary:
    """The bundled data sets, and every `<reference>.npz` that `write_dataset` left in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._bundled = BundledLibrary()

    def names(self) -> tuple[str, ...]:
        stored = sorted(path.name.removesuffix(_SUFFIX) for path in self._root.glob(f"*{_SUFFIX}"))
        return (*self._bundled.names(), *(name for name in stored if name not in self._bundled.names()))

    def load(self, reference: str) -> Dataset:
        if reference in self._bundled.names():
            return self._bundled.load(reference)
        # A reference is an id, never a path: nothing that could lead out of the folder is looked up.
        path = self._root / f"{reference}{_SUFFIX}"
        if not re.fullmatch(r"[\w-][\w.-]{0,199}", reference) or not path.is_file():
            raise UnknownName(f"there is no data set {reference!r:.60}; there are {', '.join(self.names()):.400}")
        return read_dataset(path)
