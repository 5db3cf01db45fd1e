"""The page of one table."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from apps.accounts.access import Level, may
from apps.accounts.models import User
from apps.accounts.share_form import ShareForm
from apps.datasets.selectors.usage import usage_of
from apps.latency.models import LatencyTable
from apps.latency.picture import scatter, slowest
from nas import registry
from nas.core.errors import InvalidConfig
from nas.hardware.latency_table import LatencyRow
from nas.hardware.latency_table import LatencyTable as EngineTable

ROWS_PER_PAGE = 50


def table_of(row: LatencyTable) -> EngineTable | None:
    """What was measured; None while nothing is, or when the stored form is of an older version."""
    try:
        return None if row.content is None else EngineTable.from_json(row.content)
    except InvalidConfig:
        return None


def rows_of(table: EngineTable, search: str) -> list[tuple[str, LatencyRow]]:
    """Those whose key has every word of `search`, the slowest first."""
    wanted = search.casefold().split()
    found = [(key, row) for key, row in table.rows.items() if all(word in key.casefold() for word in wanted)]
    return sorted(found, key=lambda item: (-item[1].median_ms, item[0]))


def page_context(row: LatencyTable, user: User, *, search: str = "", page: str = "") -> dict[str, Any]:
    """Everything the page shows; `search` and `page`: of its list of rows."""
    may_work = may(user, Level.WORK, row)
    table = table_of(row)
    context: dict[str, Any] = {
        "table": row,
        "may_work": may_work,
        "share_form": ShareForm(owned=row, user=user) if may_work else None,
        "usage": usage_of(row, user),
        "space_title": _(registry.spaces.get(row.space_name).title) if row.space_name in registry.spaces else "",
        "percent": round(100 * row.done / row.total) if row.total else 0,
        "search": search,
        "rows_query": f"{urlencode({'q': search})}&" if search else "",
    }
    if table is not None and (table.rows or table.checks):
        context |= {
            "content": table,
            "check": table.check,
            "bars": slowest(table),
            "rows": Paginator(rows_of(table, search), ROWS_PER_PAGE).get_page(page),
        }
        if table.check is not None:
            context["scatter"] = scatter(table.checks, table.calibration)
    return context
