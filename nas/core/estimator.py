"""An estimator: turns an architecture into metrics, at some fidelity and cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from nas.core.config import Config as BaseConfig
from nas.core.latency import LatencyLibrary
from nas.core.problem import Problem
from nas.core.proposal import Genotype
from nas.core.space import Space
from nas.core.supernet import SupernetLibrary


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What is to be evaluated.

    Attributes:
      wanted: metric names the run's objectives and constraints need beyond quality ("latency_ms").
      seed: seeds initial weights, order of batches, augmentation.
      device: "cpu", "cuda:0" …
      with_test: also deliver `test_*` metrics; only the report of finished runs asks for it.
      inherits: start from the weights that the context has inherited, wherever they fit.
      keeps_network: store the trained network as the last checkpoint.
    """

    space: Space
    problem: Problem
    genotype: Genotype
    seed: int
    fidelity: Mapping[str, Any] = field(default_factory=dict)
    wanted: frozenset[str] = frozenset()
    device: str = "cpu"
    with_test: bool = False
    inherits: bool = False
    keeps_network: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out: finite metrics, the cost in seconds (simulated if `is_simulated`), steps carried out."""

    metrics: Mapping[str, float]
    cost_seconds: float
    steps_done: int
    is_simulated: bool = False


class EvaluationContext(Protocol):
    """What an estimator may use of the place it runs in."""

    def report(self, step: int, metrics: Mapping[str, float]) -> None:
        """A point of the live curve. Cheap; NaN and infinity allowed (shown as a gap)."""
        ...

    def should_stop(self) -> bool:
        """Asked between batches. When True: `save`, then raise Interrupted."""
        ...

    def load(self) -> bytes | None:
        """The last saved checkpoint of this very evaluation (or of the one it continues), None at the first start."""
        ...

    def inherited(self) -> bytes | None:
        """The last checkpoint of the evaluation whose weights this one inherits; None when there is none, or none left."""
        ...

    def save(self, checkpoint: bytes) -> None:
        """Store a checkpoint; durable when the call returns."""
        ...

    def cached(self, key: str, make: Any) -> Any:
        """`make()`, kept warm in this process under `key` between evaluations."""
        ...


@runtime_checkable
class Estimator(Protocol):
    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    version: ClassVar[int]
    is_simulated: ClassVar[bool]
    Config: ClassVar[type[BaseConfig]]

    @property
    def config(self) -> BaseConfig: ...

    def __init__(self, config: Any, library: TableLibrary | None = None) -> None: ...

    def metrics(self, problem: Problem) -> tuple[str, ...]:
        """Every metric name an evaluation can deliver (quality and device), test metrics left out."""
        ...

    def check(self, space: Space, problem: Problem) -> None:
        """Raises InvalidConfig when this estimator cannot serve that space and problem."""
        ...

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        """Raises TrialFailed (diverged, out of memory, …) or Interrupted."""
        ...


@runtime_checkable
class LimitedFidelity(Protocol):
    """An estimator that does not serve every fidelity, and can say so before anything runs."""

    def check_fidelity(self, fidelity: Mapping[str, Any]) -> None:
        """Raises InvalidConfig at "fidelity" or a part of it when it cannot evaluate so."""
        ...


@runtime_checkable
class InheritsWeights(Protocol):
    """An estimator that trains networks, and can start one from the trained weights of another."""

    inherits_weights: ClassVar[bool]


@runtime_checkable
class StartsWarm(Protocol):
    """An estimator that begins every training with an earlier network: each proposal inherits one, and keeps its own."""

    starts_warm: ClassVar[bool]


class ColumnRole(StrEnum):
    """What the numbers of a table's column are; values are stored in the unit behind it, whatever the file had."""

    ACCURACY = "accuracy"  # 0 … 1
    LOSS = "loss"  # nats
    LATENCY = "latency"  # ms
    TRAIN_TIME = "train_time"  # s
    PARAMS = "params"
    MACS = "macs"
    OTHER = "other"  # as the file has it


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: `values` (rows,) float64, NaN where the table has none; `epochs` the training length they stand for."""

    role: ColumnRole
    values: npt.NDArray[np.float64]
    part: str = ""  # "train", "validation", "test" for accuracies and losses
    epochs: int | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkTable:
    """A benchmark table as columns: one row per architecture.

    Tables train networks that are the same function several times (NAS-Bench-201 has 15,625 rows for 6,466 canonical
    forms, each with its own trained values), so the exact genotype decides; the canonical form serves what is not listed.

    Attributes:
      rows: `genotype_text` of the plain genotype → row number.
      canonical_rows: canonical form → the first row that has it.
    """

    name: str
    space: str
    rows: Mapping[str, int]
    canonical_rows: Mapping[str, int]
    columns: Mapping[str, TableColumn]
    source: str
    licence: str
    fingerprint: str

    def row(self, space: Space, genotype: Genotype) -> int | None:
        """The row of `genotype` (in plain form), None when the table has none."""
        found = self.rows.get(genotype_text(genotype))
        return found if found is not None else self.canonical_rows.get(space.canonical(genotype))


def genotype_text(genotype: Genotype) -> str:
    """One text per plain genotype: JSON with sorted keys, without spaces."""
    return json.dumps(genotype, sort_keys=True, separators=(",", ":"))


class TableLibrary(LatencyLibrary, SupernetLibrary, Protocol):
    """Where imported benchmark tables, latency tables and stored supernets are found by reference."""

    def load_table(self, reference: str) -> BenchmarkTable:
        """Raises UnknownName when there is no such table."""
        ...
