"""What sliding windows have in common."""

from __future__ import annotations

from nas.core.graph import Shape

Pair = tuple[int, int]
"""(vertical, horizontal)"""


def window_shape(
    shape: Shape, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair = (1, 1), *, rounds_up: bool = False
) -> Pair:
    """Height and width of the result. Raises ValueError where the window is larger than the padded input."""
    sides = []
    for side, k, s, p, d in zip(shape[1:], kernel, stride, padding, dilation, strict=True):
        room = side + 2 * p - d * (k - 1) - 1
        out = -(-room // s) + 1 if rounds_up else room // s + 1
        if rounds_up and (out - 1) * s >= side + p:  # a window may not begin in the padding behind
            out -= 1
        if out < 1:
            raise ValueError(f"a window of {d * (k - 1) + 1} does not fit into {side} with a padding of {p}")
        sides.append(out)
    return sides[0], sides[1]


def pair_text(pair: Pair, between: str, *, fold: bool = True) -> str:
    """(3, 3) → "3" when `fold`, else "3×3"."""
    return str(pair[0]) if fold and pair[0] == pair[1] else f"{pair[0]}{between}{pair[1]}"
