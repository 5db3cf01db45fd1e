"""`manage.py up`, whole and real: what a person starts, and what a kill may leave behind."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.workers.supervisor.private_redis import answers
from tests.support.conditions import wait_for

START_SECONDS = 90.0
CHILDREN = {"valkey", "web", "control", "cpu0"}


class House:
    """One `manage.py up` with a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.screen = folder.with_suffix(".screen")
        self.process: subprocess.Popen[bytes] | None = None
        foreign = {"NASWEB_REDIS_URL", "NASWEB_DATABASE_URL", "NASWEB_RUNTIME_DIR", "NASWEB_STATE_DIR"}
        self.environment = {name: value for name, value in os.environ.items() if name not in foreign}
        self.environment |= {"DJANGO_SETTINGS_MODULE": "nasweb.settings", "NASWEB_UP_SOFT_SHUTDOWN_SECONDS": "1"}

    def command(self, *, port: int, num_workers: int) -> list[str]:
        options = ("--no-demo", "--port", str(port), "--workers", str(num_workers), "--state-dir", str(self.folder))
        return [sys.executable, "manage.py", "up", *options]

    def start(self, *, port: int = 0, num_workers: int = 0) -> None:
        self.screen.write_bytes(b"")  # of this start alone
        with self.screen.open("wb") as screen:
            self.process = subprocess.Popen(
                self.command(port=port, num_workers=num_workers),
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=screen,
                stderr=subprocess.STDOUT,
            )
        wait_for(self.is_ready, timeout_seconds=START_SECONDS, what="the start")

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.screen.read_text()
        status = self.status()  # perhaps still that of a start that was killed
        return bool(status.get("ready")) and status["pid"] == self.process.pid

    def status(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.folder / "run" / "up.json").read_text()))
        except FileNotFoundError:
            return {}

    def pid(self, name: str) -> int:
        return int(self.status()["children"][name])

    def get(self, path: str) -> http.client.HTTPResponse:
        address = self.status()["address"].removeprefix("http://")
        connection = http.client.HTTPConnection(address, timeout=30)
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse()

    def redis_url(self) -> str:
        return f"unix://{self.folder / 'run' / 'valkey.sock'}"

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


def processes_of(folder: Path) -> list[str]:
    """The commands of living processes that belong to a state folder, by their environment."""
    mark = f"NASWEB_STATE_DIR={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (OSError, ProcessLookupError):
            continue
    return [command for command in found if command]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "s")
    yield house
    if house.process is not None and house.process.poll() is None:
        house.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One start that several tests look at; each leaves it running and whole."""
    house = House(tmp_path_factory.mktemp("up") / "s")
    house.start(num_workers=1)
    yield house
    house.stop()


def test_everything_is_started_and_told(running: House) -> None:
    assert set(running.status()["children"]) == CHILDREN
    response = running.get("/healthz")
    assert (response.status, json.loads(response.read())) == (200, {"database": True, "redis": True})
    assert len(processes_of(running.folder)) >= len(CHILDREN)
    assert f"Ready: {running.status()['address']}/" in running.screen.read_text()


def test_the_link_leads_to_a_page_that_signs_in(running: House) -> None:
    (path,) = re.findall(r"http://localhost:\d+(/sign-in/\S+/)", running.screen.read_text())
    assert running.get(path).status in {200, 302}
    assert running.get("/sign-in/no-such-link/").status not in {302, 500}


def test_a_second_start_says_where_the_first_one_runs(running: House) -> None:
    second = subprocess.run(
        running.command(port=0, num_workers=0),
        cwd=settings.BASE_DIR,
        env=running.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode != 0
    assert running.status()["address"] in second.stderr
    assert str(running.status()["pid"]) in second.stderr
    assert "Traceback" not in second.stderr
    assert running.get("/healthz").status == 200


def test_browsers_wait_while_the_web_server_comes_back(running: House) -> None:
    before = running.pid("web")
    os.kill(before, signal.SIGKILL)
    assert running.get("/healthz").status == 200  # the connection is not refused, its answer comes a little later
    assert running.pid("web") != before


def test_each_killed_process_is_started_again(running: House) -> None:
    before = dict(running.status()["children"])
    for name in CHILDREN:
        os.kill(before[name], signal.SIGKILL)

    def all_are_new() -> bool:
        now = running.status()["children"]
        return set(now) == CHILDREN and all(now[name] != before[name] for name in CHILDREN)

    wait_for(all_are_new, what="new processes")
    wait_for(lambda: answers(running.redis_url()), what="the new Valkey")
    assert running.get("/healthz").status == 200


def test_nothing_outlives_a_killed_start_and_the_next_one_works(house: House) -> None:
    house.start()
    house.stop(signal.SIGKILL)
    wait_for(lambda: not processes_of(house.folder), what="the end of all processes")
    assert (house.folder / "run" / "up.json").exists(), "the kill left nothing behind, so this test proves nothing"
    house.start()
    assert house.get("/healthz").status == 200


def test_a_start_among_obstacles_and_a_clean_stop(house: House) -> None:
    """One start, for it is dear: a busy port, data of Valkey that nobody can read, then a stop that leaves nothing."""
    unreadable = house.folder / "valkey" / "appendonlydir"
    unreadable.mkdir(parents=True)
    (unreadable / "appendonly.aof.manifest").write_text("this is not a manifest\n")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        house.start(port=port)
        assert f"Port {port} is busy" in house.screen.read_text()
        assert not house.status()["address"].endswith(f":{port}")
    assert "could not read its data" in house.screen.read_text()
    assert (house.folder / "valkey.unreadable-1" / "appendonlydir").is_dir()
    assert answers(house.redis_url())
    assert house.get("/healthz").status == 200

    assert house.stop() == 0
    assert "Stopped." in house.screen.read_text()
    wait_for(lambda: not processes_of(house.folder), what="the end of all processes")
    assert not (house.folder / "run" / "up.json").exists()


def test_a_database_that_does_not_answer_is_said_plainly(house: House) -> None:
    environment = {**house.environment, "NASWEB_DATABASE_URL": f"postgres://x@{'%2Fnowhere'}/x"}
    result = subprocess.run(
        house.command(port=0, num_workers=0),
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "NASWEB_DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stderr
    wait_for(lambda: not processes_of(house.folder), what="the end of all processes")
