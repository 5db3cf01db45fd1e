"""The text of ENAS for a pair of cells: numbers, four per block (state, operation, state, operation), the normal cell first.

Pham et al. 2018, arXiv 1802.03268, published scripts: "0 2 0 0 0 4 0 1 …".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nas.core.errors import InvalidGenotype
from nas.core.proposal import Genotype
from nas.core.shown import shown

ARC_OPERATIONS = ("sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "identity")
"""In the order of their numbers."""

_CELLS = ("normal", "reduction")
_LONGEST = 1_000


def arc_of(genotype: Genotype) -> str:
    numbers: list[int] = []
    for name in _CELLS:
        for block in genotype[name]["blocks"]:
            for state, operation in zip(block["inputs"], block["operations"], strict=True):
                numbers += [state, ARC_OPERATIONS.index(operation)]
    return " ".join(map(str, numbers))


def genotype_of(text: str, num_blocks: int, *, field: str) -> Genotype:
    """The genotype, states not yet checked. Raises InvalidGenotype at `field`."""
    if len(text) > _LONGEST:
        raise InvalidGenotype.at(field, f"has {len(text):,} characters; an arc has at most {_LONGEST:,}")
    words = text.split()
    expected = 2 * 4 * num_blocks
    if len(words) != expected:
        raise InvalidGenotype.at(
            field, f"expected {expected} numbers, four for each of {num_blocks} blocks of two cells, got {len(words)}"
        )
    wrong = next((word for word in words if not (word.isascii() and word.isdigit() and len(word) < 4)), None)
    if wrong is not None:
        raise InvalidGenotype.at(field, f"expected small whole numbers, got {shown(wrong)}")
    numbers = [int(word) for word in words]
    worst = max(numbers[1::2])
    if worst >= len(ARC_OPERATIONS):
        said = ", ".join(f"{number} {name}" for number, name in enumerate(ARC_OPERATIONS))
        raise InvalidGenotype.at(field, f"there is no operation {worst}; there are {said}")
    blocks = [_block(numbers[i : i + 4]) for i in range(0, expected, 4)]
    return {"normal": {"blocks": blocks[:num_blocks]}, "reduction": {"blocks": blocks[num_blocks:]}}


def _block(numbers: Sequence[int]) -> dict[str, Any]:
    first, one, second, two = numbers
    return {"inputs": [first, second], "operations": [ARC_OPERATIONS[one], ARC_OPERATIONS[two]]}
