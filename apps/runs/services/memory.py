"""A replica's strategy in memory: warm in the control process, else put together again from the last snapshot and the record.

Restoring replays the Advance rows since the snapshot and compares what the strategy proposes with what it proposed then.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import nas
from apps.artifacts.selectors import artifact_bytes
from apps.artifacts.services import artifact_store
from apps.runs.engine import setup_of, specification_now
from apps.runs.models import Advance, Proposal, Replica, Run, Snapshot
from apps.runs.services.progress import Progress
from apps.runs.specification import RunSpecification
from apps.runs.steering import Steering
from apps.runs.tensors import tensors_from_bytes, tensors_to_bytes
from nas.core.errors import StateMismatch
from nas.core.intervention import ForStrategy, Intervention, intervention_from_json
from nas.core.setup import SearchSetup
from nas.core.strategy import State, Strategy

WARM_REPLICAS = 64
SNAPSHOT_EVERY = 25
KEPT_SNAPSHOTS = 2


@dataclass
class Memory:
    """What the control side knows of a replica at `version`."""

    version: int
    specification: RunSpecification  # with all that people changed up to then
    steering: Steering
    setup: SearchSetup  # as the run began; the strategy holds the rules that hold now
    strategy: Strategy
    progress: Progress
    views_at: float = float("-inf")  # monotonic seconds of the last stored views
    group: list[Any] = field(default_factory=list)  # apps.runs.services.reuse.reuse_group; worked out when first needed

    def change(self, change: Intervention) -> None:
        """Carry out what a person asked for."""
        self.steering = self.steering.after(change)
        self.specification = self.steering.applied_to(self.specification)
        if isinstance(change, ForStrategy):
            self.strategy.intervene(change)


class WarmMemories:
    """The memories of this process, least recently used first; one lock per replica keeps threads of one process apart."""

    def __init__(self) -> None:
        self._memories: OrderedDict[int, Memory] = OrderedDict()
        self._locks: dict[int, threading.Lock] = {}
        self._guard = threading.Lock()

    def lock(self, replica_id: int) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(replica_id, threading.Lock())

    def recall(self, run: Run, replica: Replica) -> Memory:
        """The memory at `replica.version`. Raises StateMismatch when the record does not lead there."""
        with self._guard:
            memory = self._memories.pop(replica.pk, None)
        if memory is None or memory.version != replica.version:
            memory = restore(run, replica)
        with self._guard:
            self._memories[replica.pk] = memory
            while len(self._memories) > WARM_REPLICAS:
                self._locks.pop(self._memories.popitem(last=False)[0], None)
        return memory

    def clear(self) -> None:
        with self._guard:
            self._memories.clear()

    def forget(self, replica_id: int) -> None:
        """The memory went ahead of the database (a transaction failed): it must be restored."""
        with self._guard:
            self._memories.pop(replica_id, None)


warm = WarmMemories()


def restore(run: Run, replica: Replica) -> Memory:
    specification = specification_now(run, replica)
    setup = setup_of(run, replica=replica.number)
    strategy = specification.strategy_for(setup)
    snapshot = replica.snapshots.filter(advance_number__lte=replica.version).order_by("-advance_number").first()
    replayed_to = 0
    if snapshot is not None:
        tensors = tensors_from_bytes(artifact_bytes(snapshot.tensors)) if snapshot.tensors else {}
        strategy.load_state_dict(State(version=snapshot.state_version, data=snapshot.data, tensors=tensors))
        replayed_to = snapshot.advance_number
    for advance in replica.advances.filter(number__gt=replayed_to, number__lte=replica.version).order_by("number"):
        _replay(strategy, replica, advance)
    progress = Progress.of(run, replica, specification)
    return Memory(replica.version, specification, Steering.of(replica), setup, strategy, progress)


def _replay(strategy: Strategy, replica: Replica, advance: Advance) -> None:
    for body in advance.interventions:
        change = intervention_from_json(body)
        if isinstance(change, ForStrategy):
            strategy.intervene(change)
    told = [number for number, _, _ in advance.steps if number is not None]
    results = {p.number: p.outcome() for p in Proposal.objects.filter(replica=replica, number__in=told).defer("body")}
    for number, num_asked, num_proposed in advance.steps:
        if number is not None:
            strategy.tell(number, results[number])
        if num_asked:
            proposed = len(strategy.ask(num_asked))
            if proposed != num_proposed:
                raise StateMismatch(
                    f"replaying step {advance.number} of replica {replica.number}, the strategy proposed {proposed} instead of "
                    f"{num_proposed}: it was changed since the run began (this is engine {nas.__version__})"
                )


def snapshot_due(version: int) -> bool:
    return version % SNAPSHOT_EVERY == 0


def snapshot_store(replica: Replica, memory: Memory) -> None:
    """Write the state at `memory.version`; keeps the last two. Call it inside the advance's transaction."""
    state = memory.strategy.state_dict()
    tensors = artifact_store(content=tensors_to_bytes(state.tensors), kind="snapshot") if state.tensors else None
    Snapshot.objects.create(
        replica=replica,
        advance_number=memory.version,
        state_version=state.version,
        data=dict(state.data),
        tensors=tensors,
        engine_version=nas.__version__,
    )
    replica.snapshots.filter(advance_number__lte=memory.version - KEPT_SNAPSHOTS * SNAPSHOT_EVERY).delete()
