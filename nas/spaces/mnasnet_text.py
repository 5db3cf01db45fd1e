"""MnasNet's blocks in the text of its reference code: "r3_k5_s22_e3_i24_o40_se0.25".

r: layers, k: kernel, s: stride down and across, e: expansion (1: depthwise separable), i, o: channels in and out, se: ratio of
squeeze-and-excitation, noskip. The code has no word for what the paper searches beyond that; here "conv" stands for "e…" of an
ordinary convolution, and "pool" for the averaged skip.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nas.operations.mnasnet_layer import EXPANSIONS

_BLOCK = re.compile(
    r"r([0-9]{1,3})_k([0-9])_s([0-9])([0-9])_(?:e([0-9])|conv)_i([0-9]{1,5})_o([0-9]{1,5})"
    r"(?:_se([01](?:\.[0-9]{1,6})?))?(_noskip|_pool)?"
)
_NAMES = {expansion: name for name, expansion in EXPANSIONS.items()}


def block_to_text(block: Mapping[str, Any], c_in: int, stride: int) -> str:
    expansion = "conv" if block["op"] == "conv" else f"e{EXPANSIONS[block['op']]}"
    text = f"r{block['layers']}_k{block['kernel']}_s{stride}{stride}_{expansion}_i{c_in}_o{block['filters']}"
    if block["se"]:
        text += f"_se{block['se']:g}"
    return text + {"identity": "", "none": "_noskip", "pool": "_pool"}[block["skip"]]


def block_from_text(text: str, c_in: int, stride: int) -> dict[str, Any]:
    """The genes of one block that reads `c_in` channels. Raises ValueError that says what is wrong."""
    match = _BLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f"a block reads like r3_k5_s22_e3_i24_o40_se0.25, got {text!r:.60}")
    layers, kernel, down, across, expansion, read, filters, ratio, skip = match.groups()
    if (int(down), int(across)) != (stride, stride):
        raise ValueError(f"this block has stride {stride}, so s{stride}{stride}; got {text!r:.60}")
    if int(read) != c_in:
        raise ValueError(f"this block reads {c_in} channels, so i{c_in}; got {text!r:.60}")
    if expansion is not None and int(expansion) not in _NAMES:
        raise ValueError(f"expansions are {', '.join(f'e{e}' for e in _NAMES)}, or conv; got {text!r:.60}")
    return {
        "op": "conv" if expansion is None else _NAMES[int(expansion)],
        "kernel": int(kernel),
        "se": float(ratio or 0),
        "skip": {None: "identity", "_noskip": "none", "_pool": "pool"}[skip],
        "filters": int(filters),
        "layers": int(layers),
    }
