"""The sockets: who may listen, what they hear, when they are closed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.accounts.models import Membership, User
from apps.live import consumers
from apps.live.consumers import (
    ACCESS_REMOVED,
    NOT_ALLOWED,
    POLICY,
    TRY_AGAIN_LATER,
    HomeConsumer,
    RunConsumer,
)
from apps.live.groups import run_group, team_group, user_group
from apps.live.models import Event, Outbox
from apps.live.numbering import number_events
from apps.runs.models import Run
from apps.workers.models import Worker
from tests.apps.runs.driver import finish

MakeRun = Callable[..., Run]
pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def listening(user: object, run: Run, *, since: object = 0) -> AsyncIterator[WebsocketCommunicator]:
    socket = WebsocketCommunicator(RunConsumer.as_asgi(), f"/ws/runs/{run.pk}/?since={since}")
    socket.scope |= {"user": user, "url_route": {"kwargs": {"run_id": run.pk}}}
    connected, _ = await socket.connect()
    assert connected
    yield socket
    await socket.disconnect()


async def closed_with(socket: WebsocketCommunicator) -> int:
    message: dict[str, Any] = await socket.receive_output(timeout=5)
    while message["type"] == "websocket.send":
        message = await socket.receive_output(timeout=5)
    return int(message["code"])


@pytest.fixture
def finished(make_run: MakeRun, worker: Worker) -> Run:
    run = finish(make_run(), worker)
    number_events(run_id=run.pk)
    return run


async def test_a_viewer_gets_what_was_missed_and_then_what_comes(finished: Run, viewer: User) -> None:
    last = await database_sync_to_async(Event.objects.filter(run=finished).count)()
    async with listening(viewer, finished, since=last - 2) as socket:
        missed = await socket.receive_json_from(timeout=5)
        assert (missed["from_seq"], missed["to_seq"]) == (last - 1, last)
        layer = get_channel_layer()
        await layer.group_send(run_group(finished.pk), {"type": "run.frame", "text": '{"n": 1}', "to_seq": last})
        await layer.group_send(run_group(finished.pk), {"type": "run.frame", "text": '{"n": 2}', "to_seq": last + 1})
        assert await socket.receive_json_from(timeout=5) == {"n": 2}, "a frame that was replayed is not sent again"


async def test_a_viewer_from_the_future_is_sent_for_a_snapshot(finished: Run, viewer: User) -> None:
    async with listening(viewer, finished, since=10**6) as socket:
        assert (await socket.receive_json_from(timeout=5))["type"] == "stale"


@pytest.mark.any_database
@pytest.mark.parametrize("since", ["", "-1", "x", "9" * 40, "1e3", "%00"])
async def test_a_senseless_since_counts_as_none(finished: Run, viewer: User, since: str) -> None:
    async with listening(viewer, finished, since=since) as socket:
        assert (await socket.receive_json_from(timeout=5))["from_seq"] == 1


async def test_who_may_not_see_the_run_is_told_nothing(finished: Run, outsider: User) -> None:
    for user in (outsider, AnonymousUser()):
        async with listening(user, finished) as socket:
            assert await closed_with(socket) == NOT_ALLOWED


async def test_an_unknown_run_looks_like_a_forbidden_one(finished: Run, viewer: User) -> None:
    finished.pk += 1000
    async with listening(viewer, finished) as socket:
        assert await closed_with(socket) == NOT_ALLOWED


@pytest.mark.any_database
async def test_a_browser_that_speaks_is_closed(finished: Run, viewer: User) -> None:
    async with listening(viewer, finished) as socket:
        await socket.send_to(text_data='{"hello": 1}')
        assert await closed_with(socket) == POLICY


async def test_access_that_is_taken_away_closes_the_socket(finished: Run, viewer: User, member: User) -> None:
    async with listening(viewer, finished) as gone, listening(member, finished) as stays:
        await stays.receive_json_from(timeout=5)
        await database_sync_to_async(Membership.objects.filter(user=viewer).delete)()
        for user in (viewer, member):
            await get_channel_layer().group_send(user_group(user.pk), {"type": "access.changed"})
        assert await closed_with(gone) == ACCESS_REMOVED
        assert await stays.receive_nothing(timeout=0.2)


async def test_a_deleted_run_closes_its_sockets(finished: Run, viewer: User) -> None:
    async with listening(viewer, finished) as socket:
        await get_channel_layer().group_send(run_group(finished.pk), {"type": "run.deleted"})
        assert await closed_with(socket) == NOT_ALLOWED


async def test_home_names_the_runs_of_ones_teams(viewer: User, finished: Run) -> None:
    socket = WebsocketCommunicator(HomeConsumer.as_asgi(), "/ws/home/")
    socket.scope["user"] = viewer
    assert (await socket.connect())[0]
    layer = get_channel_layer()
    await layer.group_send(team_group(finished.team_id + 1), {"type": "runs.changed", "runs": [1]})
    await layer.group_send(team_group(finished.team_id), {"type": "runs.changed", "runs": [finished.pk]})
    assert await socket.receive_json_from(timeout=5) == {"type": "runs_changed", "runs": [finished.pk]}
    await socket.disconnect()


async def test_a_last_frame_that_was_lost_arrives_by_itself(
    finished: Run, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis was away while it was sent: no later number will ever show the gap."""
    monkeypatch.setattr(consumers, "CATCH_UP_SECONDS", 0.05)
    events = Event.objects.filter(run=finished)
    last = await database_sync_to_async(events.count)()
    async with listening(viewer, finished, since=last) as socket:
        lost = await database_sync_to_async(events.get)(seq=last)
        await database_sync_to_async(Outbox.objects.create)(run=finished, body=lost.body)
        assert await database_sync_to_async(number_events)(run_id=finished.pk) is not None  # and nobody sends it
        frame = await socket.receive_json_from(timeout=5)
        assert (frame["from_seq"], frame["to_seq"]) == (last + 1, last + 1)


@pytest.mark.any_database
async def test_while_redis_is_away_the_browser_is_asked_to_come_back(
    finished: Run, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise RedisConnectionError("nobody listens")

    monkeypatch.setattr(get_channel_layer(), "group_add", away)
    async with listening(viewer, finished) as socket:
        assert await closed_with(socket) == TRY_AGAIN_LATER
