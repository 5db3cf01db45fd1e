"""A search strategy: proposes architectures, learns from results.

`Strategy` is the contract; `AskTell` is the part every ask-and-tell strategy shares: numbering, what is pending,
interventions that a person makes, and the rule that a result is told exactly once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import numpy.typing as npt
from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, NasError, ProtocolError, StateMismatch
from nas.core.estimator import StartsWarm
from nas.core.intervention import AddArchitecture, ChangeConstraints, ForbidOperations, ForStrategy, Retry
from nas.core.metric import METRICS, MetricSource
from nas.core.objective import Constraint
from nas.core.proposal import EVALUATE, Genotype, Proposal
from nas.core.randomness import generator_for
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.space import Mutation, space_fingerprint
from nas.core.stored_networks import StoredNetworks
from nas.core.view import View

Drawn = TypeVar("Drawn", Genotype, Mutation)

MAX_TRIES = 5_000
"""Draws before a constraint is declared impossible (published loops retry for ever; a person wants an answer)."""

MAX_FAILURES = 3
"""Failures of one architecture after which it is black-listed: not drawn again in this run."""

REMEMBERED_FAILURES = 1_000
"""Architectures whose failures are counted; the one that failed longest ago is forgotten first, so state stays bounded."""

BLAMELESS = frozenset({ResultStatus.INFEASIBLE, ResultStatus.CANCELLED})
"""Ends that say nothing about whether the architecture can be evaluated."""


@dataclass(frozen=True, slots=True)
class State:
    """A strategy's memory: JSON, and tensors by name (stored as safetensors). No pickle.

    The order of keys in an object is lost in storage (PostgreSQL's jsonb); where order matters, write a list.
    """

    version: int
    data: Mapping[str, Any]
    tensors: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


@runtime_checkable
class Strategy(Protocol):
    """The contract. Everything it draws comes from `generator_for(run_seed, replica, proposal_id)`."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    version: ClassVar[int]
    requires: ClassVar[tuple[type, ...]]
    fresh_because: str
    Config: ClassVar[type[BaseConfig]]

    @classmethod
    def most_evaluations(cls, config: Any) -> int | None:
        """How many evaluations a search of that configuration asks for at most; None where only the budget ends it."""
        ...

    def __init__(self, config: Any, setup: SearchSetup) -> None: ...

    def ask(self, num_proposals: int) -> list[Proposal]:
        """Up to that many proposals that can run now, in parallel; [] while it must wait."""
        ...

    def tell(self, proposal_id: int, result: Result) -> None:
        """Learn; exactly once per proposal, in the recorded order. Raises ProtocolError otherwise."""
        ...

    def intervene(self, change: ForStrategy) -> None: ...

    def done(self) -> bool:
        """True when it has nothing more to propose, whatever the budget."""
        ...

    def state_dict(self) -> State: ...

    def load_state_dict(self, state: State) -> None: ...

    def views(self) -> list[View]: ...


@runtime_checkable
class ContinuesTrainings(Protocol):
    """A strategy whose proposals build on checkpoints of earlier ones (`Proposal.continues`, `Proposal.inherits`)."""

    def checkpoints_needed(self) -> frozenset[int] | None:
        """Told proposals whose checkpoints it may still build on; bounded. Those of all others may be thrown away: a
        training to continue is repeated from its seed, so that costs time, never a result. None when it builds on none."""
        ...


@runtime_checkable
class LeavesWeights(Protocol):
    """A strategy whose trained weights are of use when it is over: other searches score with them."""

    def checkpoints_left(self) -> frozenset[int]:
        """The proposals that have them."""
        ...


class AskTell(ABC):
    """Shared part of strategies that propose single architectures.

    A subclass writes `_propose` (what is next), `_learn` (one result), `_save` and `_load` (its own memory as JSON,
    built anew by each `_save`), `_save_tensors` and `_load_tensors` if it has numbers in bulk, and `_is_exhausted` if it
    can run out of proposals.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    Config: ClassVar[type[BaseConfig]]
    version: ClassVar[int] = 1
    requires: ClassVar[tuple[type, ...]] = ()
    fresh_because: str = ""
    """Why a result that is known already does not serve it as well as a fresh one; "" where it does."""

    @classmethod
    def most_evaluations(cls, config: Any) -> int | None:
        return None

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        """Raises InvalidConfig when the space cannot do what the strategy requires."""
        for capability in self.requires:
            if not isinstance(setup.space, capability):
                raise InvalidConfig.at(
                    "strategy",
                    f"{self.title} needs a space that is {capability.__name__.lower()}; {setup.space.title} is not",
                )
        self.config = config
        self.setup = setup
        self._next_id = 0
        self._pending: dict[int, Proposal] = {}
        self._failures: dict[str, int] = {}  # canonical form → failures, the latest to fail last
        self._queue: deque[Proposal] = deque()  # what people asked for; ids are given when asked
        self._networks: StoredNetworks | None = None  # those that an estimator begins trainings with
        if isinstance(setup.estimator, StartsWarm):
            self._networks = StoredNetworks()
            self.fresh_because = "trainings begin with earlier networks, and a known result comes without one"

    @abstractmethod
    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        """The proposal of that id, or None while it must wait for results. Draws only from `rng`."""

    @abstractmethod
    def _learn(self, proposal: Proposal, result: Result) -> None: ...

    @abstractmethod
    def _save(self) -> Mapping[str, Any]: ...

    @abstractmethod
    def _load(self, data: Mapping[str, Any]) -> None: ...

    def _save_tensors(self) -> Mapping[str, npt.NDArray[Any]]:
        """Numbers in bulk, by name; kept bit for bit. Arrays that are never changed in place from now on."""
        return {}

    def _load_tensors(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        """Called after `_load`. May raise KeyError or ValueError for what is not its own."""
        if tensors:
            raise ValueError(f"tensors where none belong: {', '.join(sorted(tensors)):.100}")

    def _is_exhausted(self) -> bool:
        return False

    def _rules_changed(self) -> None:  # noqa: B027 - most keep nothing
        """Constraints or forbidden operations are others than before (`self.setup` has them): what may not be proposed
        any more breeds no more either, or nearly all that is drawn near it would be refused."""

    def done(self) -> bool:
        return not self._queue and self._is_exhausted()

    def views(self) -> list[View]:
        return []

    def ask(self, num_proposals: int) -> list[Proposal]:
        """As the contract says. Raises ConstraintLeavesNothing when the very first proposal cannot be drawn; when a
        later one cannot, those before it are returned and the next call raises: nothing asked for is ever lost."""
        if num_proposals < 0:
            raise ProtocolError(f"num_proposals must be at least 0, got {num_proposals}")
        asked: list[Proposal] = []
        while len(asked) < num_proposals:
            if self._queue:
                proposal: Proposal | None = replace(self._queue.popleft(), id=self._next_id)
            elif self.done():
                break
            else:
                rng = generator_for(self.setup.run_seed, self.setup.replica, self._next_id)
                try:
                    proposal = self._propose(self._next_id, rng)
                except ConstraintLeavesNothing:
                    if asked:
                        break
                    raise
            if proposal is None:
                break
            if self._networks is not None:
                proposal = self._networks.begin(proposal)
            self._pending[proposal.id] = proposal
            self._next_id += 1
            asked.append(proposal)
        return asked

    def tell(self, proposal_id: int, result: Result) -> None:
        """As the contract says. Test metrics are taken out first: a search must not learn from them."""
        if result.proposal_id != proposal_id:
            raise ProtocolError(f"proposal {proposal_id} was told the result of proposal {result.proposal_id}")
        proposal = self._pending.get(proposal_id)
        if proposal is None:
            state = "already told" if 0 <= proposal_id < self._next_id else "never asked for"
            raise ProtocolError(f"proposal {proposal_id} was {state}")
        missing = [o.metric for o in self.setup.objectives if o.metric not in result.metrics]
        if result.status.is_ok and proposal.kind == EVALUATE and missing:
            raise ProtocolError(
                f"the result of proposal {proposal_id} is {result.status} but lacks {', '.join(missing)}"
            )
        del self._pending[proposal_id]
        if not result.status.is_ok and result.status not in BLAMELESS:
            self._count_failure(proposal)
        if self._networks is not None:
            self._networks.learn(proposal, result, self.setup.objectives[0])
        self._learn(proposal, replace(result, metrics=_without_test(result.metrics)))

    def networks_needed(self) -> frozenset[int]:
        """Told proposals whose trained networks later ones may begin with, where the estimator begins with any."""
        if self._networks is None:
            return frozenset()
        on_the_way = {p.inherits for p in (*self._pending.values(), *self._queue) if p.inherits is not None}
        return self._networks.ids | on_the_way

    def _count_failure(self, proposal: Proposal) -> None:
        if proposal.genotype is None:
            return
        canonical = self.setup.space.canonical(proposal.genotype)
        self._failures[canonical] = self._failures.pop(canonical, 0) + 1
        if len(self._failures) > REMEMBERED_FAILURES:
            del self._failures[next(iter(self._failures))]

    def _is_blacklisted(self, genotype: Genotype) -> bool:
        return bool(self._failures) and self._failures.get(self.setup.space.canonical(genotype), 0) >= MAX_FAILURES

    def intervene(self, change: ForStrategy) -> None:
        """A subclass that keeps architectures says in `_rules_changed` what becomes of those that are allowed no more."""
        match change:
            case Retry(proposals):
                self._queue.extend(replace(p, operator="retry", parents=(p.id,)) for p in proposals)
            case AddArchitecture(genotype):
                self._queue.append(Proposal(id=0, genotype=self.setup.space.validate(genotype), operator="added"))
            case ChangeConstraints(constraints):
                self.setup = replace(self.setup, constraints=constraints)
                self._rules_changed()
            case ForbidOperations(operations):
                self.setup = replace(self.setup, forbidden=frozenset(operations))
                self._rules_changed()

    def state_dict(self) -> State:
        return State(
            version=self.version,
            data={
                "strategy": self.name,
                "space": space_fingerprint(self.setup.space),
                "next_id": self._next_id,
                "pending": [p.as_json() for p in self._pending.values()],
                "queue": [p.as_json() for p in self._queue],
                "constraints": [c.as_json() for c in self.setup.constraints],
                "forbidden": sorted(self.setup.forbidden),
                "failures": [[canonical, count] for canonical, count in self._failures.items()],
                "networks": None if self._networks is None else self._networks.as_json(),
                "own": dict(self._save()),
            },
            tensors=self._save_tensors(),
        )

    def load_state_dict(self, state: State) -> None:
        """Go on as the one that wrote `state`. Raises StateMismatch; the object is then of no further use."""
        if state.version != self.version:
            raise StateMismatch(f"the stored state has version {state.version}, this strategy reads {self.version}")
        try:
            data = state.data
            written_by, here = (data["strategy"], data["space"]), (self.name, space_fingerprint(self.setup.space))
            if written_by != here:
                raise StateMismatch(f"the stored state belongs to strategy and space {written_by}, this run has {here}")
            self._next_id = int(data["next_id"])
            self._pending = {p["id"]: Proposal.from_json(p) for p in data["pending"]}
            self._queue = deque(Proposal.from_json(p) for p in data["queue"])
            self.setup = replace(
                self.setup,
                constraints=tuple(Constraint.parse(c) for c in data["constraints"]),
                forbidden=frozenset(data["forbidden"]),
            )
            self._failures = {str(canonical): int(count) for canonical, count in data["failures"]}
            if self._networks is not None:
                self._networks = StoredNetworks.from_json(data["networks"])
            self._load(data["own"])
            self._load_tensors(state.tensors)
        except StateMismatch:
            raise
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, NasError) as error:
            raise StateMismatch(f"the stored state cannot be read: {error!r}") from error

    def _draw_feasible(self, draw: Callable[[], Drawn]) -> Drawn:
        """`draw()` until what it returns is feasible (`SearchSetup.is_feasible`) and not black-listed.

        Raises ConstraintLeavesNothing after MAX_TRIES draws.
        """
        return next(self._feasible(draw))

    def _feasible(self, draw: Callable[[], Drawn]) -> Iterator[Drawn]:
        """Those of MAX_TRIES draws that may be proposed, drawn as they are taken.

        Raises ConstraintLeavesNothing when it was not a single one.
        """
        num_feasible = num_blacklisted = 0
        for _ in range(MAX_TRIES):
            drawn = draw()
            genotype = drawn.genotype if isinstance(drawn, Mutation) else drawn
            if self._is_blacklisted(genotype):
                num_blacklisted += 1
            elif self.setup.is_feasible(genotype):
                num_feasible += 1
                yield drawn
        if num_feasible:
            return
        drew = f"none of {MAX_TRIES:,} architectures drawn from {self.setup.space.title}"
        if num_blacklisted == MAX_TRIES:
            raise ConstraintLeavesNothing(f"{drew} is left: each failed {MAX_FAILURES} times; look at the reasons")
        limits = [f"meets {' and '.join(str(c) for c in self.setup.constraints)}"] if self.setup.constraints else []
        limits += [f"does without {', '.join(sorted(self.setup.forbidden))}"] if self.setup.forbidden else []
        raise ConstraintLeavesNothing(f"{drew} {' and '.join(limits)}; loosen the constraint or change the space")


def _without_test(metrics: Mapping[str, float]) -> dict[str, float]:
    return {n: v for n, v in metrics.items() if n not in METRICS or METRICS[n].source is not MetricSource.TEST}
