"""The training of shared weights: its curves, how decided its choices are, what it is expected to cost, what it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.counted_axis import counted_axis
from apps.charts.figure import PERCENT, Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS

_COLOURS = 6
_DASHES = ("solid", "dash", "dot", "dashdot")
_FEW_BARS = 60


def supernet_curves_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure:
    """Above losses, below accuracies, over the epochs of the shared training."""
    epochs = data["epoch"]
    traces: dict[str, Json] = {"train_loss": _line(_("Training loss"), epochs, data["train_loss"], 0)}
    if "validation_loss" in data:
        traces["validation_loss"] = _line(_("Validation loss of the mixture"), epochs, data["validation_loss"], 1)
    accuracies = {
        "validation_accuracy": _("Accuracy of the mixture"),
        "shared_accuracy": _("Accuracy of the derived one"),
    }
    for place, (column, label) in enumerate(accuracies.items()):
        if column in data:
            traces[column] = {**_line(label, epochs, data[column], 2 + place), "yaxis": "y2"}
    has_accuracy = any(trace.get("yaxis") == "y2" for trace in traces.values())
    layout: Json = {
        "xaxis": {**_epochs(epochs), "anchor": "y2" if has_accuracy else "y"},
        "yaxis": {**Axis(_("Loss")).as_plotly(), "domain": [0.55, 1] if has_accuracy else [0, 1]},
        "hovermode": "closest",
    }
    if has_accuracy:
        layout["yaxis2"] = {**Axis(_("Accuracy")).as_plotly(), "domain": [0, 0.43], "tickformat": PERCENT}
    caption = _(
        "The mixture is what training sees; the derived architecture is what would be chosen now, alone and with the same "
        "weights. Where the mixture is much better, its choices do not hold for what is derived."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings={"height": 400})


def decisiveness_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure:
    """Panels from above: entropy and lead, share of skip connections where there can be any, choices that changed."""
    epochs, groups = data["epoch"], data["group"]
    has_skips = "skip_share" in data
    traces: dict[str, Json] = {}
    for place, group in enumerate(groups):
        named = f"{group}: " if len(groups) > 1 else ""
        entropy, lead = data["entropy"][place], data["lead"][place]
        traces[f"entropy_{place}"] = _line(named + _("entropy"), epochs, entropy, place, dash="solid")
        traces[f"lead_{place}"] = _line(named + _("lead of the best option"), epochs, lead, place, dash="dash")
        if has_skips:
            skips = _line(named + _("skip connections"), epochs, data["skip_share"][place], place, dash="dot")
            traces[f"skips_{place}"] = {**skips, "yaxis": "y2"}
    traces["changed"] = {
        "type": "bar",
        "name": _("Choices changed"),
        "x": epochs,
        "y": data["changed"],
        "yaxis": "y3",
        "marker": {"color": "var(--data-faint)"},
        "hovertemplate": "%{x}: %{y}<extra>%{fullData.name}</extra>",
    }
    share = {"tickformat": PERCENT, "range": [-0.03, 1.03]}
    layout: Json = {
        # A little wider than for lines: bars stand half before and half behind their epoch.
        "xaxis": {**_epochs(epochs), "range": [epochs[0] - 0.6, epochs[-1] + 0.6], "anchor": "y3"},
        "yaxis": {**Axis(_("Entropy, lead")).as_plotly(), **share, "domain": [0.54, 1] if has_skips else [0.36, 1]},
        "yaxis3": {**Axis(_("Changed")).as_plotly(), "domain": [0, 0.16], "rangemode": "tozero", "nticks": 3},
        "hovermode": "closest",
    }
    if has_skips:
        layout["yaxis2"] = {**Axis(_("Skips")).as_plotly(), **share, "domain": [0.26, 0.44], "nticks": 3}
    caption = _(
        "Entropy is 100% while all options are even and 0% when all is decided; the lead is how much more probable the best "
        "option is than the second. Below: the share of skip connections in the derived architecture, and how many choices "
        "are others than in the epoch before. Skips that take over are a collapse: they learn fast, not well."
    )
    height = 460 + 22 * max(0, len(groups) - 2)  # the legend needs room
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings={"height": height})


def decided_columns(data: Mapping[str, Any]) -> dict[str, Any]:
    """Its numbers as columns, one of each kind for each group."""
    columns: dict[str, Any] = {"epoch": data["epoch"]}
    for kind in ("entropy", "lead", "skip_share"):
        for group, values in zip(data["group"], data.get(kind, ()), strict=False):
            columns[f"{kind} {group}"] = values
    return {**columns, "changed": data["changed"]}


def expected_cost_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure:
    """Cost on the left axis, accuracy (else loss) on the right."""
    epochs, metric = data["epoch"], str(data["metric"])
    axis = metric_axis(metric) if metric in METRICS else Axis(metric.replace("_", " ").capitalize())
    traces = {"expected": _line(_("Expected of the mixture"), epochs, data["expected"], 0)}
    if any(value is not None for value in data["chosen"]):
        traces["chosen"] = _line(_("Of the derived architecture"), epochs, data["chosen"], 1)
    quality = "accuracy" if any(value is not None for value in data["accuracy"]) else "loss"
    label = _("Accuracy") if quality == "accuracy" else _("Loss")
    traces[quality] = {**_line(label, epochs, data[quality], 2), "yaxis": "y2"}
    layout = {
        "xaxis": _epochs(epochs),
        "yaxis": {**Axis(axis.title, axis.unit, axis.direction).as_plotly(), "tickformat": "~s"},
        "yaxis2": {
            **Axis(label).as_plotly(),
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
            **({"tickformat": PERCENT} if quality == "accuracy" else {}),
        },
        "hovermode": "closest",
    }
    caption = _(
        "Left: what an architecture drawn by the present probabilities costs on average, and what the derived one costs. "
        "Right: what that buys. A stronger penalty pulls the cost down, at the price of accuracy."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


_MOST_ALONG = 120
"""Letters that fit below a wide picture side by side; more are set at an angle."""


def trained_options_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure:
    """Groups of bars: a group for each row, a colour for each option."""
    traces = {}
    for place, option in enumerate(dict.fromkeys(data["option"])):
        at = [i for i, each in enumerate(data["option"]) if each == option]
        traces[f"option_{place}"] = {
            "type": "bar",
            "name": option,
            "x": [data["row"][i] for i in at],
            "y": [data["count"][i] for i in at],
            "marker": {
                "color": f"var(--data-{place % _COLOURS + 1})",
                "pattern": {"shape": "" if place < _COLOURS else "/"},
            },
            "hovertemplate": "%{x}: %{fullData.name}, %{y:,}<extra></extra>",
        }
    num_letters = sum(map(len, dict.fromkeys(data["row"])))
    layout = {
        "barmode": "group",
        "xaxis": {"type": "category", "showgrid": False, **({"tickangle": -25} if num_letters > _MOST_ALONG else {})},
        "yaxis": {**Axis(_("Times trained")).as_plotly(), "rangemode": "tozero", "tickformat": "~s"},
        "hovermode": "closest",
    }
    caption = _(
        "How often each option took part in a step, up to epoch %(epoch)s. A fair supernet trains all alike; what was trained "
        "more often scores better for that reason alone."
    ) % {"epoch": data["epoch"]}
    settings = {"is_wide": len(data["row"]) > _FEW_BARS, "height": 340}
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings=settings)


def supernet_memory_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure:
    """A bar for each kind of step; the caption says how many times the smallest the largest needs."""
    sizes = data["bytes"]
    words = [_(step.replace("_", " ").capitalize()) for step in data["step"]]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": sizes,
        "y": words,
        "text": [_bytes(size) for size in sizes],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": "var(--data-1)"},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
        "showlegend": False,
    }
    layout = {
        "xaxis": {**Axis(_("Memory"), unit="B").as_plotly(), "tickformat": "~s", "range": [0, 1.15 * max(sizes)]},
        "yaxis": {"type": "category", "autorange": "reversed", "showgrid": False},
    }
    caption = _("What a step keeps for its backward pass, at the same batch.")
    if len(sizes) > 1 and min(sizes) > 0:
        caption += " " + _("“%(largest)s” needs %(ratio).1f times what “%(smallest)s” needs.") % {
            "largest": words[sizes.index(max(sizes))],
            "smallest": words[sizes.index(min(sizes))],
            "ratio": max(sizes) / min(sizes),
        }
    height = 110 + 44 * len(sizes)
    return Figure(f"view_{name}", _(title), caption, "", {"memory": trace}, layout, settings={"height": height})


def _epochs(epochs: Sequence[int]) -> Json:
    return counted_axis(_("Epoch"), epochs[0], epochs[-1])


def _line(label: str, x: Sequence[Any], y: Sequence[Any], place: int, dash: str | None = None) -> Json:
    """Colour and dash differ between neighbours, so that colour is never the only sign."""
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(x) < 3 else "lines",
        "name": label,
        "x": x,
        "y": y,
        "line": {"color": f"var(--data-{place % _COLOURS + 1})", "dash": dash or _DASHES[place % len(_DASHES)]},
        "hovertemplate": "%{x}: %{y:.4~g}<extra>%{fullData.name}</extra>",
    }


def _bytes(size: float) -> str:
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.3g} {unit}"
        value /= 1000
    raise AssertionError("unreachable")
