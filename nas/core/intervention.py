"""What a person may change about a search that is under way. Each change is part of the record, and replays.

Some are for the strategy (`Strategy.intervene` takes them), the others change how much is asked of it and until when:
`RunSpecification.after` says what a run's specification is once they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nas.core.budget import Budget
from nas.core.errors import StateMismatch
from nas.core.objective import Constraint
from nas.core.proposal import Genotype, Proposal


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


@dataclass(frozen=True, slots=True)
class ForbidOperations:
    """From now on no architecture that uses one of these is proposed; those forbidden before and not named are allowed again."""

    operations: tuple[str, ...]
    kind: ClassVar[str] = "forbid_operations"

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "operations": list(self.operations)}


@dataclass(frozen=True, slots=True)
class ChangeParallelism:
    """From now on so many trials may be waiting or running at once; what is under way is finished."""

    parallelism: int
    kind: ClassVar[str] = "change_parallelism"

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "parallelism": self.parallelism}


@dataclass(frozen=True, slots=True)
class ChangeBudget:
    """From now on this is the limit of the run."""

    budget: Budget
    kind: ClassVar[str] = "change_budget"

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "budget": self.budget.as_json()}


ForStrategy = Retry | AddArchitecture | ChangeConstraints | ForbidOperations
"""What a strategy has to know of."""

Intervention = ForStrategy | ChangeParallelism | ChangeBudget


def intervention_from_json(value: Mapping[str, Any]) -> Intervention:
    """The inverse of `as_json`. Raises StateMismatch for an unknown kind."""
    match value["kind"]:
        case Retry.kind:
            return Retry(tuple(Proposal.from_json(p) for p in value["proposals"]))
        case AddArchitecture.kind:
            return AddArchitecture(value["genotype"])
        case ChangeConstraints.kind:
            return ChangeConstraints(tuple(Constraint.parse(c) for c in value["constraints"]))
        case ForbidOperations.kind:
            return ForbidOperations(tuple(str(name) for name in value["operations"]))
        case ChangeParallelism.kind:
            return ChangeParallelism(int(value["parallelism"]))
        case ChangeBudget.kind:
            return ChangeBudget(Budget.parse(value["budget"]))
    raise StateMismatch(f"there is no intervention of kind {value['kind']!r}")
