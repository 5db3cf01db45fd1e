"""A search strategy: proposes architectures, learns from results.

`Strategy` is the contract; `AskTell` is the part every ask-and-tell strategy shares: numbering, what is pending,
interventions that a person makes, and the rule that a result is told exactly once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy.typing as npt
from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.errors import ConstraintLeavesNothing, InvalidGenotype, ProtocolError, StateMismatch
from nas.core.objective import Constraint
from nas.core.proposal import Genotype, Proposal
from nas.core.randomness import generator_for
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.view import View

MAX_TRIES = 5_000
"""Draws before a constraint is declared impossible (published loops retry for ever; a person wants an answer)."""


@dataclass(frozen=True, slots=True)
class State:
    """A strategy's memory: JSON, and tensors by name (stored as safetensors). No pickle."""

    version: int
    data: Mapping[str, Any]
    tensors: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """Evaluate the failed proposals again, each as a new proposal with operator "retry"."""

    proposals: tuple[Proposal, ...]
    kind: ClassVar[str] = "retry"

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "proposals": [p.as_json() for p in self.proposals]}


@dataclass(frozen=True, slots=True)
class AddArchitecture:
    """Evaluate an architecture a person made or knows, as the next proposal, operator "added"."""

    genotype: Genotype
    kind: ClassVar[str] = "add_architecture"

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "genotype": self.genotype}


@dataclass(frozen=True, slots=True)
class ChangeConstraints:
    """From now on these constraints hold; earlier results stay as they are."""

    constraints: tuple[Constraint, ...]
    kind: ClassVar[str] = "change_constraints"

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "constraints": [c.as_json() for c in self.constraints]}


Intervention = Retry | AddArchitecture | ChangeConstraints


def intervention_from_json(value: Mapping[str, Any]) -> Intervention:
    """The inverse of `as_json`. Raises StateMismatch for an unknown kind."""
    match value["kind"]:
        case Retry.kind:
            return Retry(tuple(Proposal.from_json(p) for p in value["proposals"]))
        case AddArchitecture.kind:
            return AddArchitecture(value["genotype"])
        case ChangeConstraints.kind:
            return ChangeConstraints(tuple(Constraint.parse(c) for c in value["constraints"]))
    raise StateMismatch(f"there is no intervention of kind {value['kind']!r}")


@runtime_checkable
class Strategy(Protocol):
    """The contract. Everything it draws comes from `generator_for(run_seed, replica, proposal_id)`."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    version: ClassVar[int]
    requires: ClassVar[tuple[type, ...]]
    Config: ClassVar[type[BaseConfig]]

    def __init__(self, config: Any, setup: SearchSetup) -> None: ...

    def ask(self, num_proposals: int) -> list[Proposal]:
        """Up to that many proposals that can run now, in parallel; [] while it must wait."""
        ...

    def tell(self, proposal_id: int, result: Result) -> None:
        """Learn; exactly once per proposal, in the recorded order. Raises ProtocolError otherwise."""
        ...

    def intervene(self, change: Intervention) -> None: ...

    def done(self) -> bool:
        """True when it has nothing more to propose, whatever the budget."""
        ...

    def state_dict(self) -> State: ...

    def load_state_dict(self, state: State) -> None: ...

    def views(self) -> list[View]: ...


class AskTell(ABC):
    """Shared part of strategies that propose single architectures.

    A subclass writes `_propose` (what is next), `_learn` (one result), `_save` and `_load` (its own memory as JSON).
    """

    version: ClassVar[int] = 1
    requires: ClassVar[tuple[type, ...]] = ()

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        self.config = config
        self.setup = setup
        self._next_id = 0
        self._pending: dict[int, Proposal] = {}
        self._queue: deque[Proposal] = deque()  # what people asked for; ids are given when asked

    @abstractmethod
    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        """The proposal of that id, or None while it must wait for results. Draws only from `rng`."""

    @abstractmethod
    def _learn(self, proposal: Proposal, result: Result) -> None: ...

    @abstractmethod
    def _save(self) -> Mapping[str, Any]: ...

    @abstractmethod
    def _load(self, data: Mapping[str, Any]) -> None: ...

    def done(self) -> bool:
        return False

    def views(self) -> list[View]:
        return []

    def ask(self, num_proposals: int) -> list[Proposal]:
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
                proposal = self._propose(self._next_id, rng)
            if proposal is None:
                break
            self._pending[proposal.id] = proposal
            self._next_id += 1
            asked.append(proposal)
        return asked

    def tell(self, proposal_id: int, result: Result) -> None:
        proposal = self._pending.pop(proposal_id, None)
        if proposal is None:
            state = "already told" if 0 <= proposal_id < self._next_id else "never asked for"
            raise ProtocolError(f"proposal {proposal_id} was {state}")
        self._learn(proposal, result)

    def intervene(self, change: Intervention) -> None:
        match change:
            case Retry(proposals):
                self._queue.extend(replace(p, operator="retry", parents=(p.id,)) for p in proposals)
            case AddArchitecture(genotype):
                self._queue.append(Proposal(id=0, genotype=self.setup.space.validate(genotype), operator="added"))
            case ChangeConstraints(constraints):
                self.setup = replace(self.setup, constraints=constraints)

    def state_dict(self) -> State:
        return State(
            version=self.version,
            data={
                "next_id": self._next_id,
                "pending": [p.as_json() for p in self._pending.values()],
                "queue": [p.as_json() for p in self._queue],
                "constraints": [c.as_json() for c in self.setup.constraints],
                "own": dict(self._save()),
            },
        )

    def load_state_dict(self, state: State) -> None:
        if state.version != self.version:
            raise StateMismatch(f"the stored state has version {state.version}, this strategy reads {self.version}")
        try:
            data = state.data
            self._next_id = int(data["next_id"])
            self._pending = {p["id"]: Proposal.from_json(p) for p in data["pending"]}
            self._queue = deque(Proposal.from_json(p) for p in data["queue"])
            self.setup = replace(self.setup, constraints=tuple(Constraint.parse(c) for c in data["constraints"]))
            self._load(data["own"])
        except (KeyError, TypeError, ValueError, InvalidGenotype) as error:
            raise StateMismatch(f"the stored state cannot be read: {error!r}") from error

    def _draw_feasible(self, draw: Any) -> Any:
        """`draw()` until `setup.is_feasible(genotype)` of what it returns (a genotype or a Mutation) holds.

        Raises ConstraintLeavesNothing after MAX_TRIES draws.
        """
        for _ in range(MAX_TRIES):
            drawn = draw()
            genotype = drawn if isinstance(drawn, dict) else drawn.genotype
            if self.setup.is_feasible(genotype):
                return drawn
        limits = " and ".join(str(c) for c in self.setup.constraints)
        raise ConstraintLeavesNothing(
            f"none of {MAX_TRIES:,} architectures drawn from {self.setup.space.title} meets {limits}; "
            "loosen the constraint or change the space"
        )
