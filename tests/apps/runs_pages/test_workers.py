"""The page of workers: who is alive, on what, and what one may know of it."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.runs.models import Attempt, Job, Run
from tests.apps.builders import make_worker

As = Callable[[User | None], Client]
WORKERS = reverse("workers:list")


def test_without_workers_it_says_where_they_come_from(as_user: As, member: User) -> None:
    assert "make run" in as_user(member).get(WORKERS).content.decode()


def test_a_silent_worker_is_not_called_ready(as_user: As, member: User) -> None:
    make_worker("silent1", seen_seconds_ago=3600)
    assert "Not heard of" in as_user(member).get(WORKERS).content.decode()
    make_worker("lively")
    text = as_user(member).get(WORKERS).content.decode()
    assert text.index("lively") < text.index("silent1")
    assert "Ready" in text


def test_what_a_worker_does_is_named_only_to_those_who_may_see_it(
    as_user: As, run: Run, member: User, outsider: User
) -> None:
    job = Job.objects.get(run=run)
    Attempt.objects.create(job=job, worker=make_worker(), fence=1, started_at=timezone.now())
    assert "Small cells" in as_user(member).get(WORKERS).content.decode()
    text = as_user(outsider).get(WORKERS).content.decode()
    assert "Small cells" not in text
    assert "a run of another team" in text


def test_throughput_counts_the_trials_of_the_last_hour(as_user: As, run: Run, member: User) -> None:
    worker = make_worker()
    ended = run.trials.filter(finished_at__isnull=False)
    ended.update(worker=worker)
    assert as_user(member).get(WORKERS).context["rows"][0].worker.finished_last_hour == 12
