"""Snapshot + events = fresh snapshot, whatever happens. The cases are stored for the reducer of the page."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.live.events import Frame, Stale
from apps.live.models import Event, Outbox
from apps.live.numbering import BATCH, number_events
from apps.live.replay import REPLAY_LIMIT, replay_after
from apps.runs.models import Proposal, Run, Trial
from apps.runs.selectors.snapshot import run_snapshot
from apps.runs.services import (
    budget_change,
    constraints_change,
    memory,
    operations_forbid,
    parallelism_change,
    run_cancel,
    run_pause,
    run_resume,
    run_retry_failed,
    run_stop,
)
from apps.runs.services.job_lost import leases_sweep
from apps.runs.states import TrialState
from apps.workers.models import Worker
from tests.apps.runs.driver import advance, claim, finish, work
from tests.contracts.long_jobs import LONG_JOBS
from tests.support.reducer import reduce
from tests.support.toy_registry import registered

MakeRun = Callable[..., Run]
CASES = Path(__file__).parents[2] / "live_cases"


def snapshot_of(run: Run) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(run_snapshot(run).model_dump_json())
    return value


def frames_of(run: Run) -> list[dict[str, Any]]:
    """Everything that waits, numbered, a few events a frame as a busy run would have it."""
    frames = []
    while frame := number_events(run_id=run.pk):
        frames.append(json.loads(frame.model_dump_json()))
    return frames


def comparable(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Without what only says when it was made, and primary keys."""
    return {**snapshot, "at": "", "elapsed_seconds": 0, "run": 0}


@contextmanager
def stream_matches(run: Run, case: str) -> Iterator[None]:
    """The events of what happens inside must lead from the old snapshot to the new one. Stores the case for TypeScript."""
    frames_of(run)
    before = snapshot_of(run)
    yield
    frames = frames_of(run)
    reduced = json.loads(json.dumps(before))
    for frame in frames:
        reduced = reduce(reduced, frame)
    after = snapshot_of(run)
    assert comparable(reduced) == comparable(after)
    _compare_with_stored(case, before, frames, after)


def _compare_with_stored(
    case: str, before: dict[str, Any], frames: list[dict[str, Any]], after: dict[str, Any]
) -> None:
    value = {
        "snapshot": comparable(before),
        "frames": [{**frame, "at": ""} for frame in frames],
        "expected": comparable(after),
    }
    file = CASES / f"{case}.json"
    text = json.dumps(value, indent=1, sort_keys=True) + "\n"
    if os.environ.get("NASWEB_WRITE_LIVE_CASES"):
        file.write_text(text)
    assert file.read_text() == text, f"{file.name} is stale; NASWEB_WRITE_LIVE_CASES=1 writes it anew"


def test_a_whole_run(make_run: MakeRun, worker: Worker) -> None:
    run = make_run()
    with stream_matches(run, "whole_run"):
        finish(run, worker)


def test_results_that_come_together(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=6, batch_size=3))
    with stream_matches(run, "batches"):
        finish(run, worker, jobs_between_advances=10)


