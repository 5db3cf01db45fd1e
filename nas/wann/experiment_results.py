"""What an experiment plan has found so far: JSON that grows arm by arm, and the table made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from statistics import fmean, stdev
from typing import Any

from nas.core.errors import StateMismatch
from nas.wann.experiment_plan import ARMS, ArmName

VERSION = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """One arm with one seed.

    Attributes:
      test, validation: accuracy, or mean return; of an arm of draws their mean.
      spread: standard deviation over the draws of an arm of draws.
      params: numbers that were chosen for this task: 1 of a shared weight, else one per connection.
      connections: of the network.
      evaluations: spent on choosing them, as `ExperimentPlanConfig.budget` counts; of a search the networks it scored with
        all shared weights.
      details: what else is worth knowing; JSON.
      curve: (evaluations so far, score).
      weights: per connection, of the first seed.
    """

    test: float
    validation: float
    params: int
    connections: int
    evaluations: int
    spread: float | None = None
    draws: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)
    curve: tuple[tuple[int, float], ...] = ()
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One arm over its seeds, or over its draws where it has no seeds (`number` of them). Deviations of one number are None."""

    arm: ArmName
    title: str
    test_mean: float
    test_deviation: float | None
    validation_mean: float
    number: int
    params: float
    connections: float
    evaluations: float


@dataclass(frozen=True, slots=True)
class PlanState:
    """`key`: of the plan; `cells`: "arm:seed" → result; `diagnostics`: JSON, by name."""

    key: str
    cells: Mapping[str, Cell] = field(default_factory=dict)
    diagnostics: Mapping[str, Any] = field(default_factory=dict)

    def of(self, arm: ArmName) -> list[Cell]:
        """Its results so far, by seed."""
        found = [(int(name.partition(":")[2]), cell) for name, cell in self.cells.items() if name.startswith(f"{arm}:")]
        return [cell for _, cell in sorted(found, key=lambda pair: pair[0])]

    def with_cell(self, arm: ArmName, seed: int, cell: Cell) -> PlanState:
        return replace(self, cells={**self.cells, f"{arm}:{seed}": cell})

    def with_diagnostics(self, **found: Any) -> PlanState:
        return replace(self, diagnostics={**self.diagnostics, **found})

    def rows(self) -> list[Row]:
        """The table, in the order of `ARMS`; of an arm that is under way what there is."""
        return [_row(arm, cells) for arm in ARMS if (cells := self.of(arm))]

    def as_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "key": self.key,
            "cells": {name: asdict(cell) for name, cell in self.cells.items()},
            "diagnostics": dict(self.diagnostics),
        }

    @classmethod
    def from_json(cls, value: Any) -> PlanState:
        """Raises StateMismatch."""
        try:
            if value["version"] != VERSION:
                raise StateMismatch(f"the stored results have version {value['version']!r:.20}, this is {VERSION}")
            cells = {str(name): _cell(fields) for name, fields in value["cells"].items()}
            return cls(str(value["key"]), cells, dict(value["diagnostics"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StateMismatch(f"the stored results cannot be read: {error!r:.200}") from None


def _cell(fields: Mapping[str, Any]) -> Cell:
    weights = fields["weights"]
    return Cell(
        **{
            **fields,
            "curve": tuple((int(evaluations), float(score)) for evaluations, score in fields["curve"]),
            "weights": None if weights is None else tuple(map(float, weights)),
        }
    )


def _row(arm: ArmName, cells: list[Cell]) -> Row:
    kind = ARMS[arm]
    tests = [cell.test for cell in cells]
    spread = stdev(tests) if len(tests) > 1 else None
    return Row(
        arm=arm,
        title=kind.title,
        test_mean=fmean(tests),
        test_deviation=spread if kind.per_seed else cells[0].spread,
        validation_mean=fmean(cell.validation for cell in cells),
        number=len(cells) if kind.per_seed else cells[0].draws,
        params=fmean(cell.params for cell in cells),
        connections=fmean(cell.connections for cell in cells),
        evaluations=fmean(cell.evaluations for cell in cells),
    )
