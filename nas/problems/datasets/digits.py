"""The bundled data set: handwritten digits, 1,797 grey images of 8 × 8 pixels with values 0…16, ten classes.

Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI (CC BY 4.0), test part, in the copy that every
scikit-learn installation carries.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nas.core.errors import InvalidData
from nas.core.problem import Dataset
from nas.problems.datasets.assemble import RawPart, assemble
from nas.problems.datasets.limits import Limits

NAME = "digits"


@cache
def load_digits() -> Dataset:
    """Read once per process (about 20 ms). Only the file is read: importing scikit-learn itself would take a second."""
    package = find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise InvalidData("The digits data set comes with scikit-learn, which is not installed.")
    path = Path(package.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = np.array([line.split(",") for line in file], dtype=np.float64).astype(
            np.uint8
        )  # 64 pixels, then the label
    part = RawPart(rows[:, :-1].reshape(-1, 8, 8), rows[:, -1], "the digits' images", "the digits' labels")
    return assemble(NAME, [part], Limits())
