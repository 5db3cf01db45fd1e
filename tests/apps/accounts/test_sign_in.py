"""Signing in and out with a password."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.services import sign_in as service

PASSWORD = "correct-horse-9"
URL = "/sign-in/"


@pytest.fixture
def person(member: User) -> User:
    member.set_password(PASSWORD)
    member.save()
    return member


def post(client: Client, password: str = PASSWORD, **values: str):
    return client.post(URL, {"username": "member", "password": password, **values})


def test_it_signs_in_and_goes_home(person: User, client: Client) -> None:
    response = post(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_it_goes_on_where_the_person_wanted_to_be(person: User, client: Client) -> None:
    assert client.get("/tokens/")["Location"] == "/sign-in/?next=/tokens/"
    assert b'value="/tokens/"' in client.get("/sign-in/?next=/tokens/").content
    assert post(client, next="/tokens/")["Location"] == "/tokens/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_it_never_sends_to_another_site(person: User, client: Client, elsewhere: str) -> None:
    assert post(client, next=elsewhere)["Location"] == "/"


def test_a_wrong_password_is_refused_in_words(person: User, client: Client) -> None:
    response = post(client, "wrong")
    assert response.status_code == 422
    assert "do not belong together" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_unknown_person_gets_the_same_words(person: User, client: Client) -> None:
    known = post(client, "wrong").context["form"].non_field_errors()
    unknown = client.post(URL, {"username": "nobody", "password": "wrong"}).context["form"].non_field_errors()
    assert known == unknown


def test_a_person_switched_off_is_refused(person: User, client: Client) -> None:
    person.is_active = False
    person.save()
    assert post(client).status_code == 422


def test_after_too_many_wrong_tries_the_right_password_waits(person: User, client: Client) -> None:
    for _ in range(service.MAX_FAILURES_PER_PERSON):
        post(client, "wrong")
    response = post(client)
    assert response.status_code == 422
    assert "Wait a quarter of an hour" in response.content.decode()
    other_address = client.post(URL, {"username": "member", "password": PASSWORD}, REMOTE_ADDR="203.0.113.9")
    assert other_address.status_code == 302


@pytest.mark.parametrize("username", ["", "\x00", "ü" * 300, "🙂"])
def test_odd_names_are_refused_not_broken(db: None, client: Client, username: str) -> None:
    assert client.post(URL, {"username": username, "password": "\x00 x"}).status_code == 422


def test_signing_out_needs_a_post_and_is_harmless_twice(person: User, client: Client) -> None:
    client.force_login(person)
    assert client.get(reverse("accounts:sign_out")).status_code == 405
    assert "_auth_user_id" in client.session
    for _ in range(2):
        assert client.post(reverse("accounts:sign_out")).status_code == 302
        assert "_auth_user_id" not in client.session


def test_it_needs_the_csrf_token(person: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert post(client).status_code == 403
