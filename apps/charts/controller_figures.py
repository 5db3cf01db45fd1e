"""A controller from outside: what it would decide now, and how it learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.counted_axis import counted_axis
from apps.charts.figure import PERCENT, Axis, Figure, Json


def policy_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A row for each decision, a cell for each of its options; rows with fewer options are shorter."""
    options = data.get("options")
    if not options:
        return None
    width = max(map(len, options))
    are_same = all(row == options[0] for row in options)
    trace: Json = {
        "type": "heatmap",
        "x": options[0] if are_same else [str(number + 1) for number in range(width)],
        "y": data["decision"],
        "z": [_padded(row, width) for row in data["probabilities"]],
        "customdata": [_padded(row, width) for row in options],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, "var(--heat-low)"], [1, "var(--heat-high)"]],
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickformat": PERCENT},
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "hovertemplate": "%{y}: %{customdata}, %{z:.1%}<extra></extra>",
    }
    x_axis = Axis(_("Option") if are_same else _("Number of the option")).as_plotly()
    layout = {
        "xaxis": {**x_axis, "type": "category", "showgrid": False},
        "yaxis": {"type": "category", "showgrid": False, "autorange": "reversed"},
    }
    caption = _(
        "How probable each option is, decision by decision, if the most probable one was taken before. An untrained "
        "controller is even; a trained one has made up its mind. The learning rate is %(rate)s, the published one %(published)s."
    ) % {"rate": _rate(data.get("learning_rate")), "published": _rate(data.get("published_learning_rate"))}
    return Figure(f"view_{name}", _(title), caption, "", {"policy": trace}, layout)


def learning_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Above: rewards and their baseline over the updates; below: the entropy of the policy; with several controllers
    beneath it how stale each update was.
    """
    if not data.get("update"):
        return None
    traces: dict[str, Json] = {
        "reward": {
            **_line(_("Mean reward of the batch"), data["update"], data["reward"], "var(--data-1)"),
            "mode": "lines+markers",
            "marker": {"size": 5, "color": "var(--data-1)"},
        },
        "baseline": _line(_("Baseline"), data["update"], data["baseline"], "var(--data-2)", "dash"),
        "entropy": {**_line(_("Entropy"), data["update"], data["entropy"], "var(--data-3)"), "yaxis": "y2"},
    }
    layout: Json = {
        "xaxis": {**counted_axis(_("Update"), data["update"][0], data["update"][-1]), "anchor": "y2"},
        "yaxis": {**Axis(_("Reward")).as_plotly(), "domain": [0.46, 1]},
        "yaxis2": {**Axis(_("Entropy"), unit=_("nats")).as_plotly(), "domain": [0, 0.36], "rangemode": "tozero"},
        "hovermode": "closest",
    }
    caption = _(
        "Rewards above the baseline are repeated, those below avoided; as the entropy falls, "
        "the controller draws ever the same architectures."
    )
    if data.get("controllers", 1) > 1:
        traces["staleness"] = {
            **_line(_("Staleness"), data["update"], data["staleness"], "var(--data-4)"),
            "yaxis": "y3",
            "line": {"color": "var(--data-4)", "shape": "hvh", "width": 1},
        }
        layout["xaxis"] |= {"anchor": "y3"}
        layout["yaxis"] |= {"domain": [0.52, 1]}
        layout["yaxis2"] |= {"domain": [0.22, 0.44]}
        layout["yaxis3"] = {
            **Axis(_("Updates late")).as_plotly(),
            "domain": [0, 0.14],
            "rangemode": "tozero",
            "nticks": 3,
        }
        caption += " " + _(
            "Below: how many updates the weights had seen since the controller pulled those it drew the batch with."
        )
    settings = {"height": 440 if "staleness" in traces else 360}  # so that the titles of the axes do not meet
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings=settings)


def _line(label: str, x: Any, y: Any, colour: str, dash: str = "solid") -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "x": x,
        "y": y,
        "line": {"color": colour, "dash": dash},
        "hovertemplate": "%{x}, %{y:.4~g}<extra>%{fullData.name}</extra>",
    }


def _padded(row: list[Any], width: int) -> list[Any]:
    return [*row, *[None] * (width - len(row))]


def _rate(value: object) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else "?"
