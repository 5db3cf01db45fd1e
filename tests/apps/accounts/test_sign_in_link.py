"""One-time links, and the first start."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Membership, Role, SignInLink, Team, User
from apps.accounts.services.first_start import first_start
from apps.accounts.services.sign_in_link import sign_in_link_create, sign_in_link_use


@pytest.fixture
def url(member: User) -> str:
    return f"/sign-in/{sign_in_link_create(user=member, now=timezone.now())}/"


def test_looking_at_it_does_not_use_it_up(url: str, client: Client, member: User) -> None:
    for _ in range(3):
        response = client.get(url)
        assert response.status_code == 200
        assert "_auth_user_id" not in client.session
    assert client.post(url).status_code == 302
    assert client.session["_auth_user_id"] == str(member.pk)


def test_it_works_once(url: str) -> None:
    assert Client().post(url).status_code == 302
    late = Client()
    assert late.post(url).status_code == 410
    assert late.get(url).status_code == 410
    assert "_auth_user_id" not in late.session


def test_it_ends_after_a_day(member: User) -> None:
    now = timezone.now()
    token = sign_in_link_create(user=member, now=now)
    assert sign_in_link_use(token=token, now=now + timedelta(hours=24)) is None
    assert sign_in_link_use(token=token, now=now + timedelta(hours=23, minutes=59)) == member


def test_only_its_digest_is_stored(member: User) -> None:
    token = sign_in_link_create(user=member, now=timezone.now())
    assert token not in str(list(SignInLink.objects.values()))


def test_a_person_switched_off_stays_out(url: str, client: Client, member: User) -> None:
    User.objects.update(is_active=False)
    assert client.post(url).status_code == 410


@pytest.mark.parametrize("token", ["x", "ü", "%00", "a" * 300])
def test_an_unknown_link_is_gone(db: None, client: Client, token: str) -> None:
    assert client.get(f"/sign-in/{token}/").status_code == 410
    assert client.post(f"/sign-in/{token}/").status_code == 410


def test_who_comes_by_link_may_set_a_password_and_stays_signed_in(url: str, client: Client, member: User) -> None:
    User.objects.filter(pk=member.pk).update(password="!unusable")
    assert "Set a password" in client.post(url, follow=True).content.decode()
    new = {"new_password1": "correct-horse-9", "new_password2": "correct-horse-9"}
    assert client.post("/account/password/", new).status_code == 302
    assert client.get("/account/").status_code == 200
    member.refresh_from_db()
    assert member.check_password("correct-horse-9")


def test_a_first_start_makes_an_admin_and_a_team_once(db: None) -> None:
    now = timezone.now()
    first = first_start(now=now)
    assert (first.user.username, first.team.name, first.created) == ("admin", "My team", True)
    assert not first.user.has_usable_password()
    assert Membership.objects.get().role == Role.ADMIN
    again = first_start(now=now)
    assert (again.user, again.team, again.created) == (first.user, first.team, False)
    assert (User.objects.count(), Team.objects.count()) == (1, 1)


def test_a_first_start_leaves_what_people_made(admin: User, team: Team) -> None:
    assert first_start(now=timezone.now()).created is False
    assert first_start(now=timezone.now()).user == admin
    assert User.objects.count() == 1


def test_create_user_prints_a_link_that_works(team: Team, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_user", "ünïcode", "--team", "Curie", "--role", "viewer", "--site", "https://search.example")
    url = capsys.readouterr().out.strip()
    assert url.startswith("https://search.example/sign-in/")
    assert client.post(url.removeprefix("https://search.example")).status_code == 302
    assert Membership.objects.get(user__username="ünïcode").role == Role.VIEWER


@pytest.mark.parametrize("arguments", [["a b"], [""], ["x" * 151], ["taken"], ["new", "--team", "no such team"]])
def test_create_user_says_what_is_wrong(db: None, arguments: list[str]) -> None:
    User.objects.create_user(username="taken")
    with pytest.raises(CommandError):
        call_command("create_user", *arguments)
    assert User.objects.count() == 1


def test_create_sign_in_link(member: User, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_sign_in_link", "member")
    assert client.post(capsys.readouterr().out.strip()).status_code == 302
    with pytest.raises(CommandError):
        call_command("create_sign_in_link", "nobody")
