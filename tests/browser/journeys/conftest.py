"""The product as a person starts it, with a worker that trains: the browser is the only way in, as for any reader.

Its database and its Valkey are its own, so it does not meet the rows and the Redis of the other tests of this room.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.browser.conftest import LOADED_MACHINE_MS, WIDE
from tests.support.conditions import wait_for
from tests.support.running_platform import ROOT, RunningPlatform


@pytest.fixture(scope="session")
def environment() -> Iterator[dict[str, str]]:
    """The settings of this platform: a state folder of its own, short because sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="nasweb-journey-"))
    yield {
        "NASWEB_STATE_DIR": str(folder),
        "NASWEB_RUNTIME_DIR": str(folder / "run"),
        "NASWEB_DATABASE_URL": f"sqlite:///{folder / 'nasweb.sqlite3'}",
        "NASWEB_SWEEP_SECONDS": "1",
    }
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def platform(environment: dict[str, str]) -> Iterator[RunningPlatform]:
    running = RunningPlatform(state_dir=Path(environment["NASWEB_STATE_DIR"]), environment=environment)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def sign_in_link(platform: RunningPlatform, environment: dict[str, str]) -> str:
    """A new link for the first person, as an operator makes one."""
    settings = {**os.environ, "DJANGO_SETTINGS_MODULE": "nasweb.settings", **environment}
    settings.pop("NASWEB_REDIS_URL", None)
    command = (sys.executable, "manage.py", "create_sign_in_link", "admin", "--site", platform.address)
    done = subprocess.run(command, cwd=ROOT, env=settings, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="session")
def signed_in(platform: RunningPlatform, chromium: Browser) -> StorageState:
    """The cookies of somebody who used the link that the start prints."""
    log = platform.state_dir / "up.log"  # the link is printed a moment after everything is ready
    printed = wait_for(lambda: re.search(r"http\S+/sign-in/\S+/", log.read_text()), what="the sign-in link")
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(printed[0])
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_url(platform.address + "/")
        return context.storage_state()


@pytest.fixture
def visit(platform: RunningPlatform, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address of the running platform. The test fails when the console held an error."""
    contexts = []
    errors: list[str] = []

    def make(address: str, *, who: StorageState | None = None) -> Page:
        context = chromium.new_context(viewport=WIDE, base_url=platform.address, storage_state=who)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LOADED_MACHINE_MS)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []
