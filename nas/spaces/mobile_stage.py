"""Stages of mobile networks in short text: "r4_s2_o40_se_hswish"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from nas.operations.primitives.activation import Function

_STAGE = re.compile(r"r([0-9]{1,2})_s([0-9])_o([0-9]{1,4})((?:_[a-z0-9]{2,6})*)")
_FIXED = re.compile(r"([ke])([0-9])")
_FUNCTIONS = ("relu", "relu6", "swish", "hswish")
_KERNELS = (3, 5, 7)
MOST_BLOCKS, MOST_CHANNELS, MOST_EXPANSION = 16, 4096, 8


@dataclass(frozen=True, slots=True)
class Stage:
    """At most `blocks` blocks of `width` channels; the first has the stride.

    Attributes:
      squeezes: the blocks have squeeze-and-excitation.
      has_shortcuts: blocks add their input where the shapes allow.
      function: None for that of the network.
      kernel, expansion: None where they are searched.
    """

    blocks: int
    stride: int
    width: int
    squeezes: bool = False
    has_shortcuts: bool = True
    function: Function | None = None
    kernel: int | None = None
    expansion: int | None = None


def stage_from_text(text: str) -> Stage:
    """`r<blocks>_s<stride>_o<channels>`, then any of `_k<kernel>`, `_e<expansion>`, `_se`, `_noskip`, `_<function>`.

    Raises ValueError that says what is wrong.
    """
    match = _STAGE.fullmatch(text)
    if match is None:
        raise ValueError(f"a stage reads like r4_s2_o40 or r4_s2_o40_k3_e6_se_hswish, not {text!r:.60}")
    blocks, stride, width = (int(number) for number in match.groups()[:3])
    if not 1 <= blocks <= MOST_BLOCKS:
        raise ValueError(f"a stage has 1 to {MOST_BLOCKS} blocks, got {text!r:.60}")
    if stride not in (1, 2):
        raise ValueError(f"a stride is 1 or 2, got {text!r:.60}")
    if not 8 <= width <= MOST_CHANNELS or width % 8:
        raise ValueError(f"channels are a multiple of 8 from 8 to {MOST_CHANNELS}, got {text!r:.60}")
    flags = match[4].split("_")[1:]
    fixed: dict[str, int] = {}
    function: Function | None = None
    for flag in flags:
        number = _FIXED.fullmatch(flag)
        if number is not None:
            fixed[number[1]] = int(number[2])
        elif flag in _FUNCTIONS:
            function = cast("Function", flag)
        elif flag not in ("se", "noskip"):
            raise ValueError(
                f"{flag!r} is none of k3, k5, k7, e1 to e{MOST_EXPANSION}, se, noskip, {', '.join(_FUNCTIONS)} in {text!r:.60}"
            )
    if fixed.get("k", 3) not in _KERNELS or not 1 <= fixed.get("e", 1) <= MOST_EXPANSION:
        raise ValueError(f"kernels are 3, 5 or 7, expansions 1 to {MOST_EXPANSION}, got {text!r:.60}")
    return Stage(blocks, stride, width, "se" in flags, "noskip" not in flags, function, fixed.get("k"), fixed.get("e"))
