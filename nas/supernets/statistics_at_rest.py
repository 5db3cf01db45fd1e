"""Steps that must not touch the running statistics of batch norm: those that decide on architectures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


@contextmanager
def statistics_at_rest(network: nn.Module) -> Iterator[None]:
    """Inside, batch norms in training mode normalise by their batch, as always, and remember nothing of it."""
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    for norm in norms:
        norm.track_running_stats = False
    try:
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True
