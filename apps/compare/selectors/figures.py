"""The skeletons of a comparison's charts; those that the shared objectives allow."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from apps.charts.compared_curves import compared_best, compared_hypervolume
from apps.charts.compared_fronts import compared_fronts
from apps.charts.error_distribution import error_distribution
from apps.charts.figure import Json
from apps.compare.schema import Comparison


def comparison_figures(comparison: Comparison) -> list[Json]:
    """With one shared objective there is neither front nor hypervolume; with none, nothing."""
    objectives = comparison.objectives
    if not objectives:
        return []
    figures = []
    if len(objectives) > 1:
        figures += [compared_fronts(objectives), compared_hypervolume(comparison.reference_point)]
    figures.append(compared_best(objectives))
    distribution = error_distribution(objectives)
    texts = {**distribution.texts, "run": _("Run"), "baseline": _("%(run)s: random baseline")}
    figures.append(replace(distribution, name="compared_distribution", texts=texts))
    return [figure.as_json() for figure in figures]
