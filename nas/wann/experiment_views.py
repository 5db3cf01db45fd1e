"""What pages show of an experiment plan. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nas.analysis.bands import band, best_so_far
from nas.core.view import View
from nas.wann.activations import LARGEST_SLOPE
from nas.wann.experiment_plan import ARMS, ArmName
from nas.wann.experiment_results import PlanState

NETWORKS = {"shared": "with the tuned shared weight", "trained": "after training"}
"""The two sets of weights that slopes and gradients are measured with."""

GROUPS: Mapping[str, tuple[ArmName, ...]] = {
    "At most one tuned weight": ("random_weights", "random_shared", "ensemble", "tuned_shared"),
    "All weights tuned": ("backprop", "reinforce", "cma_es"),
    "Other activations": ("relu_wiring",),
    "Other searches": ("search_all", "search_relu", "search_no_vanishing"),
    "Fully connected": ("dense_nearest", "dense_exact", "dense_needed"),
}
"""All arms in their order, by what they change."""

_CURVES: Mapping[str, tuple[str, str, tuple[ArmName, ...]]] = {
    "tuning_curves": (
        "Tuning this topology",
        "evaluations",
        (*GROUPS["All weights tuned"], *GROUPS["Other activations"]),
    ),
    "dense_curves": ("Training fully connected networks", "evaluations", GROUPS["Fully connected"]),
    "search_curves": ("Searching anew", "networks", GROUPS["Other searches"]),
}
"""Title, what is counted and arms of each picture of curves; few lines can be told apart."""

_MOST_POINTS = 60


def experiment_views(state: PlanState) -> list[View]:
    """The table of arms, how tunings climbed, lengths of paths, and slopes by activation; what there is so far."""
    found = [_table(state)]
    found += [_curves(state, name) for name in _CURVES]
    found.append(_paths(state.diagnostics))
    found += [_gains(state.diagnostics, name, words) for name, words in NETWORKS.items()]
    return [view for view in found if view is not None]


def _table(state: PlanState) -> View | None:
    rows = state.rows()
    if not rows:
        return None
    group_of = {arm: group for group, arms in GROUPS.items() for arm in arms}
    data = {
        "metric": state.diagnostics.get("metric"),
        "arm": [row.title for row in rows],
        "group": [group_of[row.arm] for row in rows],
        "test": [row.test_mean for row in rows],
        "deviation": [row.test_deviation for row in rows],
        "validation": [row.validation_mean for row in rows],
        "parameters": [row.params for row in rows],
        "connections": [row.connections for row in rows],
        "evaluations": [row.evaluations for row in rows],
        "results": [row.number for row in rows],
    }
    return View("experiments", "All that was tried", "experiments", data)


def _curves(state: PlanState, name: str) -> View | None:
    """The best so far over evaluations, median and extremes of the seeds; a loss where there are labels, else a return."""
    title, counted, arms = _CURVES[name]
    is_loss = state.diagnostics.get("metric") == "accuracy"
    rows: list[tuple[Any, ...]] = []
    for arm in arms:
        curves = [_loss(cell.curve) if is_loss else cell.curve for cell in state.of(arm) if cell.curve]
        seeds = [best_so_far(*zip(*curve, strict=True), is_larger_better=not is_loss) for curve in curves]
        found = band(seeds, is_larger_better=not is_loss)
        columns = (found.positions, found.median, found.minimum, found.maximum, found.counts)
        rows += [(ARMS[arm].title, *row) for row in _thinned(list(zip(*columns, strict=True)))]
    if not rows:
        return None
    keys = ("arm", "evaluations", "median", "lowest", "highest", "seeds")
    data = {key: list(column) for key, column in zip(keys, zip(*rows, strict=True), strict=True)}
    return View(
        name, title, "tuning_curves", {"metric": "loss" if is_loss else "mean_return", "counted": counted} | data
    )


def _loss(curve: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    return [(evaluations, -score) for evaluations, score in curve]


def _thinned(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The last and every so many-th before it, at most `_MOST_POINTS`."""
    return list(rows[::-1][:: max(1, -(-len(rows) // _MOST_POINTS))][::-1])


def _paths(diagnostics: Mapping[str, Any]) -> View | None:
    """Share of paths per length, and how much of the gradient comes by them."""
    lengths = diagnostics.get("path_lengths")
    if not lengths or not lengths["shares"]:
        return None
    number = len(lengths["shares"])
    data: dict[str, Any] = {
        "length": list(range(number)),
        "paths": lengths["counts"],
        "share": lengths["shares"],
        "mean_length": lengths["mean"],
        "deviation_of_lengths": lengths["deviation"],
        "entropy_of_lengths": lengths["entropy"],
    }
    for name in NETWORKS:
        if (norms := diagnostics.get(f"gradient_by_length_{name}")) is not None:
            data[f"gradient_{name}"] = [*norms, *[0.0] * number][:number]
    return View("path_lengths", "Paths from input to output by length", "path_lengths", data)


def _gains(diagnostics: Mapping[str, Any], name: str, words: str) -> View | None:
    found = diagnostics.get(f"gains_{name}")
    if not found or not found["activations"]:
        return None
    rows = found["activations"]
    data = {
        "activation": [row["name"] for row in rows],
        "nodes": [row["count"] for row in rows],
        "gain": [row["gain"] for row in rows],
        "bound": [LARGEST_SLOPE.get(row["activation"]) for row in rows],
        "saturated": [row["saturated"] for row in rows],
        "signal": [row["signal"] for row in rows],
        "signal_ratio": found["signal_ratio"],
    }
    return View(f"gains_{name}", f"Slopes by activation, {words}", "activation_gains", data)
