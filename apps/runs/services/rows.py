"""Storing many rows, each with values of its own."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, models


def rows_update(rows: Sequence[models.Model], columns: Sequence[str]) -> None:
    """Write these columns of rows that exist already: one statement, carried out once per row in one call.

    `bulk_update` makes one CASE per column with a branch per row; for the dozen columns of an ended trial, building that
    statement took longer than all the rest of a commit.
    """
    if not rows:
        return
    meta = type(rows[0])._meta
    by_name = {field.name: field for field in meta.concrete_fields}
    fields = [by_name[name] for name in columns]
    quote = connection.ops.quote_name
    assignments = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    sql = f"UPDATE {quote(meta.db_table)} SET {assignments} WHERE id = %s"  # noqa: S608 - names only
    values = [
        [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk] for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
