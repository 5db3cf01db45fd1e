"""The form in which a person says what the columns of a table are; the fields come from `ColumnMeaning`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from apps.datasets.selectors.table_header import TableHeader
from apps.runs.wizard.config_form import Fieldset, fieldset_for, values_from
from nas.core.errors import FieldError
from nas.estimators.table_import import ColumnMeaning, TableDescription

DESCRIPTION_FIELDS = ("architecture_column", "encoding")
MEANING_FIELDS = ("role", "unit", "part", "epochs")


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column: its name, some cells, whether it is imported, what it is."""

    name: str
    cells: tuple[str, ...]
    index: int
    is_used: bool
    fieldset: Fieldset


def description_from(data: QueryDict, header: TableHeader) -> dict[str, Any]:
    """The values of a TableDescription; columns that are not ticked are left out."""
    columns = [
        {"column": column.name, **values_from(ColumnMeaning, data, prefix=f"columns.{index}", only=MEANING_FIELDS)}
        for index, column in enumerate(header.columns)
        if f"use.{index}" in data
    ]
    return {**values_from(TableDescription, data, prefix="table", only=DESCRIPTION_FIELDS), "columns": columns}


def column_rows(header: TableHeader, description: Mapping[str, Any], errors: Sequence[FieldError]) -> list[ColumnRow]:
    """The rows of the form: what was sent before, else the guesses."""
    sent = {values["column"]: (place, values) for place, values in enumerate(description.get("columns", ()))}
    rows = []
    for index, column in enumerate(header.columns):
        place, values = sent.get(column.name, (None, column.guess.as_json() if column.guess else {"role": "other"}))
        own = [
            FieldError(f"columns.{index}.{error.field.removeprefix(f'columns.{place}.')}", error.message)
            for error in errors
            if place is not None and error.field.startswith(f"columns.{place}.")
        ]
        rows.append(
            ColumnRow(
                name=column.name,
                cells=column.cells,
                index=index,
                is_used=column.name in sent if description else column.guess is not None,
                fieldset=fieldset_for(
                    ColumnMeaning, values, prefix=f"columns.{index}", errors=own, only=MEANING_FIELDS
                ),
            )
        )
    return rows
