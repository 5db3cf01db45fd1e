"""The learning curve of one trial: accuracy above, losses below, over the steps of its training."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from nas.core.metric import Direction


def trial_curve(*, has_epochs: bool) -> Figure:
    """What is drawn is said here, panel by panel; every other metric of a curve stands in the table only.

    `has_epochs`: its steps are epochs.
    """
    step = _("Epoch") if has_epochs else _("Step")
    return Figure(
        name="trial_curve",
        title=_("Learning curve"),
        caption=_("A gap is a step whose value was not a number."),
        empty=_("The curve begins with the first step of the training."),
        traces={"metric": {"type": "scatter", "mode": "lines+markers", "marker": {"size": 4}, "line": {"width": 2}}},
        layout={"xaxis": {**Axis(step).as_plotly(), "rangemode": "tozero"}, "hovermode": "x unified"},
        texts={"step": step},
        settings={"panels": _panels(), "titles": _titles()},
    )


def _panels() -> list[Json]:
    """From top to bottom: the axis, and the metrics drawn on it. A panel whose metrics a curve lacks is left out."""
    return [
        {"axis": Axis(_("Accuracy"), direction=Direction.MAXIMISE).as_plotly(), "metrics": ["accuracy"]},
        {
            "axis": Axis(_("Area under precision-recall"), direction=Direction.MAXIMISE).as_plotly(),
            "metrics": ["auprc"],
        },
        {
            "axis": {**Axis(_("Fitness"), direction=Direction.MAXIMISE).as_plotly(), "range": [0, 1]},
            "metrics": ["fitness"],
        },
        {"axis": Axis(_("Loss"), direction=Direction.MINIMISE).as_plotly(), "metrics": ["loss", "train_loss"]},
    ]


def _titles() -> Json:
    """What metrics of a curve are called in legend and table."""
    return {
        "accuracy": _("Validation accuracy"),
        "auprc": _("Area under precision-recall"),
        "fitness": _("Fitness"),
        "loss": _("Validation loss"),
        "train_loss": _("Training loss"),
        "learning_rate": _("Learning rate"),
        "seconds": _("Seconds"),
    }
