"""A whole search in this process: no database, no broker, one worker. Used by the command line and by tests."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from numpy.random import Generator

from nas.core.budget import Budget
from nas.core.errors import Interrupted, ProtocolError
from nas.core.job import JobKind, Reported
from nas.core.proposal import EVALUATE, Proposal
from nas.core.randomness import training_seed, work_generator
from nas.core.registry import Registry
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.core.view import View
from nas.jobs.train_supernet import TrainSupernet
from nas.registry import job_kinds

T = TypeVar("T")

Curve = Callable[[int, int, Mapping[str, float]], None]
"""Called with (proposal id, step, metrics) for each point of a live curve."""


@dataclass(frozen=True, slots=True)
class Finished:
    """One proposal that ended, and the architectures it reported if its kind finds several."""

    proposal: Proposal
    result: Result
    reported: tuple[Reported, ...] = ()


class LocalContext:
    """A JobContext whose database is this object and whose checkpoints are files in `folder`."""

    def __init__(
        self,
        kind: str,
        setup: SearchSetup,
        proposals: Sequence[Proposal],
        *,
        folder: Path,
        device: str = "cpu",
        should_stop: Callable[[], bool] = lambda: False,
        on_curve: Curve = lambda proposal_id, step, metrics: None,
        cache: dict[str, Any] | None = None,
    ) -> None:
        self.kind = kind
        self.setup = setup
        self.device = device
        self.results: list[Result] = []
        self.reported: list[Reported] = []
        self.views: list[View] = []
        self._given = tuple(proposals)
        self._folder = folder
        self._should_stop = should_stop
        self._on_curve = on_curve
        self._cache: dict[str, Any] = {} if cache is None else cache

    @property
    def proposals(self) -> Sequence[Proposal]:
        committed = {result.proposal_id for result in self.results}
        return [proposal for proposal in self._given if proposal.id not in committed]

    def generator(self, proposal_id: int) -> Generator:
        return work_generator(self.setup.run_seed, self.setup.replica, proposal_id)

    def training_seed(self, proposal_id: int) -> int:
        return training_seed(self.setup.run_seed, self.setup.replica, proposal_id)

    def cached(self, key: str, make: Callable[[], T]) -> T:
        if key not in self._cache:
            self._cache[key] = make()
        return cast(T, self._cache[key])

    def checkpoint(self, proposal_id: int) -> bytes | None:
        continues = {proposal.id: proposal.continues for proposal in self._given}.get(proposal_id)
        return self._stored(proposal_id, continues)

    def inherited(self, proposal_id: int) -> bytes | None:
        return self._stored({proposal.id: proposal.inherits for proposal in self._given}.get(proposal_id))

    def _stored(self, *owners: int | None) -> bytes | None:
        for owner in owners:
            if owner is not None and self._file(owner).exists():
                return self._file(owner).read_bytes()
        return None

    def report(self, proposal_id: int, step: int, metrics: Mapping[str, float]) -> None:
        self._on_curve(proposal_id, step, metrics)

    def should_stop(self) -> bool:
        return self._should_stop()

    def commit(
        self,
        *,
        results: Sequence[Result] = (),
        reported: Sequence[Reported] = (),
        checkpoint: tuple[int, bytes] | None = None,
        views: Sequence[View] = (),
    ) -> None:
        open_ids = {proposal.id for proposal in self.proposals}
        if stray := [result.proposal_id for result in results if result.proposal_id not in open_ids]:
            raise ProtocolError(f"a result was committed for proposals that are not open in this job: {stray}")
        self.results.extend(results)
        self.reported.extend(reported)
        self.views.extend(views)
        if checkpoint is not None:
            owner, content = checkpoint
            self._file(owner).write_bytes(content)

    def _file(self, proposal_id: int) -> Path:
        return self._folder / f"{proposal_id}.checkpoint"


def search(
    strategy: Strategy,
    setup: SearchSetup,
    budget: Budget,
    *,
    kinds: Registry[JobKind] = job_kinds,
    device: str = "cpu",
    should_stop: Callable[[], bool] = lambda: False,
    on_curve: Curve = lambda proposal_id, step, metrics: None,
    on_supernet: Callable[[bytes], None] = lambda checkpoint: None,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Finished]:
    """Ask, carry out, tell, one proposal at a time, until the budget is spent, the strategy is done, or a stop is asked for.

    Yields each proposal once it was told, so whoever stops listening has lost nothing. Bit for bit the same for the
    same setup, where the estimator is. `on_supernet` is given the shared weights after each leg of their training.
    """
    began = now()
    num_asked = 0
    cache: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="nas-search-") as folder:
        while not should_stop():
            if budget.trials is not None and num_asked >= budget.trials:
                return
            if budget.wall_seconds is not None and now() - began >= budget.wall_seconds:
                return
            asked = strategy.ask(1)
            if not asked:
                if strategy.done():
                    return
                raise ProtocolError(f"{strategy.title} waits for results although none is on its way")
            proposal = asked[0]
            num_asked += proposal.kind == EVALUATE
            context = LocalContext(
                proposal.kind,
                setup,
                asked,
                folder=Path(folder),
                device=device,
                should_stop=should_stop,
                on_curve=on_curve,
                cache=cache,
            )
            try:
                kinds.get(proposal.kind)().run(context)
            except Interrupted:
                return
            if context.proposals:
                raise ProtocolError(f"the job {proposal.kind} ended without a result for proposal {proposal.id}")
            result = context.results[0]
            strategy.tell(proposal.id, result)
            if proposal.kind == TrainSupernet.name and result.status.is_ok:
                on_supernet((Path(folder) / f"{proposal.id}.checkpoint").read_bytes())
            yield Finished(proposal, result, tuple(context.reported))