def test_pause_and_resume(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = advance(make_run())
    with stream_matches(run, "pause_and_resume"):
        work(worker, jobs=1)
        run_pause(run=run, by=member, now=timezone.now())
        run_resume(run=run, by=member, now=timezone.now())
        advance(run)


def test_a_lost_worker(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run())
    with stream_matches(run, "lost_worker"):
        claimed = claim(worker)
        assert claimed is not None
        run.jobs.filter(pk=claimed.job.pk).update(lease_until=run.created_at)
        assert leases_sweep(now=timezone.now()) == 1
        work(worker, jobs=2)
        advance(run)


def test_stopping_and_cancelling(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = advance(make_run())
    with stream_matches(run, "stop"):
        work(worker, jobs=1)
        run_stop(run=run, by=member, now=timezone.now())
        finish(run, worker)
    run = advance(make_run())
    with stream_matches(run, "cancel"):
        work(worker, jobs=1)
        run_cancel(run=run, by=member, now=timezone.now())


def test_a_retry(make_run: MakeRun, worker: Worker, member: User) -> None:
    run = finish(make_run(), worker)
    proposal = Proposal.objects.get(replica__run=run, number=4)
    Trial.objects.filter(proposal=proposal).update(state=TrialState.CRASHED)
    with stream_matches(run, "retry"):
        run_retry_failed(run=run, by=member, now=timezone.now())
        finish(run, worker)


def test_steering(make_run: MakeRun, worker: Worker, member: User) -> None:
    """Changes, a larger budget and results that were known already."""
    finish(make_run(strategy={"name": "random"}), worker)
    run = advance(make_run(strategy={"name": "random"}, num_replicas=2, reuse=True))
    with stream_matches(run, "steering"):
        operations_forbid(run=run, by=member, operations=["unit3"], now=timezone.now())
        constraints_change(run=run, by=member, constraints=["params<=300"], now=timezone.now())
        parallelism_change(run=run, by=member, parallelism=2, now=timezone.now())
        advance(run)
        budget_change(run=run, by=member, trials=15, wall_seconds=None, now=timezone.now())
        finish(run, worker)


def test_work_beside_trials(make_run: MakeRun, worker: Worker, member: User) -> None:
    """Legs of a supernet: one is lost with its worker, one waits during a pause; the strategy notices things."""
    with registered(*LONG_JOBS):
        run = make_run(strategy={"name": "toy_supernet_search", "config": {"num_legs": 3}}, budget={"trials": 500})
        with stream_matches(run, "work_beside_trials"):
            advance(run)
            claimed = claim(worker)
            assert claimed is not None
            run.jobs.filter(pk=claimed.job.pk).update(lease_until=run.created_at)
            assert leases_sweep(now=timezone.now()) == 1
            work(worker, jobs=1)
            advance(run)
            run_pause(run=run, by=member, now=timezone.now())
            run_resume(run=run, by=member, now=timezone.now())
            finish(run, worker)
        with stream_matches(make_run(strategy={"name": "toy_supernet_search"}), "work_that_is_cancelled"):
            cancelled = advance(Run.objects.latest("pk"))
            assert claim(worker) is not None
            run_cancel(run=cancelled, by=member, now=timezone.now())
    memory.warm.clear()
    replica = run.replicas.get()
    assert [row["text"] for row in replica.findings] == [f"Leg {n} is learned." for n in (1, 2, 3)]
    events = [event for frame in load("work_beside_trials")["frames"] for event in frame["events"]]
    rows = [event for event in events if event["type"] == "work_changed"]
    assert {row["number"] for row in rows} == {0, 1, 2}
    assert [row["state"] for row in rows if row["number"] == 0][:3] == ["queued", "running", "queued"]
    assert {row["done"] for row in rows if row["state"] == "completed"} == {3.0}
    assert [e["text"] for e in events if e["type"] == "noticed"] == [row["text"] for row in replica.findings]


def load(case: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((CASES / f"{case}.json").read_text())
    return value


def test_replicas_and_a_reference_point_that_is_fixed_later(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(num_replicas=2, objectives=["accuracy", "latency_ms"], constraints=["macs<=250"]))
    with stream_matches(run, "replicas"):
        finish(run, worker)


def test_events_that_the_snapshot_already_contains_change_nothing(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(), worker)
    contained = snapshot_of(run)  # the events still wait for their numbers
    reduced = json.loads(json.dumps(contained))
    for frame in frames_of(run):
        reduced = reduce(reduced, frame)
    assert comparable({**reduced, "seq": 0}) == comparable({**contained, "seq": 0})


def test_events_are_numbered_without_gaps_and_leave_the_outbox(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(), worker)
    frames = frames_of(run)
    assert not Outbox.objects.filter(run=run).exists()
    seqs = list(Event.objects.filter(run=run).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    assert frames[0]["from_seq"] == 1
    assert frames[-1]["to_seq"] == len(seqs)
    assert number_events(run_id=run.pk) is None


def test_a_viewer_gets_what_followed_or_is_sent_for_a_snapshot(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finish(make_run(), worker)
    frames_of(run)
    last = Event.objects.filter(run=run).count()
    answer = replay_after(run_id=run.pk, since=last - 3)
    assert isinstance(answer, Frame)
    assert (answer.from_seq, answer.to_seq, len(answer.events)) == (last - 2, last, 3)
    assert replay_after(run_id=run.pk, since=last) is None
    assert isinstance(replay_after(run_id=run.pk, since=last + 1), Stale)
    monkeypatch.setattr("apps.live.replay.REPLAY_LIMIT", last - 1)
    assert isinstance(replay_after(run_id=run.pk, since=0), Stale)
    assert (REPLAY_LIMIT, BATCH) == (1000, 500)
