"""The run page's start-up state, made once per event number and kept compressed for all viewers."""

from __future__ import annotations

import gzip
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from redis.exceptions import RedisError

from apps.live.events import FindingRow
from apps.live.models import Stream
from apps.live.schema_tag import schema_tag
from apps.live.snapshot_schema import ProgressColumns, ReplicaState, RunSnapshot, TrialColumns
from apps.runs.engine import specification_now, specification_of
from apps.runs.models import Replica, Run
from apps.runs.selectors.clock import working_seconds
from apps.runs.selectors.interventions import interventions_applied
from apps.runs.selectors.objectives import objective_info
from apps.runs.selectors.work import work_shown
from apps.runs.specification import RunSpecification
from apps.runs.work_kinds import work_kinds

KEEP_SECONDS = 3600
LEVEL = 5  # of gzip: twice as fast as the usual 9 for 3 % more bytes


def run_snapshot(run: Run) -> RunSnapshot:
    """`seq` is read first: what the rest contains beyond it, the reducer meets again in events, and they change nothing.

    So no transaction has to hold all reads together (on SQLite it would keep writers out meanwhile).
    """
    seq = Stream.objects.filter(run=run).values_list("seq", flat=True).first() or 0
    run.refresh_from_db()
    specification = specification_of(run)
    of_run = list(run.replicas.order_by("number"))
    replicas = [_replica_state(replica, specification) for replica in of_run]
    budget = specification_now(run, of_run[0]).budget
    now = timezone.now()
    return RunSnapshot(
        run=run.pk,
        seq=seq,
        at=now.isoformat(),
        state=run.state,
        end_reason=run.end_reason,
        objectives=[objective_info(o) for o in specification.objectives],
        reference_point=run.reference_point,
        budget_trials=budget.trials,
        budget_wall_seconds=budget.wall_seconds,
        most_evaluations=specification.most_evaluations,
        elapsed_seconds=round(working_seconds(run, now), 3),
        is_simulated=run.is_simulated,
        replicas=replicas,
    )


def run_snapshot_bytes(run: Run) -> tuple[bytes, str]:
    """(gzipped JSON, entity tag). Made anew only when the run has events that the kept one lacks, or its schema changed: what an
    earlier version of the site kept, here or in a browser, lacks what this one reads."""
    seq = Stream.objects.filter(run=run).values_list("seq", flat=True).first() or 0
    schema = schema_tag(RunSnapshot)
    key = f"snapshot:{schema}:{run.pk}:{seq}:{run.state}"
    tag = f'"{schema}-{run.pk}-{seq}"'
    try:
        kept: bytes | None = cache.get(key)
    except RedisError:
        kept = None
    if kept is None:
        text = run_snapshot(run).model_dump_json()
        kept = gzip.compress(text.encode(), compresslevel=LEVEL, mtime=0)
        try:
            cache.set(key, kept, KEEP_SECONDS)
        except RedisError:
            return kept, tag
    return kept, tag


_COLUMNS = (
    "number, state, value_0, value_1, value_2, is_feasible, on_front, told_order, hypervolume, best, spent_seconds, "
    "reused_seconds IS NOT NULL, operator"
)


def _replica_state(replica: Replica, specification: RunSpecification) -> ReplicaState:
    # 10,000 rows: the model layer would take five times as long as the database.
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM runs_trial WHERE replica_id = %s ORDER BY number", [replica.pk])  # noqa: S608
        rows = cursor.fetchall()
    columns = zip(*rows, strict=True) if rows else ((),) * 13
    number, state, v0, v1, v2, feasible, on_front, told, volume, best, spent, reused, operator = columns
    found = set(work_kinds())
    return ReplicaState.model_construct(
        number=replica.number,
        is_baseline=replica.is_baseline,
        trials=TrialColumns.model_construct(
            number=list(number),
            state=list(state),
            values=[list(column) for column in (v0, v1, v2)[: len(specification.objectives)]],
            is_feasible=[bool(value) for value in feasible],
            is_reused=[bool(value) for value in reused],
            is_found=[name in found for name in operator],
        ),
        front=[n for n, on in zip(number, on_front, strict=True) if on],
        progress=_progress(told, volume, best, spent),
        interventions=interventions_applied(replica),
        findings=[FindingRow.model_validate(row) for row in replica.findings],
        work=work_shown(replica),
    )


def _progress(told: Any, volume: Any, best: Any, spent: Any) -> ProgressColumns:
    """Only the steps at which something changed, and the last: the curves between them are flat."""
    columns = zip(told, volume, best, spent, strict=True)
    known = ((t, v, b, s or 0.0) for t, v, b, s in columns if t is not None)
    steps = sorted(known, key=lambda step: step[0])
    kept: list[tuple[int, float | None, float | None, float]] = []
    for place, step in enumerate(steps):
        if place == len(steps) - 1 or not kept or kept[-1][1:3] != step[1:3]:
            kept.append(step)
    return ProgressColumns.model_construct(
        told_order=[step[0] for step in kept],
        hypervolume=[step[1] for step in kept],
        best=[step[2] for step in kept],
        spent_seconds=[step[3] for step in kept],
    )
