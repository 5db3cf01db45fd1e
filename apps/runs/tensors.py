"""Named arrays as safetensors bytes: nothing that is read can run code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
from safetensors.numpy import load, save


def tensors_to_bytes(tensors: Mapping[str, npt.NDArray[Any]]) -> bytes:
    return save(dict(tensors))


def tensors_from_bytes(content: bytes) -> dict[str, npt.NDArray[Any]]:
    return load(content)
