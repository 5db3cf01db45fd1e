"""What a search for connections asks of a run."""

from __future__ import annotations

from nas.core.errors import InvalidConfig
from nas.core.metric import METRICS, MetricSource
from nas.core.problem import supervised
from nas.core.setup import SearchSetup
from nas.spaces.connections import Connections


def scored_metric(setup: SearchSetup) -> str:
    """The first objective that training delivers: what a population is scored by.

    Raises InvalidConfig for another space than `connections`, data that it cannot read, and where there is no such objective.
    """
    space, problem = setup.space, setup.problem
    if not isinstance(space, Connections):
        raise InvalidConfig.at(
            "space", f"this search changes connection matrices; choose the space connections, not {space.name}"
        )
    supervised(problem)
    found = [o.metric for o in setup.objectives if METRICS[o.metric].source is MetricSource.QUALITY]
    for metric in found:
        if metric in problem.metrics():
            return metric
    raise InvalidConfig.at(
        "objectives", f"one objective must be what training measures: {', '.join(problem.metrics())}"
    )
