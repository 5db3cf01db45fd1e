"""Reading weights with torch alone. The function is copied into every exported file."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file: a length, a JSON table of contents, then the numbers themselves."""
    content = Path(path).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    table = json.loads(content[8:start])
    table.pop("__metadata__", None)
    kinds = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "I64": torch.int64}
    tensors = {}
    for name, entry in table.items():
        first, last = entry["data_offsets"]
        numbers = bytearray(content[start + first : start + last])
        kind = kinds[entry["dtype"]]
        flat = torch.frombuffer(numbers, dtype=kind) if numbers else torch.empty(0, dtype=kind)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors
