"""What pages show of an experiment plan. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nas.core.view import View
from nas.wann.experiment_plan import ARMS
from nas.wann.experiment_results import PlanState

NETWORKS = {"shared": "with the tuned shared weight", "trained": "after training"}
"""The two sets of weights that slopes and gradients are measured with."""


def experiment_views(state: PlanState) -> list[View]:
    """The table of arms, how tunings climbed, lengths of paths, and slopes by activation; what there is so far."""
    found = [_table(state), _curves(state), _paths(state.diagnostics)]
    found += [_gains(state.diagnostics, name, words) for name, words in NETWORKS.items()]
    return [view for view in found if view is not None]


def _table(state: PlanState) -> View | None:
    rows = state.rows()
    if not rows:
        return None
    data = {
        "arm": [row.title for row in rows],
        "test": [row.test_mean for row in rows],
        "deviation": [row.test_deviation for row in rows],
        "validation": [row.validation_mean for row in rows],
        "parameters": [row.params for row in rows],
        "connections": [row.connections for row in rows],
        "evaluations": [row.evaluations for row in rows],
        "results": [row.number for row in rows],
    }
    return View("experiments", "All that was tried", "experiments", data)


def _curves(state: PlanState) -> View | None:
    """Of the first seed of each arm."""
    rows = [
        (kind.title, evaluations, score)
        for arm, kind in ARMS.items()
        for cell in state.of(arm)[:1]
        for evaluations, score in cell.curve
    ]
    if not rows:
        return None
    arm, evaluations, score = (list(column) for column in zip(*rows, strict=True))
    data = {"arm": arm, "evaluations": evaluations, "score": score}
    return View("tuning_curves", "Scores while tuning, first seed", "tuning_curves", data)


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
        **{name: lengths[name] for name in ("mean", "deviation", "entropy", "shortest", "longest")},
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
        "saturated": [row["saturated"] for row in rows],
        "signal": [row["signal"] for row in rows],
        "signal_ratio": found["signal_ratio"],
    }
    return View(f"gains_{name}", f"Slopes by activation, {words}", "activation_gains", data)
