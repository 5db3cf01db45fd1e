"""What a layer-wise network costs, summed up in one walk over its layers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import compress, count
from typing import Any

from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.operations.convolutions import same_padding
from nas.operations.primitives.window import Pair

Sources = tuple[int, ...]
"""Numbers of the maps that are read together, ascending: 0 is the image, i the output of layer i."""


def wiring(layers: Sequence[dict[str, Any]]) -> tuple[list[Sources], Sources]:
    """What each layer reads, and what the head reads: the layers that no other one does.

    A layer that chose no input reads the image (Zoph and Le 2017, section 3.3).
    """
    reads: list[Sources] = [(0,)]
    unread = set(range(1, len(layers) + 1))
    for layer in layers[1:]:
        chosen = tuple(compress(count(1), layer["inputs"]))
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
    """Equal to the cost of the blueprint; every layer is alive, so all of them count. O(layers²).

    Memory: a map lives until its last reader; batch norm and ReLU work in place; pads, joins, poolings and convolutions
    write new tensors.
    """
    reads, head = wiring(layers)
    walk = _Walk(input_shape, _last_readers(reads, head))
    params = macs = activations = filters = 0
    for number, (layer, sources) in enumerate(zip(layers, reads, strict=True), start=1):
        c_in, side, total, dying = walk.aligned(sources, number)
        c_out = layer["filters"] + extra_filters
        kernel = layer["kernel_height"], layer["kernel_width"]
        out_h, out_w, padded = _places(side, kernel, (layer.get("stride_height", 1), layer.get("stride_width", 1)))
        size = c_out * out_h * out_w
        weights = kernel[0] * kernel[1] * c_out
        in_use, peak = walk.in_use, walk.peak
        num_parts = len(sources)
        for place in range(1, block_size + 1):
            is_last = place == block_size
            if num_parts > 1:  # joined; the inputs' own maps go with the last convolution that reads them
                in_use += total
                peak = max(peak, in_use)
                if is_last:
                    in_use -= dying
                released = total
            else:
                released = dying if is_last else 0
            if padded:
                in_use += c_in * padded
                peak = max(peak, in_use)
                in_use -= released
                released = c_in * padded
            in_use += size
            peak = max(peak, in_use)
            in_use -= released
            params += weights * c_in
            macs += weights * c_in * out_h * out_w
            c_in += c_out
            total += size
            num_parts += 1
        filters += block_size * c_out
        activations += block_size * size
        walk.in_use, walk.peak = in_use, peak
        if block_size > 1:  # the block hands on all of its convolutions, joined
            walk.replace(block_size * size, block_size * size)
        walk.append(block_size * c_out, out_h, out_w)
        if number in pool_after:
            activations += walk.pool(number)
    channels, _, total, dying = walk.aligned(head, len(layers) + 1)
    if len(head) > 1:
        walk.replace(dying, total)
    walk.replace(total, channels)
    walk.replace(channels, num_classes)
    linear = (channels + 1) * num_classes
    params += 2 * filters + linear
    return Cost(
        params=params,
        macs=macs + linear,
        bias_adds=num_classes,
        activations=activations + num_classes,
        peak_memory_bytes=BYTES_PER_ELEMENT * walk.peak,
        weight_bytes=BYTES_PER_ELEMENT * (params + 2 * filters),
    )


def _last_readers(reads: Sequence[Sources], head: Sources) -> list[int]:
    """Per map the last layer that reads it, the head being one more than the last."""
    last = [0] * (len(reads) + 1)
    for number, sources in enumerate(reads, start=1):
        for source in sources:
            last[source] = number
    for source in head:
        last[source] = len(reads) + 1
    return last


@lru_cache(maxsize=65_536)
def _places(side: Pair, kernel: Pair, stride: Pair) -> tuple[int, int, int]:
    """Height and width after a convolution, and the places of its padded input; 0 where padding needs no copy of it."""
    (high, wide), (s_h, s_w) = side, stride
    top, bottom = same_padding(high, kernel[0], s_h)
    left, right = same_padding(wide, kernel[1], s_w)
    is_lopsided = top != bottom or left != right
    return -(-high // s_h), -(-wide // s_w), (high + top + bottom) * (wide + left + right) if is_lopsided else 0


class _Walk:
    """Maps so far, elements in use, and the most there ever were."""

    __slots__ = ("_channels", "_last", "_sides", "_sizes", "in_use", "peak")

    def __init__(self, input_shape: Shape, last: list[int]) -> None:
        channels, high, wide = input_shape
        self._channels, self._sides, self._sizes = [channels], [(high, wide)], [channels * high * wide]
        self._last = last
        self.in_use = self.peak = self._sizes[0]

    def append(self, channels: int, high: int, wide: int) -> None:
        self._channels.append(channels)
        self._sides.append((high, wide))
        self._sizes.append(channels * high * wide)

    def replace(self, released: int, made: int) -> None:
        """A new tensor of `made` elements, after which `released` are free."""
        self.in_use += made
        self.peak = max(self.peak, self.in_use)
        self.in_use -= released

    def aligned(self, sources: Sources, reader: int) -> tuple[int, Pair, int, int]:
        """Channels, height and width, elements of the maps that `reader` reads, each padded to the largest height and width;
        and how many of these elements nobody reads after it.
        """
        channels, sides, sizes, last = self._channels, self._sides, self._sizes, self._last
        if len(sources) == 1:
            (source,) = sources
            size = sizes[source]
            return channels[source], sides[source], size, size if last[source] == reader else 0
        c_in = sum([channels[source] for source in sources])
        different = {sides[source] for source in sources}
        if len(different) == 1:
            (side,) = different
            dying = sum([sizes[source] for source in sources if last[source] == reader])
            return c_in, side, c_in * side[0] * side[1], dying
        side = max([high for high, _ in different]), max([wide for _, wide in different])
        places = side[0] * side[1]
        in_use, peak, dying = self.in_use, self.peak, 0
        for source in sources:
            if sides[source] != side:
                padded = channels[source] * places
                in_use += padded
                peak = max(peak, in_use)
                dying += padded
                if last[source] == reader:
                    in_use -= sizes[source]
            elif last[source] == reader:
                dying += sizes[source]
        self.in_use, self.peak = in_use, peak
        return c_in, side, c_in * places, dying

    def pool(self, number: int) -> int:
        """Every map that is read after layer `number` halved; how many elements were made."""
        made = 0
        for source, ((high, wide), channels) in enumerate(zip(self._sides, self._channels, strict=True)):
            if self._last[source] > number:
                self._sides[source] = (-(-high // 2), -(-wide // 2))
                pooled = channels * -(-high // 2) * -(-wide // 2)
                self.replace(self._sizes[source], pooled)
                self._sizes[source] = pooled
                made += pooled
        return made
