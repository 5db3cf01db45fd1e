"""Jobs: what a worker gets, and what a job may use of the place it runs in.

A kind of job is registered like a strategy. The platform (apps/, tasks/) and the command line each bring a context;
a kind never knows which one it runs in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar, runtime_checkable

from numpy.random import Generator

from nas.core.proposal import Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.view import View

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reported:
    """An architecture that a supernet or island job found; becomes a trial of its own. `serial` counts from 0 in its proposal."""

    proposal_id: int
    serial: int
    genotype: Genotype
    metrics: Mapping[str, float]


class JobContext(Protocol):
    """The world as a job sees it. Calls that reach the database raise LeaseLost once the job is no longer this worker's."""

    @property
    def kind(self) -> str: ...

    @property
    def setup(self) -> SearchSetup: ...

    @property
    def proposals(self) -> Sequence[Proposal]:
        """Those of this job whose result is not committed yet, in order."""
        ...

    @property
    def device(self) -> str:
        """ "cpu", "cuda:0" …"""
        ...

    def generator(self, proposal_id: int) -> Generator:
        """The draws of this proposal's work, the same on every attempt."""
        ...

    def training_seed(self, proposal_id: int) -> int: ...

    def cached(self, key: str, make: Callable[[], T]) -> T:
        """`make()`, kept warm in this process under `key`; the least recently used go when memory runs short."""
        ...

    def checkpoint(self, proposal_id: int) -> bytes | None:
        """The last committed checkpoint of this proposal, else of the proposal it continues, else None."""
        ...

    def inherited(self, proposal_id: int) -> bytes | None:
        """The last committed checkpoint of the proposal that this one inherits weights from, None when there is none."""
        ...

    def report(self, proposal_id: int, step: int, metrics: Mapping[str, float]) -> None:
        """A point of the live curve of one proposal; cheap, written in batches."""
        ...

    def should_stop(self) -> bool:
        """True on pause, cancel, shutdown, lost lease. Cheap: ask between batches. Then commit a checkpoint and raise Interrupted."""
        ...

    def commit(
        self,
        *,
        results: Sequence[Result] = (),
        reported: Sequence[Reported] = (),
        checkpoint: tuple[int, bytes] | None = None,
        views: Sequence[View] = (),
    ) -> None:
        """One fenced transaction. Results alone may be held back up to a second to share one; with a checkpoint, at once.

        Args:
          checkpoint: (proposal id, bytes); replaces that proposal's earlier one.
        """
        ...


@runtime_checkable
class JobKind(Protocol):
    name: ClassVar[str]
    title: ClassVar[str]

    def run(self, context: JobContext) -> None:
        """Carry out `context.proposals`, committing a result for each. Raises Interrupted, LeaseLost, or anything (a crash)."""
        ...


def setup_key(setup: SearchSetup) -> str:
    """Names what a worker may keep warm for this search."""
    return f"{setup.space.name}:{setup.problem.fingerprint()}"
