"""Weight agnostic networks: the best with each shared weight, the population between reward and size, its activations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import PERCENT, Axis, Figure, Json
from nas.core.metric import Direction

_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")
_COLOURS = 6


def shared_weights_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Accuracy where there is one, else reward, over the value that all connections have."""
    if not data.get("weight"):
        return None
    is_accuracy = "accuracy" in data
    label = _("Accuracy") if is_accuracy else _("Mean reward")
    # Sorted: a person may have listed the weights in any order, and a line should not run back.
    points = sorted(zip(data["weight"], data["accuracy" if is_accuracy else "reward"], strict=True))
    trace: Json = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label,
        "x": [weight for weight, _value in points],
        "y": [value for _weight, value in points],
        "line": {"color": "var(--data-1)", "dash": "dot"},
        "marker": {"size": 8, "color": "var(--data-1)"},
        "hovertemplate": "%{x}: %{y:.4~g}<extra></extra>",
        "showlegend": False,
    }
    layout = {
        "xaxis": Axis(_("Shared weight")).as_plotly(),
        "yaxis": {
            **Axis(label, direction=Direction.MAXIMISE).as_plotly(),
            **({"rangemode": "tozero"} if is_accuracy else {}),
        },
        "hovermode": "closest",
    }
    caption = _(
        "The best topology of the last generation, on that generation's examples or episodes. The flatter the line, the less "
        "the weight matters; around 0 no signal passes."
    )
    return Figure(f"view_{name}", _(title), caption, "", {"weights": trace}, layout)


def topologies_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Mean reward against connections, a point per topology; islands differ by colour and shape."""
    if not data.get("connections"):
        return None
    traces: dict[str, Json] = {}
    numbers = sorted(set(data["island"]))
    for number in numbers:
        of_island = [place for place, island in enumerate(data["island"]) if island == number]
        traces[f"island_{number}"] = {
            "type": "scatter",
            "mode": "markers",
            "name": _("Island %(number)s") % {"number": number},
            "showlegend": len(numbers) > 1,
            "x": [data["connections"][place] for place in of_island],
            "y": [data["mean_reward"][place] for place in of_island],
            "customdata": [[data["peak_reward"][place], data["hidden"][place]] for place in of_island],
            "marker": {
                "size": 8,
                "opacity": 0.7,
                "color": f"var(--data-{(number - 1) % _COLOURS + 1})",
                "symbol": _SYMBOLS[(number - 1) % len(_SYMBOLS)],
            },
            "hovertemplate": _("%{x} connections, %{customdata[1]} hidden nodes")
            + "<br>"
            + _("mean reward %{y:.4~g}, best %{customdata[0]:.4~g}")
            + "<extra>%{fullData.name}</extra>",
        }
    layout = {
        "xaxis": Axis(_("Enabled connections"), direction=Direction.MINIMISE).as_plotly(),
        "yaxis": Axis(_("Mean reward"), direction=Direction.MAXIMISE).as_plotly(),
        "hovermode": "closest",
    }
    caption = _(
        "Each point is a topology, its reward the mean over the shared weights. Generations are ranked by mean reward and few "
        "connections most of the time."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


def activation_shares_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A row for each activation, a column for each look at the population."""
    if not data.get("z"):
        return None
    trace: Json = {
        "type": "heatmap",
        "x": data["x"],
        "y": [_(activation) for activation in data["y"]],
        "z": data["z"],
        "zmin": 0,
        "colorscale": [[0, "var(--heat-low)"], [1, "var(--heat-high)"]],
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickformat": PERCENT},
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "%{x}: %{y}, %{z:.1%}<extra></extra>",
    }
    layout = {
        "xaxis": {
            **Axis(_("Generation")).as_plotly(),
            "type": "category",
            "showgrid": False,
            "tickangle": 0,
            "nticks": 6,
        },
        "yaxis": {"showgrid": False, "autorange": "reversed"},
    }
    caption = _(
        "The share of each activation among the hidden nodes of all topologies; what serves spreads over generations."
    )
    height = 120 + 26 * len(data["y"])
    return Figure(f"view_{name}", _(title), caption, "", {"shares": trace}, layout, settings={"height": height})
