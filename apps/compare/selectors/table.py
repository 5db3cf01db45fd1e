"""The final table as CSV: one line per arm, raw numbers."""

from __future__ import annotations

import csv
from io import StringIO

from apps.compare.schema import Comparison
from apps.compare.selectors.comparison import arm_names

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_csv(comparison: Comparison) -> str:
    """Columns: run, name, baseline, seeds, then for each row of the table its median, lowest and highest value."""
    text = StringIO()
    writer = csv.writer(text)
    columns = [f"{row.name}{part}" for row in comparison.results for part in ("", "_lowest", "_highest")]
    writer.writerow(["run", "name", "is_baseline", "num_seeds", *columns])
    for i, (arm, name) in enumerate(zip(comparison.arms, arm_names(comparison), strict=True)):
        cells = [row.cells[i] for row in comparison.results]
        values = [value for cell in cells for value in (cell.value, cell.lowest, cell.highest)]
        writer.writerow(
            [
                arm.run,
                _plain(name),
                int(arm.is_baseline),
                len(arm.replicas),
                *("" if v is None else repr(v) for v in values),
            ]
        )
    return text.getvalue()


def _plain(name: str) -> str:
    """A name that a spreadsheet would take for a formula, made text again."""
    return f"'{name}" if name.startswith(_FORMULA) else name
