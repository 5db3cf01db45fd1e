"""Long jobs that find many architectures (weight sharing, islands) go through the platform's own code, whatever dies meanwhile.

The kinds and strategies of long_jobs.py know nothing of the platform, and the platform nothing of them. In this process:
"death" is an exception that nobody catches, raised at a named point of apps/runs/faults.py; what the dead worker held is
released by the code that releases it in life.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.services.first_start import first_start
from apps.artifacts.selectors import artifact_bytes
from apps.runs.engine import setup_of, specification_of
from apps.runs.models import Attempt, Job, Proposal, ReplicaView, Run, Trial
from apps.runs.services import advance, advance_store, job_claim, job_commit, memory, run_create, worker_lost
from apps.runs.services.report import report_end_if_done
from apps.runs.states import RUN_ENDED, AttemptOutcome, JobState, RunState
from apps.workers.models import Worker
from nas.core.budget import Budget
from nas.jobs.local import search
from tasks import work
from tasks.cache import WarmCache
from tasks.context import PlatformContext
from tests.contracts.long_jobs import LONG_JOBS
from tests.support.toy_registry import TOYS, registered

pytestmark = pytest.mark.django_db

HOST = "nowhere"
WORKER_POINTS = ("job.claimed", "commit.before", "commit.before_commit", "commit.after")
CONTROL_POINTS = ("advance.decided", "advance.before_commit", "advance.stored")
SEARCHES = ("toy_supernet_search", "toy_islands")


class Died(BaseException):
    """Nobody catches it, as nobody catches SIGKILL."""


class World:
    """Advances and works on a run until it ends. `at_point` is called at each named point and may raise Died."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passings: dict[str, int] = {}
        self.at_point: Callable[[str, int], None] = lambda point, passing: None
        self.stops_after_each_commit = False
        self.num_workers = 0
        for module in (advance, advance_store, job_claim, job_commit):
            monkeypatch.setattr(module, "fault_point", self._pass)
        monkeypatch.setattr(work, "PlatformContext", self._context_class())
        monkeypatch.setattr(work, "_cache", WarmCache(2**40))  # keyed by run, and keys come again after a rollback
        self._stop = False

    def _context_class(self) -> type[PlatformContext]:
        world = self

        class ControlledContext(PlatformContext):
            """Asked to stop by the test instead of by a pause."""

            def should_stop(self) -> bool:
                return world._stop or super().should_stop()

            def _watch_over(self) -> None:
                """Nobody watches: jobs that last would see the database of another connection."""

        return ControlledContext

    def _pass(self, point: str) -> None:
        self.passings[point] = self.passings.get(point, 0) + 1
        if point == "commit.after" and self.stops_after_each_commit:
            self._stop = True
        self.at_point(point, self.passings[point])

    def finish(self, run: Run) -> Run:
        worker = self.new_worker()
        for _ in range(2_000):
            try:
                advance.run_advance(run_id=run.pk, clock=timezone.now)
            except Died:
                memory.warm.clear()  # it died with its process
                continue
            run.refresh_from_db()
            if run.state in RUN_ENDED:
                return run
            try:
                if not self.work(worker):
                    report_end_if_done(run_id=run.pk, now=timezone.now())  # as the sweep does
            except Died:
                worker_lost.dead_workers_release(host=HOST, now=timezone.now())
                worker = self.new_worker()
        raise AssertionError(f"the run does not end; it is {run.state}")

    def work(self, worker: Worker) -> bool:
        """One job; False when there is none."""
        self._stop = False
        claim = job_claim.job_claim(worker=worker, now=timezone.now())
        if claim is not None:
            work.carry_out(claim, worker)
        return claim is not None

    def new_worker(self) -> Worker:
        """A worker whose process, if anyone looks, is gone."""
        self.num_workers += 1
        return Worker.objects.create(
            name="cpu0",
            host=HOST,
            pid=2**22 + self.num_workers,  # beyond the largest process id
            process_started="1",
            queue="cpu",
            device="cpu",
            last_seen_at=timezone.now(),
        )


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    memory.warm.clear()  # primary keys come again after a rollback
    with registered(*TOYS, *LONG_JOBS):
        yield
    memory.warm.clear()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def start(strategy: str) -> Run:
    somebody = first_start(now=timezone.now())
    values = {
        "problem": {"name": "blobs"},
        "space": {"name": "bit_strings", "config": {"num_bits": 12}},
        "strategy": {"name": strategy},
        "estimator": {"name": "ones"},
        "objectives": ["accuracy:maximise", "macs:minimise"],
        "budget": {"trials": 500},
        "seed": 5,
        "num_reported": 2,
    }
    return run_create(team=somebody.team, by=somebody.user, name="long jobs", values=values, now=timezone.now())


