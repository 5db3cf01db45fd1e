"""Peak activation memory: a walk over the operations in their order, with the life of every tensor.

A tensor lives from the step that writes it to the last step that reads it. An elementwise step whose input dies
reuses its buffer; an alias (identity, flatten) shares it. This is what an inference runtime without a planner needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

BYTES_PER_ELEMENT = 4  # float32

Memory = Literal["fresh", "in_place", "alias"]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of the walk.

    Attributes:
      name: shown where the peak occurs.
      reads: tensors it reads.
      writes: the tensor it makes (written once).
      size: its elements.
      memory: "fresh" needs a buffer of its own; "in_place" takes over the buffer of an input that dies here, if one is large enough;
        "alias" shares the buffer of its first input.
    """

    name: str
    reads: tuple[str, ...]
    writes: str
    size: int
    memory: Memory = "fresh"


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest sum of live tensors, in elements, and the first step where it occurs ("" when no step runs)."""

    elements: int
    step: str


def peak_activation(steps: Sequence[Step], inputs: Mapping[str, int], outputs: frozenset[str]) -> Peak:
    """Walk `steps` in order. `inputs`: name → elements, live from the start; `outputs` are never freed."""
    end = len(steps)
    last_use = dict.fromkeys(inputs, -1)
    for place, step in enumerate(steps):
        last_use[step.writes] = place  # a tensor nobody reads dies where it is made
        for name in step.reads:
            last_use[name] = place
    last_use.update(dict.fromkeys(outputs, end))

    buffer_of = {name: number for number, name in enumerate(inputs)}
    size_of = dict(enumerate(inputs.values()))
    live = {number: {name} for name, number in buffer_of.items()}
    buffers = _Buffers(buffer_of, size_of, live)
    in_use = sum(size_of.values())
    peak = Peak(in_use, "")
    for place, step in enumerate(steps):
        buffer = _buffer_to_share(step, place, buffers, last_use)
        if buffer is None:
            buffer = len(size_of)
            size_of[buffer] = step.size
            live[buffer] = set()
            in_use += step.size
        buffer_of[step.writes] = buffer
        live[buffer].add(step.writes)
        if in_use > peak.elements:
            peak = Peak(in_use, step.name)
        for name in {*step.reads, step.writes}:
            if last_use[name] == place:
                holders = live[buffer_of[name]]
                holders.discard(name)
                if not holders:
                    in_use -= size_of[buffer_of[name]]
    return peak


@dataclass(frozen=True, slots=True)
class _Buffers:
    of: dict[str, int]  # tensor → buffer
    size: dict[int, int]
    holders: dict[int, set[str]]  # buffer → tensors alive in it


def _buffer_to_share(step: Step, place: int, buffers: _Buffers, last_use: Mapping[str, int]) -> int | None:
    if step.memory == "alias":
        return buffers.of[step.reads[0]]
    if step.memory == "in_place":
        for name in step.reads:
            buffer = buffers.of[name]
            # large enough: a product of a map and one weight per channel cannot go where the weights were
            if buffers.size[buffer] >= step.size and all(
                last_use[holder] == place for holder in buffers.holders[buffer]
            ):
                return buffer
    return None
