"""The cast: one team with an admin, a member and a viewer; an outsider with a team of their own; a superuser in no team."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from apps.accounts.models import Membership, Role, Team, User
from apps.accounts.services.token import token_create
from tests.support.redis_server import RedisServer


@pytest.fixture(autouse=True)
def _empty_cache(redis_server: RedisServer) -> None:
    """What one test counted (wrong sign-ins, say) is not held against the next."""
    cache.clear()


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="Curie")


@pytest.fixture
def other_team(db: None) -> Team:
    return Team.objects.create(name="Noether")


def _member(team: Team, role: Role) -> User:
    user = User.objects.create_user(username=role.value)
    Membership.objects.create(team=team, user=user, role=role)
    return user


@pytest.fixture
def admin(team: Team) -> User:
    return _member(team, Role.ADMIN)


@pytest.fixture
def member(team: Team) -> User:
    return _member(team, Role.MEMBER)


@pytest.fixture
def viewer(team: Team) -> User:
    return _member(team, Role.VIEWER)


@pytest.fixture
def outsider(other_team: Team) -> User:
    """Signed in and admin, but of another team."""
    user = User.objects.create_user(username="outsider")
    Membership.objects.create(team=other_team, user=user, role=Role.ADMIN)
    return user


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser(username="superuser")


@pytest.fixture
def as_user() -> Callable[[User | None], Client]:
    """A browser with that person's session; None is an anonymous one."""

    def make(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return make


@pytest.fixture
def with_token() -> Callable[[User], Client]:
    """A program that sends that person's API token."""

    def make(user: User) -> Client:
        _token, text = token_create(user=user, name="test")
        return Client(headers={"authorization": f"Bearer {text}"})

    return make
