"""API tests speak as programs do: JSON and a token, to a world with one of everything (tests/apps/world.py)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.accounts.services.token import token_create
from tests.apps.world import World, make_world
from tests.support.toy_registry import TOYS, registered

Call = Callable[..., Any]


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with registered(*TOYS):
        yield make_world()


@pytest.fixture
def call(world: World) -> Call:
    """`call("member", "POST", "/runs/", {...})`: the response to one of the five people of the world."""
    clients: dict[str, Client] = {"anonymous": Client()}
    for name, user in world.people.items():
        if user is not None:
            _token, text = token_create(user=user, name="test")
            clients[name] = Client(headers={"authorization": f"Bearer {text}"})

    def make(person: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        raw = body if isinstance(body, (bytes, str)) else json.dumps(body)
        content = {} if body is None else {"data": raw, "content_type": "application/json"}
        return clients[person].generic(method, f"/api/v1{path}", **content, **more)

    return make
