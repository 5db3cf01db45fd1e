"""The text form of ENAS's macro architectures: one list of numbers, as the published scripts write it.

Layer after layer: the operation's number, then a bit per earlier map from the stem on, 1 where it is joined; the map
directly before needs no bit. Also read: the bits written together behind a colon, "3:0 0:10 2:001".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nas.core.errors import InvalidGenotype
from nas.core.shown import shown
from nas.spaces.enas_macro_network import OPERATION_NAMES

_LONGEST = 10_000
"""Characters; 60 layers need 3,660."""


def arc_to_text(layers: Sequence[dict[str, Any]]) -> str:
    numbers = [(OPERATION_NAMES.index(layer["operation"]), *layer.get("skips", ())) for layer in layers]
    return " ".join(str(number) for group in numbers for number in group)


def arc_from_text(text: str, num_layers: int, *, field: str = "") -> dict[str, Any]:
    """The genotype of a published text. Raises InvalidGenotype for another number of layers or bits, or other characters."""
    if len(text) > _LONGEST:
        raise InvalidGenotype.at(field, f"has {len(text):,} characters; an arc has at most {_LONGEST:,}")
    layers = _groups_of_bits(text, field) if ":" in text else _cut(text.split(), num_layers, field)
    if len(layers) != num_layers:
        raise InvalidGenotype.at(field, f"expected {num_layers} layers, got {len(layers)}")
    found = []
    for number, (operation, bits) in enumerate(layers, start=1):
        if operation not in [str(i) for i in range(len(OPERATION_NAMES))]:
            raise InvalidGenotype.at(
                field,
                f"layer {number}: an operation is a number from 0 to {len(OPERATION_NAMES) - 1}, got {shown(operation)}",
            )
        if len(bits) != number - 1:
            raise InvalidGenotype.at(
                field, f"layer {number} has {number - 1} bits, one per map before; got {len(bits)}"
            )
        if set(bits) - {"0", "1"}:
            raise InvalidGenotype.at(field, f"layer {number}: bits are 0 or 1")
        layer: dict[str, Any] = {"operation": OPERATION_NAMES[int(operation)]}
        found.append(layer | ({"skips": [int(bit) for bit in bits]} if bits else {}))
    return {"layers": found}


def _groups_of_bits(text: str, field: str) -> list[tuple[str, list[str]]]:
    layers = []
    for term in text.split():
        operation, colon, bits = term.partition(":")
        if not colon:
            raise InvalidGenotype.at(field, f"a layer is written operation:bits, got {shown(term)}")
        layers.append((operation, list(bits)))
    return layers


def _cut(words: list[str], num_layers: int, field: str) -> list[tuple[str, list[str]]]:
    expected = num_layers + num_layers * (num_layers - 1) // 2
    if len(words) != expected:
        raise InvalidGenotype.at(
            field,
            f"{num_layers} layers are {expected} numbers, layer k an operation and k - 1 bits; got {len(words)} words",
        )
    layers, begin = [], 0
    for number in range(num_layers):
        layers.append((words[begin], words[begin + 1 : begin + 1 + number]))
        begin += 1 + number
    return layers
