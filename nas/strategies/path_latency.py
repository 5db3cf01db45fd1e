"""Limits on latency, kept without measuring: a table says how long an architecture takes."""

from __future__ import annotations

from nas.core.objective import Constraint, unmet
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.hardware.latency_choice import check_latency, found_latency
from nas.hardware.latency_table import LatencyTable, predict
from nas.hardware.network_pieces import pieces_of

LATENCY = "latency_ms"


class PathLatency:
    """What a latency table says of the architectures of a search; without a table it says nothing and allows everything."""

    def __init__(self, reference: str | None, setup: SearchSetup) -> None:
        """Raises InvalidConfig at "latency_table" when there is no such table, or it lacks entries."""
        self._space, self._problem = setup.space, setup.problem
        self._table: LatencyTable | None = None
        if reference is not None:
            self._table = found_latency(reference, setup.latency)
            check_latency(self._table, setup.space, *self._image, field="latency_table")

    @property
    def _image(self) -> tuple[tuple[int, ...], int]:
        return self._problem.input_shape, self._problem.num_classes

    @property
    def is_known(self) -> bool:
        return self._table is not None

    def of(self, genotype: Genotype) -> float | None:
        """Milliseconds; None without a table."""
        return None if self._table is None else predict(self._table, pieces_of(self._space, genotype, *self._image))

    def limits(self, constraints: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
        """Those that the table can judge."""
        return tuple(c for c in constraints if c.metric == LATENCY) if self.is_known else ()

    def keeps(self, genotype: Genotype, constraints: tuple[Constraint, ...]) -> bool:
        limits = self.limits(constraints)
        latency = self.of(genotype) if limits else None
        return latency is None or not unmet(limits, {LATENCY: latency})
