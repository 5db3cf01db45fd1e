"""A form as a browser would send it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import Team, User

Form = dict[str, str | list[str]]


@pytest.fixture
def browser(as_user: Callable[[User | None], Client], member: User) -> Client:
    return as_user(member)


@pytest.fixture
def filled(team: Team, browser: Client) -> Form:
    """The new-run form as it comes, nobody having touched it."""
    return sent_by(browser.get("/runs/new/").content.decode(), action="start")


def sent_by(page: str, *, action: str) -> Form:
    """The controls of the form with id "new-run", read from the page itself."""
    from html.parser import HTMLParser

    class Controls(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: Form = {}
            self.select = ""
            self.first: str | None = None
            self.inside = False

        def put(self, name: str, value: str) -> None:
            before = self.found.get(name)
            if before is None:
                self.found[name] = value
            else:
                self.found[name] = [*(before if isinstance(before, list) else [before]), value]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = {key: value or "" for key, value in attrs}
            if tag == "form":
                self.inside = given.get("id") == "new-run"
            if not self.inside or (not given.get("name") and tag != "option"):
                return
            if tag == "input":
                if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                    self.put(given["name"], given.get("value", ""))
            elif tag == "select":
                self.select, self.first = given["name"], None
            elif tag == "option" and self.select:
                if "selected" in given:
                    self.found[self.select] = given["value"]
                elif self.first is None:
                    self.first = given["value"]
                    self.found.setdefault(self.select, given["value"])

        def handle_endtag(self, tag: str) -> None:
            if tag == "select":
                self.select = ""

    controls = Controls()
    controls.feed(page)
    controls.found.pop("csrfmiddlewaretoken", None)
    return {**controls.found, "action": action}
