"""The two sockets: one run's events, and "a run of your teams changed" for the home page. Browsers only listen."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import Http404
from redis.exceptions import RedisError

from apps.accounts import access
from apps.accounts.access import AnyUser
from apps.live.events import Stale
from apps.live.groups import run_group, team_group, user_group
from apps.live.replay import replay_after

logger = logging.getLogger(__name__)

SEND_TIMEOUT = 10.0
RECHECK_SECONDS = 60.0
CATCH_UP_SECONDS = 15.0
"""A frame that was sent while Redis was away is lost; if it was the last one, no gap in the numbers would ever show it."""

NOT_ALLOWED = 4404  # unknown and forbidden look the same
ACCESS_REMOVED = 4403
TOO_SLOW = 4408
POLICY = 1008
TRY_AGAIN_LATER = 1013


class _Listening(AsyncWebsocketConsumer, ABC):
    """A socket that only speaks: any message from the browser closes it."""

    groups_joined: tuple[str, ...] = ()
    _recheck: asyncio.Task[None] | None = None

    @abstractmethod
    async def may_stay(self) -> bool:
        """Whether this person may still see what they listen to."""

    @property
    def person(self) -> AnyUser:
        """Whose browser it is; the authentication middleware has put it there."""
        user: AnyUser = self.scope["user"]  # type: ignore[assignment]
        return user

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(code=POLICY)

    async def disconnect(self, code: int) -> None:
        if self._recheck is not None:
            self._recheck.cancel()
        # While Redis is away nothing can be sent there, and it has forgotten its groups when it is back.
        with suppress(OSError, RedisError):
            for group in self.groups_joined:
                await self.channel_layer.group_discard(group, self.channel_name)

    async def join(self, *groups: str) -> bool:
        """False when Redis is away: the socket is closed, and the browser comes back by itself."""
        try:
            for group in groups:
                await self.channel_layer.group_add(group, self.channel_name)
        except (OSError, RedisError) as error:
            logger.warning("a socket could not be opened: %s", error)
            await self.close(code=TRY_AGAIN_LATER)
            return False
        self.groups_joined = groups
        self._recheck = asyncio.create_task(self._look_again())
        return True

    async def access_changed(self, message: dict[str, Any]) -> None:
        if not await self.may_stay():
            await self.close(code=ACCESS_REMOVED)

    async def push(self, text: str) -> None:
        """Send, or close the socket of a browser that does not take what it is sent."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self.send(text_data=text)
        except TimeoutError:
            await self.close(code=TOO_SLOW)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            await self.access_changed({})


class RunConsumer(_Listening):
    """`/ws/runs/<id>/?since=<seq>`: what followed `since`, then frames as they come. Stale: fetch a new snapshot."""

    _catching_up: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.run_id = int(self.scope["url_route"]["kwargs"]["run_id"])
        if not await self.may_stay():
            await self.accept()  # a refused handshake has no code; the page wants to know why
            await self.close(code=NOT_ALLOWED)
            return
        await self.accept()
        self._sent = self._since()
        # First join, then replay: what is published meanwhile waits in the channel, and its number shows what was sent.
        if not await self.join(run_group(self.run_id), user_group(int(self.person.pk or 0))):
            return
        await self._catch_up()
        self._catching_up = asyncio.create_task(self._catch_up_now_and_then())

    async def disconnect(self, code: int) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()
        await super().disconnect(code)

    async def _catch_up(self) -> None:
        answer = await database_sync_to_async(replay_after)(run_id=self.run_id, since=self._sent)
        if answer is not None:
            self._sent = answer.seq if isinstance(answer, Stale) else answer.to_seq
            await self.push(answer.model_dump_json())

    async def _catch_up_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(CATCH_UP_SECONDS)
            await self._catch_up()

    def _since(self) -> int:
        query = dict(part.partition("=")[::2] for part in self.scope["query_string"].decode("latin-1").split("&"))
        text = query.get("since", "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0

    async def may_stay(self) -> bool:
        return await database_sync_to_async(_may_see)(self.person, self.run_id)

    async def run_frame(self, message: dict[str, Any]) -> None:
        if message["to_seq"] > self._sent:
            self._sent = message["to_seq"]
            await self.push(message["text"])

    async def run_deleted(self, message: dict[str, Any]) -> None:
        await self.close(code=NOT_ALLOWED)


class HomeConsumer(_Listening):
    """`/ws/home/`: names the runs of the person's teams that changed, at most twice a second and run."""

    async def connect(self) -> None:
        if not self.person.is_authenticated:
            await self.accept()
            await self.close(code=NOT_ALLOWED)
            return
        teams = await database_sync_to_async(_teams_of)(self.person)
        # Joined before it opens: the page looks once when it is open, and from then on hears of every change.
        if await self.join(user_group(int(self.person.pk or 0)), *(team_group(team) for team in teams)):
            await self.accept()

    async def may_stay(self) -> bool:
        # The groups were chosen when the socket opened; the browser comes back and joins what is right now.
        return False

    async def _look_again(self) -> None:
        return

    async def runs_changed(self, message: dict[str, Any]) -> None:
        runs = ",".join(str(run) for run in message["runs"])
        await self.push(f'{{"type":"runs_changed","runs":[{runs}]}}')


def _may_see(user: AnyUser, run_id: int) -> bool:
    if not user.is_authenticated:
        return False
    try:
        access.run_get_for(user, run_id, access.Level.VIEW)
    except Http404:
        return False
    return True


def _teams_of(user: AnyUser) -> list[int]:
    return list(access.teams_of(user, access.Level.VIEW).values_list("pk", flat=True))
