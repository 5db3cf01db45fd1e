"""An estimator: turns an architecture into metrics, at some fidelity and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from nas.core.config import Config as BaseConfig
from nas.core.problem import Problem
from nas.core.proposal import Genotype
from nas.core.space import Space


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What is to be evaluated.

    Attributes:
      wanted: metric names the run's objectives and constraints need beyond quality ("latency_ms").
      seed: seeds initial weights, order of batches, augmentation.
      device: "cpu", "cuda:0" …
      with_test: also deliver `test_*` metrics; only the report of finished runs asks for it.
    """

    space: Space
    problem: Problem
    genotype: Genotype
    seed: int
    fidelity: Mapping[str, Any] = field(default_factory=dict)
    wanted: frozenset[str] = frozenset()
    device: str = "cpu"
    with_test: bool = False


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


@dataclass(frozen=True, slots=True)
class BenchmarkTable:
    """A benchmark table as columns: one row per architecture, keyed by the space's canonical form.

    Attributes:
      rows: canonical form → row number.
      columns: column name → values (float64, NaN where the table has none).
    """

    name: str
    space: str
    rows: Mapping[str, int]
    columns: Mapping[str, Any]
    source: str
    licence: str
    fingerprint: str


class TableLibrary(Protocol):
    """Where the `table` estimator finds imported benchmark tables by reference."""

    def load_table(self, reference: str) -> BenchmarkTable: ...
