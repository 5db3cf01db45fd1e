"""Pictures of a search for connections, from the facts that its islands bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nas.core.metric import METRICS, Direction
from nas.core.view import View


def growth_view(past: Sequence[Mapping[str, Any]], metric: str) -> View:
    """The best network after each leg."""
    data = {
        "step_title": "Generation",
        "step": [row["step"] for row in past],
        "genotypes": [row["genotype"] for row in past],
        "genotype": list(range(len(past))),
        "facts": [
            [METRICS[metric].title, [row["value"] for row in past]],
            ["Edges", [row["edges"] for row in past]],
            ["Longest path", [row["depth"] for row in past]],
            ["Mean length of paths", [row["mean_length"] for row in past]],
        ],
        "caption": "The best network of the population after each look.",
    }
    return View("best_connections", "The best connections as they changed", "growth", data)


def matrix_view(matrix: Sequence[Sequence[int]]) -> View:
    """Row i, column j for the edge i → j: 0 none, 1 as in its random ancestor, 2 new, -1 gone."""
    data = {
        "z": [list(row) for row in matrix],
        "x": list(map(str, range(len(matrix)))),
        "y": list(map(str, range(len(matrix)))),
    }
    return View("connection_matrix", "Connection matrix of the best, and what changed", "connection_matrix", data)


def fronts_view(past: Sequence[Mapping[str, Any]], metric: str) -> View:
    """Score against edges: the front of the best population after each leg, one column entry per point."""
    sign = 1 if METRICS[metric].direction is Direction.MAXIMISE else -1
    points = [(row["step"], edges, sign * score) for row in past for score, edges in row["front"]]
    data = {
        "metric": metric,
        "generation": [step for step, _, _ in points],
        "edges": [edges for _, edges, _ in points],
        "score": [score for _, _, score in points],
    }
    return View("edge_fronts", "Score against edges, over generations", "edge_fronts", data)


def structure_view(degrees: Mapping[str, Any], paths: Mapping[str, Any]) -> View:
    """How many nodes of the best network have which degree, and how many ways through it have which length."""
    rows = [
        (f"{end}_degree", number, str(count)) for end in ("in", "out") for number, count in degrees[end]["histogram"]
    ]
    rows += [("path_length", each["length"], each["count"]) for each in paths["num_paths"]]
    data = {
        "of": [name for name, _, _ in rows],
        "value": [value for _, value, _ in rows],
        "count": [count for _, _, count in rows],
        "depth": paths["depth"],
        "width": paths["width"],
        "total_paths": paths["total_paths"],
        "mean_path_length": paths["mean_length"],
        "path_length_deviation": paths["std_length"],
    }
    return View("structure", "Degrees and paths of the best", "connection_structure", data)
