"""A person's own page."""

from __future__ import annotations

from django.test import Client

from apps.accounts.models import User

OLD, NEW = "correct-horse-9", "battery-staple-7"


def test_the_name_is_saved(as_user, member: User) -> None:
    assert as_user(member).post("/account/name/", {"first_name": " Marie ", "last_name": "Curie"}).status_code == 302
    member.refresh_from_db()
    assert member.get_full_name() == "Marie Curie"


def test_a_long_name_is_refused_at_the_field(as_user, member: User) -> None:
    response = as_user(member).post("/account/name/", {"first_name": "ü" * 300, "last_name": ""})
    assert response.status_code == 422
    assert response.context["person_form"].errors["first_name"]


def test_changing_the_password_asks_for_the_old_one_and_ends_other_sessions(as_user, member: User) -> None:
    member.set_password(OLD)
    member.save()
    here, elsewhere = as_user(member), as_user(member)
    new = {"new_password1": NEW, "new_password2": NEW}
    assert here.post("/account/password/", {"old_password": "wrong", **new}).status_code == 422
    assert here.post("/account/password/", {"old_password": OLD, **new}).status_code == 302
    member.refresh_from_db()
    assert member.check_password(NEW)
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_a_weak_password_is_refused(as_user, member: User) -> None:
    member.set_unusable_password()
    member.save()
    weak = {"new_password1": "12345678", "new_password2": "12345678"}
    assert as_user(member).post("/account/password/", weak).status_code == 422
    member.refresh_from_db()
    assert not member.has_usable_password()


def test_anonymous_is_sent_to_sign_in(db: None, client: Client) -> None:
    assert client.get("/account/")["Location"].startswith("/sign-in/")
