"""What a layer-wise network costs, summed up in one walk over its layers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.operations.convolutions import same_padding

Sources = tuple[int, ...]
"""Numbers of the maps that are read together, ascending: 0 is the image, i the output of layer i."""


def wiring(layers: Sequence[dict[str, Any]]) -> tuple[list[Sources], Sources]:
    """What each layer reads, and what the head reads: the layers that no other one does.

    A layer that chose no input reads the image (Zoph and Le 2017, section 3.3).
    """
    reads: list[Sources] = []
    unread = set(range(1, len(layers) + 1))
    for number, layer in enumerate(layers):
        chosen = tuple([i for i, bit in enumerate(layer["inputs"], start=1) if bit]) if number else ()
        unread.difference_update(chosen)
        reads.append(chosen or (0,))
    return reads, tuple(sorted(unread))


def layerwise_cost(
    layers: Sequence[dict[str, Any]],
    *,
    block_size: int,
    pool_after: Collection[int],
    extra_filters: int,
    input_shape: Shape,
    num_classes: int,
) -> Cost:
    """Equal to the cost of the blueprint; every layer is alive, so all of them count. O(layers² · block_size²).

    Memory: a map lives until its last reader; batch norm and ReLU work in place; pads, joins, poolings and convolutions
    write new tensors.
    """
    reads, head = wiring(layers)
    last = [0] * (len(layers) + 1)  # the last layer that reads a map, the head being one more
    for number, sources in enumerate(reads, start=1):
        for source in sources:
            last[source] = number
    for source in head:
        last[source] = len(layers) + 1
    memory = _Memory(input_shape)
    maps: list[tuple[int, int, int]] = [(input_shape[0], input_shape[1], input_shape[2])]
    params = macs = activations = statistics = 0
    for number, (layer, sources) in enumerate(zip(layers, reads, strict=True), start=1):
        parts, high, wide = memory.aligned(maps, sources, last, number)
        c_out = layer["filters"] + extra_filters
        k_h, k_w = layer["kernel_height"], layer["kernel_width"]
        s_h, s_w = layer.get("stride_height", 1), layer.get("stride_width", 1)
        out_h, out_w = -(-high // s_h), -(-wide // s_w)
        top, bottom = same_padding(high, k_h, s_h)
        left, right = same_padding(wide, k_w, s_w)
        is_lopsided = top != bottom or left != right
        size = c_out * out_h * out_w
        c_in = sum([maps[source][0] for source in sources])
        for place in range(1, block_size + 1):
            joined = memory.joined(parts, are_done=place == block_size)
            if is_lopsided:
                joined = memory.replaced(joined, c_in * (high + top + bottom) * (wide + left + right))
            memory.replaced(joined, size)
            weights = k_h * k_w * c_in * c_out
            params += weights + 2 * c_out
            macs += weights * out_h * out_w
            activations += size
            statistics += 2 * c_out
            parts.append((size, False))  # the rest of the block and its end read it
            c_in += c_out
        if block_size > 1:
            memory.joined([(size, True)] * block_size, are_done=True)
        maps.append((block_size * c_out, out_h, out_w))
        if number in pool_after:
            for source, (channels, high, wide) in enumerate(maps):
                if last[source] > number:
                    maps[source] = (channels, (high + 1) // 2, (wide + 1) // 2)
                    pooled = channels * ((high + 1) // 2) * ((wide + 1) // 2)
                    memory.replaced((channels * high * wide, True), pooled)
                    activations += pooled
    parts, _, _ = memory.aligned(maps, head, last, len(layers) + 1)
    channels = sum([maps[source][0] for source in head])
    means = memory.replaced(memory.joined(parts, are_done=True), channels)
    memory.replaced(means, num_classes)
    linear = (channels + 1) * num_classes
    return Cost(
        params=params + linear,
        macs=macs + linear,
        bias_adds=num_classes,
        activations=activations + num_classes,
        peak_memory_bytes=BYTES_PER_ELEMENT * memory.peak,
        weight_bytes=BYTES_PER_ELEMENT * (params + linear + statistics),
    )


_Tensor = tuple[int, bool]
"""(elements, whether nobody reads it after the present layer)"""


class _Memory:
    """Elements in use and the most there ever were."""

    __slots__ = ("in_use", "peak")

    def __init__(self, input_shape: Shape) -> None:
        channels, high, wide = input_shape
        self.in_use = self.peak = channels * high * wide

    def replaced(self, read: _Tensor, size: int) -> _Tensor:
        """A new tensor of `size` is made from `read`."""
        self.in_use += size
        self.peak = max(self.peak, self.in_use)
        if read[1]:
            self.in_use -= read[0]
        return (size, True)

    def joined(self, parts: list[_Tensor], *, are_done: bool) -> _Tensor:
        """Several tensors become one; a single one stays what it is. `are_done`: nobody of the same layer reads them again."""
        if len(parts) == 1:
            size, dies = parts[0]
            return (size, dies and are_done)
        total = sum([size for size, _ in parts])
        self.in_use += total
        self.peak = max(self.peak, self.in_use)
        if are_done:
            self.in_use -= sum([size for size, dies in parts if dies])
        return (total, True)

    def aligned(
        self, maps: list[tuple[int, int, int]], sources: Sources, last: list[int], reader: int
    ) -> tuple[list[_Tensor], int, int]:
        """The maps that `reader` reads, each padded to the largest height and width."""
        if len(sources) == 1:
            channels, high, wide = maps[sources[0]]
            return [(channels * high * wide, last[sources[0]] == reader)], high, wide
        high = max([maps[source][1] for source in sources])
        wide = max([maps[source][2] for source in sources])
        parts = []
        for source in sources:
            channels, own_high, own_wide = maps[source]
            tensor = (channels * own_high * own_wide, last[source] == reader)
            if own_high != high or own_wide != wide:
                tensor = self.replaced(tensor, channels * high * wide)
            parts.append(tensor)
        return parts, high, wide