def outcome(run: Run) -> dict[str, Any]:
    """Everything the search did and knows: no times, no keys of rows."""
    replica = run.replicas.get()
    proposals = list(Proposal.objects.filter(replica=replica).select_related("checkpoint").order_by("number"))
    trials = list(Trial.objects.filter(run=run).select_related("architecture", "proposal").order_by("number"))
    state = memory.restore(run, replica).strategy.state_dict()
    return {
        "state": run.state,
        "proposals": [(p.number, p.body, p.result) for p in proposals],
        "checkpoints": [hashlib.sha256(artifact_bytes(p.checkpoint)).hexdigest() for p in proposals if p.checkpoint],
        "trials": [
            (t.number, t.proposal.number, t.serial, t.architecture.key, t.state, t.metrics, t.told_order, t.hypervolume)
            for t in trials
        ],
        "front": [t.number for t in trials if t.on_front],
        "reported": [(t.number, t.report_result["metrics"]) for t in trials if t.report_result],
        "curves": [(t.number, c.step, c.metrics) for t in trials for c in t.curve.order_by("step")],
        "views": sorted((v.name, str(v.data)) for v in ReplicaView.objects.filter(replica=replica, name="weights")),
        "strategy": (state.data, {name: tensor.tobytes() for name, tensor in state.tensors.items()}),
        "findings": replica.findings,
        "counts": (replica.num_asked, replica.num_told, replica.num_trials, replica.num_failed),
    }


def undisturbed(world: World, strategy: str) -> dict[str, Any]:
    """The search as it goes when nothing happens; leaves in `world.passings` how often each point was passed."""
    found = outcome(world.finish(start(strategy)))
    assert found["state"] == RunState.COMPLETED
    return found


@pytest.mark.parametrize("strategy", SEARCHES)
def test_found_architectures_become_trials_and_the_front(world: World, strategy: str) -> None:
    found = undisturbed(world, strategy)
    num_found = {"toy_supernet_search": 2 * 3, "toy_islands": 2 * 2 * 2}[strategy]
    assert [number for number, *_ in found["trials"]] == list(range(num_found))
    assert [told for *_, told, _ in found["trials"]] == sorted(told for *_, told, _ in found["trials"])
    assert found["front"]
    assert len(found["reported"]) == min(2, len({key for *_, key, _, _, _, _ in found["trials"]}))
    assert all("test_accuracy" in metrics for _, metrics in found["reported"])


def test_the_command_line_does_the_same(world: World, tmp_path: Path) -> None:
    run = start("toy_supernet_search")
    found = outcome(world.finish(run))
    specification = specification_of(run)
    setup = setup_of(run)
    local = list(search(specification.strategy_for(setup), setup, Budget(trials=2)))
    assert [(f.proposal.id, f.proposal.as_json(), f.result.as_json()) for f in local] == found["proposals"]
    assert sum(len(f.reported) for f in local) == len(found["trials"])


