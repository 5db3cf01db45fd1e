"""A grid as columns for its picture: what is known about each place of each stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nas.core.parameter import Value
from nas.core.proposal import Proposal
from nas.core.view import View
from nas.strategies.grid_axes import Axis
from nas.strategies.grid_stage import Place, Stage


def grid_view(stages: Sequence[Stage], running: Sequence[Proposal], best: int | None, metric: str) -> View:
    """One row per place. `state`: open, running, done, best, failed, or broken, where a constraint is not kept."""
    axes = [stages[0].axes[i] for i in stages[0].shown]
    varied = [axis.parameter.name for axis in stages[0].axes if len(axis.values) > 1]
    others = [name for name in varied if name not in {axis.parameter.name for axis in axes}]
    out: dict[tuple[int, tuple[int, ...]], int] = {}
    for proposal in running:
        number = int(proposal.meta["stage"])
        at = (number, stages[number].where(int(proposal.meta["point"])))
        out[at] = out.get(at, 0) + 1
    columns: dict[str, list[Any]] = {name: [] for name in ("stage", "x", "y", "state", "value", "points", "told", "id")}
    for number, stage in enumerate(stages):
        for where, place in stage.places.items():
            columns["stage"].append(number + 1)
            columns["x"].append(_value(stage, 0, where))
            columns["y"].append(_value(stage, 1, where) if len(axes) > 1 else "")
            columns["state"].append(_state(place, out.get((number, where), 0), best))
            columns["value"].append(place.value)
            columns["points"].append(place.open)
            columns["told"].append(place.told)
            columns["id"].append(place.id)
    return View(
        name="grid",
        title="Grid",
        kind="grid",
        data={
            "metric": metric,
            "axes": [_axis(axis) for axis in axes],
            **({"also_varied": ", ".join(others)} if others else {}),
            "frames": [[[s.axes[i].values[0], s.axes[i].values[-1]] for i in s.shown] for s in stages[1:]],
            **columns,
        },
    )


def _axis(axis: Axis) -> dict[str, Any]:
    return {"name": axis.parameter.name, "is_log": axis.is_log, "values": list(axis.values)}


def _value(stage: Stage, axis: int, where: tuple[int, ...]) -> Value:
    return stage.axes[stage.shown[axis]].values[where[axis]]


def _state(place: Place, num_running: int, best: int | None) -> str:
    if best is not None and place.id == best:
        return "best"
    if num_running:
        return "running"
    if place.value is not None:
        return "done" if place.kept else "broken"
    if place.open == 0:
        return "broken"
    return "failed" if place.failed else "open"
