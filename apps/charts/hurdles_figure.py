"""Progressive dynamic hurdles: values in the order of results, a colour for each training length, the hurdles as lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS

_COLOURS = 5  # var(--data-1) … var(--data-5); after those they begin again
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")


def hurdles_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A trace for each stage and for each hurdle. Failed trainings have no value and stand in the table only."""
    metric = METRICS.get(str(data.get("metric", "")))
    judged = [place for place, value in enumerate(data.get("value", [])) if value is not None]
    if metric is None or not judged:
        return None
    traces: dict[str, Json] = {}
    for stage in sorted({data["stage"][place] for place in judged}):
        traces[f"stage_{stage}"] = _stage(data, [place for place in judged if data["stage"][place] == stage], stage)
    first, last = data["order"][0], data["order"][-1]
    made = data.get("made", {})
    hurdles = zip(made.get("made_value", []), made.get("made_after", []), made.get("made_epochs", []), strict=True)
    for stage, (value, after, epochs) in enumerate(hurdles):
        traces[f"hurdle_{stage}"] = {
            "type": "scatter",
            "mode": "lines",
            "name": ngettext("Hurdle after %(number)d epoch", "Hurdle after %(number)d epochs", epochs)
            % {"number": epochs},
            "x": [max(first, after), max(last + 1, after)],
            "y": [value, value],
            "line": {"width": 2, "dash": "dash", "color": _colour(stage)},
            "hovertemplate": "%{y:.4~g}<extra>%{fullData.name}</extra>",
        }
    layout = {
        "xaxis": Axis(_("Order of results")).as_plotly(),
        "yaxis": metric_axis(metric.name).as_plotly(),
        "hovermode": "closest",
    }
    caption = _(
        "Each point is an architecture judged after a stage of its training. Filled points were better than their hurdle and "
        "trained on; a hurdle is the mean of the population when it was made."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


def _stage(data: Mapping[str, Any], places: list[int], stage: int) -> Json:
    epochs = data["epochs"][places[0]]
    symbol = _SYMBOLS[stage % len(_SYMBOLS)]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": ngettext("After %(number)d epoch", "After %(number)d epochs", epochs) % {"number": epochs},
        "x": [data["order"][place] for place in places],
        "y": [data["value"][place] for place in places],
        "customdata": [data["id"][place] for place in places],
        "marker": {
            "size": 7,
            "color": _colour(stage),
            "symbol": [symbol if data["passed"][place] else f"{symbol}-open" for place in places],
        },
        "hovertemplate": "#%{customdata}: %{y:.4~g}<extra>%{fullData.name}</extra>",
    }


def _colour(stage: int) -> str:
    return f"var(--data-{stage % _COLOURS + 1})"
