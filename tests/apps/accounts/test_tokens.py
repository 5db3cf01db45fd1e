"""API tokens: made, used, revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from apps.accounts.models import ApiToken, User
from apps.accounts.services.token import token_create, token_revoke, token_use

ME = "/api/v1/me/"


def bearer(text: str) -> Client:
    return Client(headers={"authorization": f"Bearer {text}"})


def test_it_opens_the_api_as_its_person(member: User) -> None:
    _token, text = token_create(user=member, name="laptop")
    assert text.startswith("nas_")
    assert bearer(text).get(ME).json()["username"] == "member"


def test_only_its_digest_is_stored(member: User) -> None:
    _token, text = token_create(user=member, name="laptop")
    assert text not in str(list(ApiToken.objects.values()))


@pytest.mark.parametrize("text", ["nas_wrong", "", "two parts", "ü", "x" * 10_000])
def test_a_wrong_one_is_refused_and_not_taken_for_anonymous(member: User, text: str) -> None:
    token_create(user=member, name="laptop")
    client = Client(headers={"authorization": f"Bearer {text}".encode().decode("latin-1")})
    client.force_login(member)  # not even a session makes up for it
    response = client.get(ME)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_it_opens_nothing_once_revoked(member: User) -> None:
    token, text = token_create(user=member, name="laptop")
    now = timezone.now()
    token_revoke(token=token, now=now)
    token_revoke(token=token, now=now + timedelta(days=1))
    assert bearer(text).get(ME).status_code == 401
    token.refresh_from_db()
    assert token.revoked_at == now


def test_it_opens_nothing_for_a_person_switched_off(member: User) -> None:
    _token, text = token_create(user=member, name="laptop")
    assert bearer(text).get(ME).status_code == 200
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert bearer(text).get(ME).status_code == 401


def test_its_use_is_noted_at_most_once_a_minute(member: User, django_assert_num_queries) -> None:
    _token, text = token_create(user=member, name="laptop")
    first = timezone.now()
    with django_assert_num_queries(2):
        token_use(text=text, now=first)
    with django_assert_num_queries(1):
        token_use(text=text, now=first + timedelta(seconds=59))
    assert ApiToken.objects.get().last_used_at == first
    token_use(text=text, now=first + timedelta(seconds=60))
    assert ApiToken.objects.get().last_used_at == first + timedelta(seconds=60)


def test_the_page_shows_it_once(as_user, member: User) -> None:
    client = as_user(member)
    response = client.post("/tokens/", {"name": "laptop"})
    text = response.context["text"]
    assert text in response.content.decode()
    assert bearer(text).get(ME).status_code == 200
    later = client.get("/tokens/").content.decode()
    assert "laptop" in later
    assert text not in later


def test_the_page_asks_before_it_revokes(as_user, member: User) -> None:
    token, text = token_create(user=member, name="laptop")
    client = as_user(member)
    assert client.get(f"/tokens/{token.pk}/revoke/").status_code == 200
    assert bearer(text).get(ME).status_code == 200
    for _ in range(2):
        assert client.post(f"/tokens/{token.pk}/revoke/").status_code == 302
    assert bearer(text).get(ME).status_code == 401
    assert "laptop" not in client.get("/tokens/").context["tokens"].values_list("name", flat=True)


@pytest.mark.parametrize("name", ["", "x" * 101, "a\x00b"])
def test_a_bad_name_is_shown_at_the_field(as_user, member: User, name: str) -> None:
    response = as_user(member).post("/tokens/", {"name": name})
    assert response.status_code == 422
    assert response.context["form"].errors["name"]
    assert not ApiToken.objects.exists()


def test_create_token_prints_one_that_works(member: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_token", "member")
    assert bearer(capsys.readouterr().out.strip()).get(ME).json()["username"] == "member"
    with pytest.raises(CommandError, match="nobody"):
        call_command("create_token", "nobody")
