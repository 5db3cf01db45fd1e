"""A grid as a picture: blue keeps the constraints, red does not, darker is better, frames are finer grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS, Direction

_MOST_TICKS = 12


def grid_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A trace per state; shapes differ as well as colours. The points of `done` are shaded by their value."""
    axes, metric = data.get("axes"), METRICS.get(str(data.get("metric", "")))
    if not axes or metric is None or not data.get("x"):
        return None
    values = [value for value in data["value"] if value is not None]
    shade = _shade(metric_axis(metric.name), values)
    styles: dict[str, tuple[str, Json]] = {
        "open": (_("Not tried yet"), _hollow("circle-open", "var(--data-faint)", 11)),
        "done": (
            _("Keeps the constraints") if "broken" in data["state"] else _("Done"),
            {"symbol": "circle", "size": 17, **shade},
        ),
        "running": (_("In training"), _hollow("circle-open-dot", "var(--data-1)", 15)),
        "failed": (_("Failed"), _hollow("triangle-down-open", "var(--data-2)", 12)),
        "broken": (_("Breaks a constraint"), _hollow("x", "var(--bad)", 10)),
        "best": (_("Best so far"), _hollow("star", "var(--data-2)", 17)),
    }
    traces = {}
    for state, (label, marker) in styles.items():
        places = [i for i, found in enumerate(data["state"]) if found == state]
        if places:
            traces[state] = _trace(data, places, label, marker, is_shaded=state == "done", has_y=len(axes) > 1)
    layout: Json = {"hovermode": "closest", "shapes": [_frame(frame) for frame in data["frames"]]}
    shown = {"xaxis": axes[0]} | ({"yaxis": axes[1]} if len(axes) > 1 else {})
    layout |= {side: _axis(axis) for side, axis in shown.items()}
    if len(axes) == 1:
        layout["yaxis"] = {"visible": False, "range": [-1, 1], "fixedrange": True}
    return Figure(f"view_{name}", _(title), _caption(data), "", traces, layout, settings={"is_tall": len(axes) > 1})


def _caption(data: Mapping[str, Any]) -> str:
    if "broken" in data["state"]:
        keeps = _(
            "Circles keep the constraints, darker ones are better; red crosses break one and are not trained when that is known before. "
            "The star is the best so far."
        )
    else:
        keeps = _("Each circle is a combination of values; darker ones are better. The star is the best so far.")
    sentences = [keeps]
    if data.get("also_varied"):
        several = _(
            "A mark stands for all points with its two values and shows the best of them; also varied: %(names)s."
        )
        sentences.append(several % {"names": data["also_varied"]})
    if data["frames"]:
        sentences.append(_("Frames are the finer grids around the best point."))
    return " ".join(sentences)


def _trace(
    data: Mapping[str, Any], places: Sequence[int], label: str, marker: Json, *, is_shaded: bool, has_y: bool
) -> Json:
    values = [data["value"][i] for i in places]
    trials = [data["id"][i] for i in places]
    texts = ["" if trial is None else f"#{trial}: {value:.4g}" for trial, value in zip(trials, values, strict=True)]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": label,
        "x": [_shown(data["x"][i]) for i in places],
        "y": [_shown(data["y"][i]) for i in places] if has_y else [0] * len(places),
        "customdata": trials,
        "text": texts,
        "marker": {**marker, "color": values} if is_shaded else marker,
        "hovertemplate": "%{x}, %{y}<br>%{text}<extra></extra>" if has_y else "%{x}<br>%{text}<extra></extra>",
    }


def _shade(axis: Axis, values: Sequence[float]) -> Json:
    """Darker (in dark themes: lighter) is better, over the range of the values there are."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    return {
        "colorscale": [[0, "var(--grid-worst)"], [1, "var(--grid-best)"]],
        "reversescale": axis.direction is Direction.MINIMISE,
        "cmin": low,
        "cmax": high if high > low else low + 1,
        "showscale": True,
        "colorbar": {"thickness": 10, "outlinewidth": 0, "title": {"text": axis.label, "side": "right"}},
        "line": {"width": 1, "color": "var(--data-1)"},
    }


def _hollow(symbol: str, colour: str, size: int) -> Json:
    return {"symbol": symbol, "size": size, "color": colour, "line": {"width": 2, "color": colour}}


def _axis(axis: Mapping[str, Any]) -> Json:
    """Numbers on their scale, with a label for each value of a short axis; everything else by name, in its order."""
    drawn = {**Axis(axis["name"]).as_plotly(), "showgrid": False}
    values = axis["values"]
    if not all(_is_number(value) for value in values):
        return drawn | {"type": "category", "categoryorder": "array", "categoryarray": [_shown(v) for v in values]}
    if axis["is_log"]:
        drawn["type"] = "log"
    if len(values) <= _MOST_TICKS:
        drawn |= {"tickmode": "array", "tickvals": values, "ticktext": [f"{value:.3g}" for value in values]}
    return drawn


def _frame(ends: Sequence[Sequence[Any]]) -> Json:
    """The rectangle of a finer grid; on a single axis, a band."""
    box: Json = {"type": "rect", "x0": _shown(ends[0][0]), "x1": _shown(ends[0][-1]), "layer": "below"}
    if len(ends) > 1:
        box |= {"y0": _shown(ends[1][0]), "y1": _shown(ends[1][-1])}
    else:
        box |= {"yref": "paper", "y0": 0, "y1": 1}
    return box | {"line": {"width": 1, "dash": "dot", "color": "var(--data-2)"}}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(value: Any) -> Any:
    return value if _is_number(value) else str(value).lower() if isinstance(value, bool) else str(value)
