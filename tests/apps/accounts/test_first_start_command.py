"""A composed installation is empty: one command lets the first person in, and is harmless afterwards."""

from __future__ import annotations

import io

from django.core.management import call_command
from django.test import Client

from apps.accounts.models import Membership, Role, User


def link_printed() -> str:
    out = io.StringIO()
    call_command("first_start", site="http://localhost:8000", stdout=out)
    return out.getvalue().strip().removeprefix("http://localhost:8000")


def test_the_link_lets_the_first_person_in(db: None) -> None:
    browser = Client()
    assert browser.post(link_printed()).status_code == 302
    assert browser.get("/").status_code == 200
    assert Membership.objects.get().role == Role.ADMIN


def test_a_second_time_makes_nobody_new(db: None) -> None:
    link_printed()
    assert link_printed()
    assert User.objects.count() == 1
