"""The publisher as the control process runs it, with a real Redis: how often it sends, and that nothing gets lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import redis as redis_py
from django.conf import settings
from django.db import OperationalError, transaction

from apps.live import publisher as publishing
from apps.live.events import RunChanged
from apps.live.models import Event, Outbox
from apps.live.outbox import emit
from apps.live.publisher import LOOK_INTERVAL, RUN_INTERVAL, TEAM_INTERVAL, Publisher
from apps.runs.models import Run
from tests.support.conditions import wait_for
from tests.support.redis_server import RedisServer

MakeRun = Callable[..., Run]
# The publisher is a thread with a connection of its own: it sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str, dict[str, Any]]]:
    """(when, group, message) of everything sent, in order; it is really sent as well."""
    messages: list[tuple[float, str, dict[str, Any]]] = []
    send = Publisher._send

    def noted(self: Publisher, group: str, message: dict[str, Any]) -> None:
        messages.append((time.monotonic(), group, message))
        send(self, group, message)

    monkeypatch.setattr(Publisher, "_send", noted)
    return messages


@pytest.fixture
def publisher(sent: object, channel_layer: object) -> Iterator[Publisher]:
    thread = Publisher()
    thread.start()
    wait_for(_somebody_listens, what="a subscription")
    yield thread
    thread.stop()
    thread.join(10)
    assert not thread.is_alive()


def _somebody_listens() -> bool:
    with redis_py.Redis.from_url(settings.REDIS_URL) as client:
        return dict(client.pubsub_numsub("nasweb:outbox"))[b"nasweb:outbox"] >= 1


def say(run: Run, text: str) -> None:
    with transaction.atomic():
        emit(run.pk, [RunChanged(state="running", end_reason=text, by="")])


def frames(sent: list[tuple[float, str, dict[str, Any]]]) -> list[tuple[float, dict[str, Any]]]:
    return [(at, json.loads(message["text"])) for at, _, message in sent if message["type"] == "run.frame"]


def all_are_published(run: Run) -> bool:
    return not Outbox.objects.filter(run=run).exists()


def test_many_events_share_a_frame_and_at_most_ten_frames_a_second_are_sent(
    make_run: MakeRun, publisher: Publisher, sent: list[Any]
) -> None:
    run = make_run()
    wait_for(lambda: all_are_published(run), what="the start of the run")
    begun = time.monotonic()
    num_said = 0
    while time.monotonic() - begun < 1.0:
        say(run, str(num_said))
        num_said += 1
    wait_for(lambda: all_are_published(run), what="the end of the outbox")
    wait_for(lambda: frames(sent)[-1][1]["to_seq"] == Event.objects.filter(run=run).count(), what="the last frame")
    at = [when for when, _ in frames(sent)]
    assert num_said > 2 * len(at)
    assert len(at) - 1 <= (at[-1] - at[0]) / RUN_INTERVAL + 1, "one more, for sending takes its time"
    said = [event["end_reason"] for _, frame in frames(sent) for event in frame["events"]][-num_said:]
    assert said == [str(number) for number in range(num_said)]


def test_frames_follow_each_other_without_a_gap(make_run: MakeRun, publisher: Publisher, sent: list[Any]) -> None:
    run = make_run()
    for number in range(3):
        say(run, str(number))
        wait_for(lambda: all_are_published(run), what="publication")
    wait_for(lambda: frames(sent)[-1][1]["to_seq"] == Event.objects.filter(run=run).count(), what="the last frame")
    ends = [(frame["from_seq"], frame["to_seq"]) for _, frame in frames(sent)]
    assert [first for first, _ in ends] == [1, *(last + 1 for _, last in ends[:-1])]


def test_the_home_page_hears_of_the_last_change_too(make_run: MakeRun, publisher: Publisher, sent: list[Any]) -> None:
    """A change that follows closely on another is told later, not left out."""
    run = make_run()

    def told() -> list[float]:
        return [at for at, _, message in sent if message["type"] == "runs.changed"]

    wait_for(told, what="a first word to the home page")
    num_told = len(told())
    say(run, "the very last")
    wait_for(lambda: len(told()) > num_told, timeout_seconds=5, what="a word about the last change")
    assert all_are_published(run)
    assert min(later - earlier for earlier, later in pairwise(told())) > 0.9 * TEAM_INTERVAL


def test_it_outlives_redis_and_loses_nothing(
    make_run: MakeRun, publisher: Publisher, sent: list[Any], redis_server: RedisServer
) -> None:
    run = make_run()
    wait_for(lambda: all_are_published(run), what="the start of the run")
    redis_server.kill()
    try:
        say(run, "while it was away")
        # Nobody could call: it looks by itself.
        wait_for(lambda: all_are_published(run), timeout_seconds=5 * LOOK_INTERVAL, what="publication without Redis")
        assert publisher.is_alive()
    finally:
        redis_server.start()
    wait_for(_somebody_listens, what="a new subscription")
    say(run, "when it was back")
    wait_for(lambda: all_are_published(run), timeout_seconds=5, what="publication with Redis")
    reasons = [
        body["end_reason"] for body in Event.objects.filter(run=run).order_by("seq").values_list("body", flat=True)
    ]
    assert reasons[-2:] == ["while it was away", "when it was back"]


def test_two_publishers_send_each_event_once(make_run: MakeRun, publisher: Publisher, sent: list[Any]) -> None:
    second = Publisher()
    second.start()
    try:
        run = make_run()
        for number in range(40):
            say(run, str(number))
        wait_for(lambda: all_are_published(run), what="publication")
    finally:
        second.stop()
        second.join(10)
    wait_for(
        lambda: sum(len(frame["events"]) for _, frame in frames(sent)) >= Event.objects.filter(run=run).count(),
        what="the last frame",
    )
    seqs = [frame["from_seq"] + place for _, frame in frames(sent) for place in range(len(frame["events"]))]
    assert sorted(seqs) == list(range(1, Event.objects.filter(run=run).count() + 1))


def test_a_database_that_was_away_stops_it_for_a_moment_only(
    make_run: MakeRun, publisher: Publisher, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = publishing.number_events
    failures = iter([OperationalError("server closed the connection")] * 2)

    def away(*, run_id: int) -> Any:
        for error in failures:
            raise error
        return real(run_id=run_id)

    monkeypatch.setattr(publishing, "number_events", away)
    run = make_run()
    wait_for(lambda: all_are_published(run), what="publication")
    assert publisher.is_alive()


def test_a_run_that_was_deleted_meanwhile_is_forgotten(
    make_run: MakeRun, publisher: Publisher, sent: list[Any]
) -> None:
    gone, stays = make_run(), make_run()
    wait_for(lambda: all_are_published(gone) and all_are_published(stays), what="the start of the runs")
    say(gone, "a last word")
    Run.objects.filter(pk=gone.pk).delete()
    say(stays, "here")
    wait_for(lambda: all_are_published(stays), what="publication")
    assert publisher.is_alive()
