"""Trials of networks that can be exported."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.artifacts.services import artifact_store
from apps.exports.models import ArchitectureExport
from apps.exports.selectors.choices import choice_of, export_choices
from apps.exports.services.request import export_request
from apps.runs.models import Proposal, Trial
from tests.apps.builders import make_run, make_trials

TINY = {"name": "nasbench201", "config": {"width": 4, "cells_per_stage": 1}}


def make_trial(team: Team, by: User, *, name: str = "Ours", keep_network: bool = False) -> Trial:
    """A finished trial on digits; with `keep_network` its checkpoint is there."""
    estimator = {"name": "train", "config": {"epochs": 1, "keep_network": keep_network}}
    (trial,) = make_trials(make_run(team, by, name=name, specification={"space": TINY, "estimator": estimator}), 1)
    artifact = artifact_store(content=f"checkpoint of {trial.pk}".encode(), kind="checkpoint")
    Proposal.objects.filter(pk=trial.proposal_id).update(checkpoint=artifact)
    return Trial.objects.select_related("run", "replica", "proposal__checkpoint", "architecture").get(pk=trial.pk)


def ask(trial: Trial, by: User, *formats: str, is_trained: bool = True) -> ArchitectureExport:
    choice = choice_of(trial)
    return export_request(
        architecture=trial.architecture,
        by=by,
        formats=formats or ("pytorch",),
        choice=choice if is_trained else choice.untrained,
        now=timezone.now(),
    )


@pytest.fixture
def trial(team: Team, member: User) -> Trial:
    return make_trial(team, member)


__all__ = ["ask", "export_choices", "make_trial", "trial"]
