"""A real browser on the real site: uvicorn in a thread of this process, Chromium beside it, Redis between them.

Runs in an invocation of its own (`pytest -m browser`): the browser's synchronous interface keeps an event loop running.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, sync_playwright

from apps.accounts.models import Membership, Role, Team, User
from apps.live.publisher import Publisher
from apps.workers.models import Worker
from tests.apps.builders import make_worker
from tests.support.conditions import wait_for
from tests.support.redis_server import RedisServer
from tests.support.toy_registry import TOYS, registered

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the loop of the browser's interface runs in this thread

CHROMIUM = ("chromium", "chromium-headless-shell", "google-chrome", "chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOADED_MACHINE_MS = 30_000
CUT_SHORT = (
    "htmx:sendAbort",
    "htmx:afterRequest",
)  # a preview under way when the page is left; a fault says more than that
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
AXE_RUN = """axe.run({resultTypes: ["violations"]}).then((found) =>
  found.violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.target.join(" ")).join(", ")}`))"""


class Site:
    """The web server. `stop` and `start` keep the port, so that an open page finds it again."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        from nasweb.asgi import application

        config = uvicorn.Config(
            application, port=self.port, lifespan="off", log_level="warning", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="site", daemon=True)
        self._thread.start()
        wait_for(lambda: self._server.started, what="the web server")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)


@pytest.fixture
def site(transactional_db: None, redis_server: RedisServer) -> Iterator[Site]:
    site = Site()
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    assert program is not None, "no Chromium on this machine: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def team(transactional_db: None) -> Team:
    return Team.objects.create(name="Curie")


@pytest.fixture
def member(team: Team) -> User:
    user = User.objects.create_user(username="member")
    Membership.objects.create(team=team, user=user, role=Role.MEMBER)
    return user


@pytest.fixture
def open_page(site: Site, chromium: Browser, member: User) -> Iterator[Callable[..., Page]]:
    """Opens a page of the site, as the member unless told otherwise. The test fails when the console held an error.

    `expected_error`: a part of the messages that the test itself brings about.
    """
    contexts = []
    errors: list[str] = []

    def make(
        path: str,
        *,
        size: ViewportSize = WIDE,
        dark: bool = False,
        expect_errors: bool = False,
        expected_error: str | None = None,
        who: User = member,
    ) -> Page:
        context = chromium.new_context(viewport=size, color_scheme="dark" if dark else "light", base_url=site.url)
        contexts.append(context)
        client = Client()
        client.force_login(who)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.set_default_navigation_timeout(2 * LOADED_MACHINE_MS)  # the first one imports the whole site

        def heard(message: ConsoleMessage) -> None:
            expected = expected_error is not None and expected_error in message.text
            if message.type == "error" and not expected and not message.text.startswith(CUT_SHORT):
                errors.append(message.text)

        if not expect_errors:
            page.on("console", heard)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def publisher(transactional_db: None, redis_server: RedisServer) -> Iterator[None]:
    """Numbers and sends events, as the control side does."""
    thread = Publisher()
    thread.start()
    yield
    thread.stop()
    thread.join(timeout=10)


@pytest.fixture
def toys() -> Iterator[None]:
    with registered(*TOYS):
        yield


@pytest.fixture
def worker(transactional_db: None) -> Worker:
    return make_worker()


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """What Axe finds wrong on a page, as "rule: elements"."""

    def run(page: Page) -> list[str]:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = page.evaluate(AXE_RUN)
        return found

    return run
