"""The name of a data set's content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import numpy.typing as npt


def dataset_fingerprint(
    images: npt.NDArray[Any], labels: npt.NDArray[np.int64], split: npt.NDArray[np.uint8] | None
) -> str:
    """sha256 (hex) of shape, dtype, images, labels, split; independent of class names and of the file it came from."""
    head = {"shape": list(images.shape), "dtype": images.dtype.str, "split": split is not None}
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    for start in range(0, len(images), 4096):  # a memory-mapped array is read in pieces
        digest.update(np.ascontiguousarray(images[start : start + 4096]).data)
    digest.update(np.ascontiguousarray(labels, dtype="<i8").data)
    if split is not None:
        digest.update(np.ascontiguousarray(split).data)
    return digest.hexdigest()
