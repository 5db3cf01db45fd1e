"""The state of a training as bytes: safetensors with a JSON head. Nothing is pickled, nothing in it can run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import torch
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


def network_tensors(network: nn.Module) -> dict[str, Tensor]:
    return {f"network.{name}": tensor for name, tensor in network.state_dict().items()}


def load_network(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put stored weights into `network`. Raises StateMismatch when it is another network."""
    weights = {name.removeprefix("network."): t for name, t in tensors.items() if name.startswith("network.")}
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise StateMismatch(f"the checkpoint belongs to another network: {error!s:.300}") from None


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Momentum and moments, "optimizer.<number of the parameter>.<name>"; learning rates belong to the schedule."""
    return {
        f"optimizer.{number}.{name}": value
        for number, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
        if isinstance(value, Tensor)
    }


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        if key.startswith("optimizer."):
            _, number, name = key.split(".", 2)
            state.setdefault(int(number), {})[name] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
