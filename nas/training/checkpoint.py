"""The state of a training as bytes: safetensors with a JSON head. Nothing is pickled, nothing in it can run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from nas.core.errors import StateMismatch

_VERSION = 1
_HEAD = "nas"


def pack(tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> bytes:
    """Tensors (from any device) and JSON values in one piece of bytes."""
    # Clones: safetensors refuses tensors that share memory, as tied weights do.
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    return save(plain, metadata={_HEAD: json.dumps({"version": _VERSION, **meta}, sort_keys=True)})


def unpack(checkpoint: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `pack` was given; tensors on the CPU. Raises StateMismatch when damaged or of another version."""
    try:
        tensors = load(checkpoint)
        head = json.loads(checkpoint[8 : 8 + int.from_bytes(checkpoint[:8], "little")])
        meta: dict[str, Any] = json.loads(head["__metadata__"][_HEAD])
    except (SafetensorError, KeyError, ValueError) as error:
        raise StateMismatch(f"the checkpoint cannot be read: {error!s:.200}") from None
    if meta.pop("version") != _VERSION:
        raise StateMismatch(f"the checkpoint was written by another version of the program (this one reads {_VERSION})")
    return tensors, meta


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those that `prefixed` named, under their own names again."""
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def load_network(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put stored weights into `network`. Raises StateMismatch when it is another network."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise StateMismatch(f"the checkpoint belongs to another network: {error!s:.300}") from None
