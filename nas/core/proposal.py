"""What a strategy wants done next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Genotype = dict[str, Any]
"""The JSON object that encodes an architecture inside its space."""

EVALUATE = "evaluate"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One numbered wish of a strategy.

    Attributes:
      id: 0, 1, 2 … in its replica, in the order of asking.
      genotype: the architecture to evaluate; None for kinds that are not about one architecture.
      kind: the job kind that carries it out ("evaluate", "train_supernet", "evolve").
      fidelity: how much to spend, in the estimator's own words ({"epochs": 4}); empty = the estimator's full setting.
      parents: ids of the proposals it descends from, most important first.
      operator: how it came about ("random", "mutate:operation", "crossover", "retry", "added").
      continues: the id of an earlier proposal whose checkpoint this one goes on from.
      began_as: with `continues`, the id of the first of that chain: its seed is that of them all.
      inherits: the id of an earlier proposal whose trained weights this one starts from, wherever they fit.
      keeps_network: whether its trained network is stored at the end, for others to inherit from.
      payload: what other kinds need ({"steps": 200}).
      meta: facts for people and views ({"changed": ["edges.3"]}); carries no meaning for the job.
    """

    id: int
    genotype: Genotype | None = None
    kind: str = EVALUATE
    fidelity: Mapping[str, Any] = field(default_factory=dict)
    parents: tuple[int, ...] = ()
    operator: str = "random"
    continues: int | None = None
    began_as: int | None = None
    inherits: int | None = None
    keeps_network: bool = False
    payload: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.id < 0:
            raise ValueError(f"a proposal's id counts from 0, got {self.id}")
        if self.kind == EVALUATE and self.genotype is None:
            raise ValueError("an evaluate-proposal needs a genotype")

    @property
    def seed_id(self) -> int:
        """The id its training takes its seed from: a continued training is the one that was begun."""
        return self.id if self.began_as is None else self.began_as

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "genotype": self.genotype,
            "kind": self.kind,
            "fidelity": dict(self.fidelity),
            "parents": list(self.parents),
            "operator": self.operator,
            "continues": self.continues,
            "began_as": self.began_as,
            "inherits": self.inherits,
            "keeps_network": self.keeps_network,
            "payload": dict(self.payload),
            "meta": dict(self.meta),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Proposal:
        """The inverse of `as_json`; reads those that were stored before a field was there."""
        return cls(**{**value, "parents": tuple(value["parents"])})
