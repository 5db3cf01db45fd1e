"""The search that begins by itself on the first start, so that the first page shows something real."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.runs.models import Run
from apps.runs.services.create import run_create

DEMO: dict[str, Any] = {
    "problem": {"name": "image_classification", "config": {"dataset": "digits"}},
    "space": {"name": "nasbench201", "config": {"width": 8, "cells_per_stage": 1}},
    "strategy": {
        "name": "aging_evolution",
        "config": {"population_size": 20, "sample_size": 5, "selection": "domination"},
    },
    "estimator": {"name": "train", "config": {}},
    "objectives": ["accuracy:maximise", "macs:minimise"],
    "budget": {"trials": 60},
    "seed": 1,
    "parallelism": 4,
}
"""Accuracy against MACs on bundled data: the values a new form begins with, too."""


def demo_start(*, team: Team, user: User, now: datetime) -> Run:
    return run_create(team=team, by=user, name=_("Demo: small cells for digits"), values=DEMO, now=now, is_demo=True)
