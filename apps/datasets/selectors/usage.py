"""Which runs use a data set, a benchmark table or a latency table."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.access import AnyUser, visible
from apps.datasets.models import BenchmarkTable, DataSet
from apps.latency.models import LatencyTable
from apps.runs.models import Run
from apps.runs.states import RUN_ENDED

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Usage:
    """`shown` are the newest runs the reader may see; `num_others` counts all that are not shown, without naming them."""

    shown: tuple[Run, ...]
    num_others: int
    num_open: int

    @property
    def num_runs(self) -> int:
        return len(self.shown) + self.num_others


def usage_of(owned: DataSet | BenchmarkTable | LatencyTable, user: AnyUser) -> Usage:
    runs = owned.runs.all()
    shown = tuple(visible(runs, user).select_related("team").order_by("-created_at", "-pk")[:MOST_SHOWN])
    return Usage(
        shown=shown,
        num_others=runs.count() - len(shown),
        num_open=runs.exclude(state__in=RUN_ENDED).count(),
    )