@pytest.mark.parametrize("point", [*WORKER_POINTS, *CONTROL_POINTS])
@pytest.mark.parametrize("strategy", SEARCHES)
def test_death_at_every_passing_of_a_point_changes_nothing(world: World, strategy: str, point: str) -> None:
    expected = undisturbed(world, strategy)
    num_passings = world.passings[point]
    assert num_passings >= 3
    for nth in range(1, num_passings + 1):
        world.passings.clear()

        def die(at: str, passing: int, nth: int = nth) -> None:
            if (at, passing) == (point, nth):
                raise Died

        world.at_point = die
        run = world.finish(start(strategy))
        assert outcome(run) == expected, f"death at passing {nth} of {point}"
        lost = Attempt.objects.filter(job__run=run, outcome=AttemptOutcome.LOST)
        # After the last commit of a job nothing is left to lose.
        assert lost.count() <= 1 if point in WORKER_POINTS else lost.count() == 0


@pytest.mark.parametrize("strategy", SEARCHES)
def test_interrupted_after_every_commit_it_goes_on_where_it_was(world: World, strategy: str) -> None:
    expected = undisturbed(world, strategy)
    world.stops_after_each_commit = True
    run = world.finish(start(strategy))
    assert outcome(run) == expected
    interrupted = Attempt.objects.filter(job__run=run, outcome=AttemptOutcome.INTERRUPTED)
    assert interrupted.count() >= 2 * 2  # each leg or round was cut several times


@pytest.mark.parametrize("strategy", SEARCHES)
def test_a_late_commit_is_refused_whichever_it_is(world: World, strategy: str) -> None:
    """A worker thought dead is only slow: while it is about to commit, another one takes its job and ends it."""
    expected = undisturbed(world, strategy)
    for nth in range(1, world.passings["commit.before"] + 1):
        world.passings.clear()
        before: list[Any] = []

        def overtake(at: str, passing: int, nth: int = nth, before: list[Any] = before) -> None:
            if (at, passing) != ("commit.before", nth):
                return
            slow = Job.objects.get(state=JobState.RUNNING)
            worker_lost.dead_workers_release(host=HOST, now=timezone.now())
            assert world.work(world.new_worker())
            slow.refresh_from_db()
            assert slow.state == JobState.DONE
            before.append((slow, rows_of(slow)))

        world.at_point = overtake
        run = world.finish(start(strategy))
        assert outcome(run) == expected, f"overtaken at commit {nth}"
        ((slow, rows),) = before
        assert rows_of(slow) == rows, "a refused commit left something behind"
        outcomes = list(Attempt.objects.filter(job=slow).order_by("fence").values_list("outcome", flat=True))
        assert outcomes == [AttemptOutcome.LOST, AttemptOutcome.DONE]


def rows_of(job: Job) -> list[Any]:
    """What workers write for a job; what the strategy is told later is no part of it."""
    proposals = Proposal.objects.filter(job=job).order_by("number")
    trials = Trial.objects.filter(proposal__job=job).order_by("number")
    return [
        list(proposals.values("number", "result", "checkpoint", "finished_at")),
        list(trials.values("number", "serial", "state", "metrics", "finished_at")),
    ]


@pytest.mark.parametrize("snapshot_every", [1, 2, 1_000])
@pytest.mark.parametrize("strategy", SEARCHES)
def test_the_strategy_is_put_together_again_before_every_advance(
    world: World, strategy: str, snapshot_every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a snapshot with tensors, from a snapshot and the steps since, from the steps alone."""
    expected = undisturbed(world, strategy)
    monkeypatch.setattr(memory, "SNAPSHOT_EVERY", snapshot_every)
    num_restored = 0
    restore = memory.restore

    def counted(run: Run, replica: Any) -> memory.Memory:
        nonlocal num_restored
        num_restored += 1
        return restore(run, replica)

    monkeypatch.setattr(memory, "restore", counted)
    world.at_point = lambda point, passing: memory.warm.clear()
    run = world.finish(start(strategy))
    monkeypatch.setattr(memory, "restore", restore)
    assert num_restored >= run.replicas.get().version
    assert outcome(run) == expected
    assert run.replicas.get().snapshots.exists() == (snapshot_every < 1_000)
