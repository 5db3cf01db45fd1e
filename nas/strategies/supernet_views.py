"""What all searches with shared weights can show of their inside, made from the facts of the epochs. Pure, and bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nas.analysis.pareto import non_dominated
from nas.analysis.statistics import kendall_tau_b
from nas.core.proposal import Genotype
from nas.core.space import Row
from nas.core.view import View
from nas.strategies.shared_scores import SharedScore
from nas.strategies.supernet_choices_view import choices_view
from nas.strategies.supernet_history import History
from nas.strategies.supernet_measures import SKIPS, Probabilities, entropy, groups_of, lead, mean, skip_share

MOST_POINTS = 60
"""Epochs that a picture shows; of a longer training evenly chosen ones."""

MOST_CANDIDATES = 400

_CURVES = ("train_loss", "validation_loss", "validation_accuracy", "shared_accuracy")


@dataclass(frozen=True, slots=True)
class Finalist:
    """An architecture that was trained from scratch, with the score that shared weights had given it (None: none did)."""

    proposal: int
    accuracy: float
    shared: float | None


def supernet_views(
    history: History,
    rows: Sequence[Row],
    path_of: Callable[[Genotype], Sequence[int]],
    *,
    scores: Sequence[SharedScore] = (),
    finalists: Sequence[Finalist] = (),
    has_finalists: bool = True,
    cost: str = "macs",
) -> list[View]:
    """Those for which this search has facts; none before the first epoch.

    Args:
      path_of: the options that an architecture of the space takes.
      scores: architectures scored with shared weights, in their order.
      finalists: those trained from scratch so far; `has_finalists` says whether there will be any.
      cost: the metric that stands against accuracy.
    """
    if not history.epochs:
        return []
    epochs = thinned(history.epochs)
    paths = [_path(rows, facts, path_of) for facts in epochs]
    views = [
        choices_view(rows, epochs, paths),
        _curves(epochs),
        _decisiveness(rows, epochs, paths),
        _expected_cost(epochs, cost),
        _trained(rows, epochs),
        _candidates(scores, cost),
        _ranking(finalists) if has_finalists else None,
        _memory(epochs),
    ]
    return [view for view in views if view is not None]


def thinned(epochs: Sequence[Mapping[str, Any]], most: int = MOST_POINTS) -> list[Mapping[str, Any]]:
    """At most so many of them, evenly spread; the first and the last always."""
    if len(epochs) <= most:
        return list(epochs)
    step = (len(epochs) - 1) / (most - 1)
    return [epochs[round(place * step)] for place in range(most)]


def _path(
    rows: Sequence[Row], facts: Mapping[str, Any], path_of: Callable[[Genotype], Sequence[int]]
) -> list[int] | None:
    """Of the architecture derived after that epoch, else the option that leads in each row; None without either."""
    if facts["genotype"] is not None:
        return list(path_of(facts["genotype"]))
    probabilities = facts["data"].get("probabilities")
    return None if probabilities is None else [max(range(len(row)), key=row.__getitem__) for row in probabilities]


def _curves(epochs: Sequence[Mapping[str, Any]]) -> View:
    columns: dict[str, Any] = {"epoch": [facts["epoch"] for facts in epochs]}
    for metric in _CURVES:
        column = [facts["metrics"].get(metric) for facts in epochs]
        if any(value is not None for value in column):
            columns[metric] = column
    return View("supernet_curves", "Training of the shared weights", "supernet_curves", columns)


def _decisiveness(
    rows: Sequence[Row], epochs: Sequence[Mapping[str, Any]], paths: Sequence[list[int] | None]
) -> View | None:
    known = [
        (facts, path)
        for facts, path in zip(epochs, paths, strict=True)
        if path is not None and "probabilities" in facts["data"]
    ]
    if not known:
        return None
    groups = groups_of(rows)
    probabilities: list[Probabilities] = [facts["data"]["probabilities"] for facts, _ in known]
    data: dict[str, Any] = {
        "epoch": [facts["epoch"] for facts, _ in known],
        "group": list(groups),
        "entropy": [
            [round(mean(entropy(p[i]) for i in places), 5) for p in probabilities] for places in groups.values()
        ],
        "lead": [[round(mean(lead(p[i]) for i in places), 5) for p in probabilities] for places in groups.values()],
        "changed": [None] + [_num_changed(a, b) for (_, a), (_, b) in pairwise(known)],
    }
    if any(SKIPS.intersection(row.options) for row in rows):
        data["skip_share"] = [[skip_share(rows, path, places) for _, path in known] for places in groups.values()]
    return View("decisiveness", "How decided the choices are", "decisiveness", data)


def _num_changed(before: Sequence[int], now: Sequence[int]) -> int:
    return sum(a != b for a, b in zip(before, now, strict=True))


def _expected_cost(epochs: Sequence[Mapping[str, Any]], cost: str) -> View | None:
    """Of the wanted metric, or else of the first one whose expectation is known."""
    names = {name: None for facts in epochs for name in facts["data"].get("expected", ())}
    if not names:
        return None
    metric = cost if cost in names else next(iter(names))
    data = {
        "metric": metric,
        "epoch": [facts["epoch"] for facts in epochs],
        "expected": [facts["data"].get("expected", {}).get(metric) for facts in epochs],
        "chosen": [facts["data"].get("chosen_cost", {}).get(metric) for facts in epochs],
        "accuracy": [_either(facts["metrics"], "validation_accuracy", "shared_accuracy") for facts in epochs],
        "loss": [_either(facts["metrics"], "validation_loss", "train_loss") for facts in epochs],
    }
    return View("expected_cost", "Expected cost", "expected_cost", data)


def _either(metrics: Mapping[str, float], first: str, second: str) -> float | None:
    return metrics.get(first, metrics.get(second))


def _trained(rows: Sequence[Row], epochs: Sequence[Mapping[str, Any]]) -> View | None:
    """Counts of the last epoch that has some."""
    counted = next((facts for facts in reversed(epochs) if facts["data"].get("counts")), None)
    if counted is None:
        return None
    counts = counted["data"]["counts"]
    cells = [(row, option, count) for row, each in zip(rows, counts, strict=True) for option, count in enumerate(each)]
    data = {
        "epoch": counted["epoch"],
        "row": [row.name for row, _, _ in cells],
        "option": [row.options[option] for row, option, _ in cells],
        "count": [count for _, _, count in cells],
    }
    return View("trained_options", "How often each option was trained", "trained_options", data)


def _candidates(scores: Sequence[SharedScore], cost: str) -> View | None:
    """All on the shared front, and of the others the newest."""
    known = [score for score in scores if score.cost is not None]
    if not known:
        return None
    best = set(non_dominated([(-score.accuracy, score.cost or 0.0) for score in known]))
    newest = range(max(0, len(known) - MOST_CANDIDATES), len(known))
    shown = sorted(best | set(newest))[-2 * MOST_CANDIDATES :]
    data = {
        "metric": cost,
        "num_scored": len(known),
        "id": [known[place].proposal for place in shown],
        "serial": [known[place].serial for place in shown],
        "cost": [known[place].cost for place in shown],
        "shared_accuracy": [known[place].accuracy for place in shown],
        "generation": [known[place].generation for place in shown],
        "on_front": [place in best for place in shown],
    }
    return View("shared_candidates", "Scored with shared weights", "shared_candidates", data)


def _ranking(finalists: Sequence[Finalist]) -> View:
    """Empty until one that had a score with shared weights was trained from scratch."""
    pairs = [each for each in finalists if each.shared is not None]
    shared, alone = [each.shared or 0.0 for each in pairs], [each.accuracy for each in pairs]
    data = {
        "id": [each.proposal for each in pairs],
        "shared_accuracy": shared,
        "accuracy": alone,
        "kendall_tau": kendall_tau_b(shared, alone) if len(pairs) > 1 else None,
        "num_pairs": len(pairs),
    }
    return View("rank_correlation", "Shared weights against training from scratch", "rank_correlation", data)


def _memory(epochs: Sequence[Mapping[str, Any]]) -> View | None:
    measured = next((facts["data"]["memory"] for facts in reversed(epochs) if facts["data"].get("memory")), None)
    if measured is None:
        return None
    data = {"step": list(measured), "bytes": list(measured.values())}
    return View("supernet_memory", "Memory of a step", "supernet_memory", data)
