"""How much a forward pass keeps for its backward pass."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def saved_bytes(network: nn.Module, run: Callable[[], Tensor]) -> int:
    """Bytes that autograd keeps when `run` computes something with `network`, each storage counted once.

    Weights and buffers are there anyway and do not count.
    """
    there = {value.untyped_storage().data_ptr() for value in (*network.parameters(), *network.buffers())}
    kept: dict[int, int] = {}

    def note(saved: Tensor) -> Tensor:
        storage = saved.untyped_storage()
        if storage.data_ptr() not in there:
            kept[storage.data_ptr()] = storage.nbytes()
        return saved

    with torch.autograd.graph.saved_tensors_hooks(note, lambda saved: saved):
        result = run()  # its graph keeps what was counted, so no address comes twice
    total = sum(kept.values())
    del result
    return total
