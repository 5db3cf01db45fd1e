"""Peak activation memory of a network that really runs: its operators in the order they were called, then the same walk.

Eager torch frees and allocates in its own way (no buffer is taken over, for one), so its peak is not that of the
convention in `memory`. Here only the operators, their order, and who reads what come from the network.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from nas.hardware.memory import BYTES_PER_ELEMENT, Memory, Step, peak_activation

if TYPE_CHECKING:
    from torch import Tensor

_INPUT = "input"


class ActivationTrace:
    """Notes every operator of one forward pass.

    What does not depend on the input is a constant, as weights are, and takes no activation memory; adding one is left
    out. What no output depends on is left out as well.
    """

    def __init__(self, example: Tensor) -> None:
        self._names = {_storage(example): _INPUT}
        self._num_elements = example.numel()
        self._steps: list[Step] = []
        self._kept: list[Tensor] = [example]  # a storage that is freed would give its number to the next one

    def note(self, func: Any, arguments: Any, result: Any) -> None:
        """`arguments`: all of the call's, also those by name; `result`: what the operator returned."""
        given = list(_tensors(arguments))
        reads = tuple(dict.fromkeys(self._names[_storage(t)] for t in given if _storage(t) in self._names))
        for place, output in enumerate(_tensors(result)):
            storage = _storage(output)
            if not reads or "zeros_like" in str(func):
                self._names.pop(storage, None)
                self._kept.append(output)
                continue
            name = f"{func}.{len(self._steps)}.{place}"
            memory = self._memory(func, given, reads, output)
            self._steps.append(Step(name, reads, name, prod(output.shape), memory))
            self._names[storage] = name
            self._kept.append(output)

    def _memory(self, func: Any, given: list[Tensor], reads: tuple[str, ...], output: Tensor) -> Memory:
        is_view = any(_storage(output) == _storage(t) for t in given) and not func._schema.is_mutable
        summands = [t for t in given if t.shape == output.shape] if "aten.add" in str(func) else []
        adds_constant = len(summands) == 2 and len(reads) == 1 and any(_storage(t) not in self._names for t in summands)
        if is_view or adds_constant:
            return "alias"
        return "in_place" if _is_elementwise(func) else "fresh"

    def peak_bytes(self, output: Any) -> int | None:
        """None when no part of the output depends on the input: then nothing has to be kept."""
        wanted = {self._names[_storage(t)] for t in _tensors(output) if _storage(t) in self._names}
        if not wanted:
            return None
        needed, used = set(wanted), []
        for step in reversed(self._steps):
            if step.writes in needed:
                needed |= set(step.reads)
                used.append(step)
        peak = peak_activation(used[::-1], {_INPUT: self._num_elements}, frozenset(wanted))
        return BYTES_PER_ELEMENT * peak.elements


def _is_elementwise(func: Any) -> bool:
    import torch

    return torch.Tag.pointwise in func.tags or "batch_norm" in str(func)


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _tensors(value: Any) -> Any:
    """Every tensor of floating point inside nested sequences and mappings."""
    import torch

    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _tensors(inner)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
