"""The worker that is at a study is killed: another goes on from what was stored, and finds what one alone would have found."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from apps.runs.models import Run
from apps.studies.models import Study, StudyState
from apps.studies.selectors.offers import best_trial
from apps.studies.services.request import study_start
from tests.faults.expectations import finished
from tests.faults.hold import Hold
from tests.support.conditions import wait_for
from tests.support.running_platform import RunningPlatform
from tests.support.toy_registry import TOYS, registered


@pytest.fixture(autouse=True)
def _toys() -> Iterator[None]:
    """The platform knows them by its settings."""
    with registered(*TOYS):
        yield


@pytest.mark.parametrize("point", ["study.claimed", "study.stored"])
def test_a_study_survives_its_worker(
    point: str, platform: RunningPlatform, hold: Hold, start_run: Callable[..., Run]
) -> None:
    run = start_run(budget={"trials": 6})
    finished(run)
    trial = best_trial(run)
    assert trial is not None
    assert run.created_by is not None
    hold.at(point, nth=1)
    study = study_start(trial=trial, by=run.created_by, kind="cost_by_size", settings={}, seed=0, now=timezone.now())
    os.kill(hold.wait(), signal.SIGKILL)
    hold.release()

    def has_ended() -> bool:
        study.refresh_from_db()
        return study.state == StudyState.READY

    wait_for(has_ended, timeout_seconds=60, what="the study")
    assert study.num_lost == 1
    assert study.known["sizes"] == [8, 16, 24, 32]
    assert Study.objects.filter(pk=study.pk).count() == 1
