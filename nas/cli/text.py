"""Plain columns for people."""

from __future__ import annotations

import json
from collections.abc import Sequence

from nas.core.proposal import Genotype


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as text: numbers to the right, the rest to the left, two spaces between."""
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    right = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in (heads, *rows)
    )


def number(value: float) -> str:
    """Whole numbers with thousands separated, others with four significant digits."""
    return f"{int(value):,}" if float(value).is_integer() and abs(value) >= 10 else f"{value:.4g}"


def counted(num: int, noun: str) -> str:
    """`1 trial`, `2 trials`."""
    return f"{num} {noun}" if num == 1 else f"{num:,} {noun}s"


def compact(genotype: Genotype) -> str:
    """The genotype as `describe` reads it."""
    return json.dumps(genotype, separators=(",", ":"), ensure_ascii=False)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True
