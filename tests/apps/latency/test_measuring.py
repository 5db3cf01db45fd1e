"""Tables that are measured: who gets them, what a lost worker costs, cancelling and going on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.datasets.errors import UploadRefused
from apps.latency.models import LatencyState, LatencyTable
from apps.latency.selectors.tables import latency_waiting
from apps.latency.services import request as request_service
from apps.latency.services.request import latency_go_on
from apps.latency.services.sweep import latency_sweep
from apps.latency.services.table import latency_cancel
from apps.latency.services.work import (
    LATENCY_TABLES,
    LatencyLease,
    latency_claim,
    latency_finish,
    latency_progress,
)
from apps.workers.leased import GIVE_UP_AFTER, PATIENCE
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig, InvalidGenotype, LeaseLost
from nas.hardware.latency_table import LatencyRow, TableFingerprint
from nas.hardware.latency_table import LatencyTable as EngineTable
from nas.hardware.measure_table import MeasureProgress
from tests.apps.builders import make_worker
from tests.apps.latency.conftest import ask

pytestmark = pytest.mark.django_db

PART = EngineTable("Ours", TableFingerprint("a CPU"), {"a": LatencyRow.single(1.0)})


def claimed(table: LatencyTable, worker: Worker) -> LatencyLease:
    lease = latency_claim(table_id=table.pk, worker=worker, now=timezone.now())
    assert lease is not None
    return lease


def state_of(table: LatencyTable) -> tuple[str, int]:
    table.refresh_from_db()
    return table.state, table.num_rows


def test_only_a_worker_with_that_device_gets_a_table(team: Team, member: User, device: Worker) -> None:
    table = ask(team, member, device)
    for other in (
        make_worker("other", host="there", device_name="a CPU"),
        make_worker("gpu0", host="here", queue="gpu", device_name="a GPU"),
        make_worker("cpu1", host="here", device_name="another CPU"),
    ):
        assert latency_claim(table_id=table.pk, worker=other, now=timezone.now()) is None
        assert not latency_waiting(other)
    twin = make_worker("cpu2", host="here", device_name="a CPU")
    assert latency_waiting(twin)
    assert claimed(table, twin).row.worker == twin
    assert latency_claim(table_id=table.pk, worker=device, now=timezone.now()) is None, "one worker wins it"
    assert not latency_waiting(device)


def test_what_was_measured_is_stored_as_it_comes_and_ready_at_the_end(team: Team, member: User, device: Worker) -> None:
    table = ask(team, member, device)
    lease = claimed(table, device)
    latency_progress(lease=lease, progress=MeasureProgress("pieces", 1, 4, PART), now=timezone.now())
    assert state_of(table) == (LatencyState.WORKING, 1)
    assert (table.stage, table.done, table.total) == ("pieces", 1, 4)
    latency_finish(lease=lease, table=PART.with_row("b", LatencyRow.single(2.0)), now=timezone.now())
    assert state_of(table) == (LatencyState.READY, 2)
    assert table.digest
    with pytest.raises(LeaseLost):
        latency_finish(lease=lease, table=PART, now=timezone.now())
    assert state_of(table) == (LatencyState.READY, 2)


def test_cancelling_takes_the_table_from_its_worker_and_keeps_the_rows(
    team: Team, member: User, device: Worker
) -> None:
    table = ask(team, member, device)
    lease = claimed(table, device)
    latency_progress(lease=lease, progress=MeasureProgress("pieces", 1, 4, PART), now=timezone.now())
    assert latency_cancel(table=table, now=timezone.now())
    assert not latency_cancel(table=table, now=timezone.now())
    assert not LATENCY_TABLES.renew(lease, now=timezone.now())
    with pytest.raises(LeaseLost):
        latency_progress(lease=lease, progress=MeasureProgress("pieces", 2, 4, PART), now=timezone.now())
    LATENCY_TABLES.release(lease)
    assert state_of(table) == (LatencyState.CANCELLED, 1)
    assert latency_go_on(table=table, by=member, now=timezone.now())
    assert not latency_go_on(table=table, by=member, now=timezone.now())
    assert state_of(table) == (LatencyState.QUEUED, 1)
    assert claimed(table, device).row.content == PART.as_json()


def test_an_interrupted_table_goes_back_to_the_queue(team: Team, member: User, device: Worker) -> None:
    table = ask(team, member, device)
    LATENCY_TABLES.release(claimed(table, device))
    assert state_of(table)[0] == LatencyState.QUEUED
    claimed(table, device)


def test_a_failure_has_its_reason_and_can_go_on(team: Team, member: User, device: Worker) -> None:
    table = ask(team, member, device)
    LATENCY_TABLES.fail(claimed(table, device), reason="too many pieces", detail="", now=timezone.now())
    assert state_of(table)[0] == LatencyState.FAILED
    assert table.reason == "too many pieces"
    assert latency_go_on(table=table, by=member, now=timezone.now())
    table.refresh_from_db()
    assert (table.state, table.reason) == (LatencyState.QUEUED, "")


def test_a_table_of_a_dead_worker_is_given_back_and_at_last_given_up(team: Team, member: User, device: Worker) -> None:
    table = ask(team, member, device)
    now = timezone.now()
    for lost in range(1, GIVE_UP_AFTER + 1):
        lease = claimed(table, device)
        assert latency_sweep(now=timezone.now()) == 0, "its lease holds"
        LatencyTable.objects.filter(pk=table.pk).update(lease_until=now - timedelta(seconds=1))
        assert latency_sweep(now=timezone.now()) == 1
        with pytest.raises(LeaseLost):
            latency_finish(lease=lease, table=PART, now=timezone.now())
        assert state_of(table)[0] == (LatencyState.QUEUED if lost < GIVE_UP_AFTER else LatencyState.FAILED)
    assert "died 4 times" in table.reason


def test_a_table_that_waits_long_is_called_for_again(
    team: Team, member: User, device: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = ask(team, member, device)
    assert latency_sweep(now=table.asked_at + PATIENCE) == 0
    assert latency_sweep(now=table.asked_at + PATIENCE + timedelta(seconds=1)) == 1


def test_what_cannot_be_measured_is_refused_at_once(
    team: Team, member: User, device: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidConfig, match="batch"):
        ask(team, member, device, settings={"batch": 0})
    with pytest.raises(InvalidGenotype, match="reads images"):
        ask(team, member, device, input_shape=(8, 8))
    with pytest.raises(UploadRefused, match="name"):
        ask(team, member, device, name=" ")
    monkeypatch.setattr(request_service, "MOST_OPEN", 1)
    ask(team, member, device)
    with pytest.raises(InvalidConfig, match="1 of your tables wait"):
        ask(team, member, device)
