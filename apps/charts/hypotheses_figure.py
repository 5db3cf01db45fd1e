"""Topologies that were tuned both ways: does what REINFORCE is ahead of gradients go with flat activations, or with many lengths?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import PERCENT, Axis, Figure, Json


def hypotheses_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A point for each topology, in two pictures with one height: how far REINFORCE leads on the test part."""
    lead = data["lead_of_reinforce"]
    sides = {
        "saturating": (_("Hidden nodes with a saturating activation (left)"), "x", "var(--data-1)", "circle", PERCENT),
        "deviation_of_lengths": (_("Standard deviation of path lengths (right)"), "x2", "var(--data-2)", "diamond", ""),
    }
    traces: dict[str, Json] = {
        side: {
            "type": "scatter",
            "mode": "markers",
            "name": label,
            "x": data[side],
            "y": lead,
            "xaxis": axis,
            "marker": {"size": 8, "opacity": 0.75, "color": colour, "symbol": symbol},
            "hovertemplate": f"%{{x:{ticks or '.3~g'}}}: %{{y:.2%}}<extra></extra>",
        }
        for side, (label, axis, colour, symbol, ticks) in sides.items()
    }
    layout = {
        "xaxis": {**Axis(_("Saturating")).as_plotly(), "domain": [0, 0.46], "tickformat": PERCENT},
        "xaxis2": {**Axis(_("Length spread")).as_plotly(), "domain": [0.54, 1], "anchor": "y"},
        "yaxis": {
            **Axis(_("Lead of REINFORCE")).as_plotly(),
            "tickformat": PERCENT,
            "zeroline": True,
        },
        "hovermode": "closest",
        "showlegend": False,
    }
    said = [_("Each point is a topology; above zero REINFORCE found better weights than backpropagation.")]
    said += [_correlation(sides[side][0], data["correlations"][side]) for side in sides]
    if len(lead) < data["fewest"]:
        said.append(
            _("%(number)s topologies are few: from %(fewest)s on the numbers can be believed.")
            % {"number": len(lead), "fewest": data["fewest"]}
        )
    return Figure(f"view_{name}", _(title), " ".join(said), "", traces, layout)


def _correlation(label: str, found: Mapping[str, float | None]) -> str:
    rho, p = found["rho"], found["p"]
    if rho is None:
        return _("%(label)s: the same everywhere, so nothing can be said.") % {"label": label}
    values = {"label": label, "rho": f"{rho:+.2f}", "p": "–" if p is None else f"{p:.2g}"}
    return _("%(label)s: Spearman's ρ = %(rho)s, p = %(p)s.") % values
