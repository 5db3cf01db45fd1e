"""A worker measures a table on its own device: real networks, rows stored on the way, failures with a name."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.latency.models import LatencyState, LatencyTable
from apps.latency.services.table import latency_cancel
from apps.workers.models import Worker
from apps.workers.services.registration import workers_drain
from nas.hardware import latency, network_pieces
from nas.hardware.latency import LatencyProfile
from nas.hardware.network_pieces import pieces_of_space
from tasks import latency as task
from tasks.latency import latency_measure
from tasks.work import this_worker
from tests.apps.latency.conftest import ask, tiny_space

# The thread that renews the lease has a connection of its own and must see the rows.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = LatencyProfile(warmup_passes=1, warmup_seconds=0, min_passes=2, min_seconds=0, max_seconds=0.1, repeats=0)
    monkeypatch.setattr(latency, "ROW", profile)
    monkeypatch.setattr(task, "STORED_EVERY", 0.0)


@pytest.fixture
def device(db: None) -> Worker:
    return this_worker()


def carried_out(table: LatencyTable) -> LatencyTable:
    latency_measure(table.pk)
    table.refresh_from_db()
    return table


def test_a_table_is_measured_to_its_end(team: Team, member: User, device: Worker) -> None:
    table = carried_out(ask(team, member, device))
    assert (table.state, table.reason) == (LatencyState.READY, "")
    assert table.content is not None
    assert set(table.content["rows"]) == set(pieces_of_space(tiny_space(), (1, 8, 8), 10))
    assert len(table.content["checks"]) == 3
    assert table.content["fingerprint"]["device"] == device.device_name
    before = table.content
    assert carried_out(table).content == before, "a second call finds it done"


def test_a_cancel_ends_it_at_the_next_row_and_it_goes_on_from_there(
    team: Team, member: User, device: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = ask(team, member, device)
    stored = task.latency_progress

    def cancelled_on_the_way(**given: object) -> None:
        stored(**given)  # type: ignore[arg-type]
        table.refresh_from_db()
        if table.num_rows == 2:
            latency_cancel(table=table, now=timezone.now())

    with monkeypatch.context() as patched:
        patched.setattr(task, "latency_progress", cancelled_on_the_way)
        carried_out(table)
    assert (table.state, table.num_rows) == (LatencyState.CANCELLED, 2)
    assert table.content is not None
    kept = table.content["rows"]
    LatencyTable.objects.filter(pk=table.pk).update(state=LatencyState.QUEUED)
    whole = carried_out(table)
    assert whole.state == LatencyState.READY
    assert whole.content is not None
    assert {key: whole.content["rows"][key] for key in kept} == kept


def test_a_worker_that_shall_end_gives_the_table_back(
    team: Team, member: User, device: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = ask(team, member, device)
    monkeypatch.setattr("tasks.lease.WATCH_SECONDS", 0.01)
    workers_drain(host=device.host, name=device.name)
    stored = task.latency_progress

    def until_told(**given: object) -> None:
        stored(**given)  # type: ignore[arg-type]
        for thread in __import__("threading").enumerate():
            if thread.name == "lease":
                thread.join(timeout=0.3)

    monkeypatch.setattr(task, "latency_progress", until_told)
    carried_out(table)
    assert table.state == LatencyState.QUEUED


def test_what_cannot_be_measured_fails_with_its_reason(
    team: Team, member: User, device: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_pieces.pieces_of_space, "__kwdefaults__", {"seed": 0, "most": 2})
    table = carried_out(ask(team, member, device))
    assert table.state == LatencyState.FAILED
    assert "more than 2 different pieces" in table.reason
