"""Settings that protect: secrets, headers, origins, SQLite."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from nasweb.locations import LONGEST_RUNTIME_DIR_BYTES, runtime_dir_for, secret_key_from
from nasweb.origin import origin_is_allowed
from nasweb.redis_urls import broker_url_for


def test_the_secret_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secret_key"
    key = secret_key_from(path)
    assert len(key) >= 50
    assert secret_key_from(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_key_from(tmp_path / "other" / "secret_key") != key
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"], "a draft was left behind"


def test_two_starts_at_once_agree_on_the_secret_key(tmp_path: Path) -> None:
    program = f"from pathlib import Path; from nasweb.locations import *; print(secret_key_from(Path({str(tmp_path / 'k')!r})))"
    starts = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=settings.BASE_DIR)
        for _ in range(3)
    ]
    assert len({start.communicate()[0] for start in starts}) == 1


def test_sockets_lie_in_a_path_that_is_short_enough(tmp_path: Path) -> None:
    assert runtime_dir_for(Path("/srv/nas")) == Path("/srv/nas/run")
    deep = tmp_path / ("x" * 90)
    short = runtime_dir_for(deep)
    assert len(os.fsencode(short)) <= LONGEST_RUNTIME_DIR_BYTES
    assert short == runtime_dir_for(deep)
    assert short != runtime_dir_for(tmp_path / ("y" * 90))


@pytest.mark.parametrize(
    ("redis_url", "broker_url"),
    [
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("unix:///run/v.sock", "redis+socket:///run/v.sock?virtual_host=0"),
        ("unix:///run/v.sock?db=3", "redis+socket:///run/v.sock?virtual_host=3"),
    ],
)
def test_celery_gets_its_own_spelling_of_the_address(redis_url: str, broker_url: str) -> None:
    assert broker_url_for(redis_url) == broker_url


@pytest.mark.django_db
def test_every_answer_carries_the_security_headers(client: Client) -> None:
    response = client.get("/healthz")
    policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self' 'unsafe-inline'"
    assert policy["img-src"] == "'self' data:"
    assert policy["frame-ancestors"] == "'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_health_says_whether_database_and_redis_answer(client: Client, redis_server: object) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"database": True, "redis": True})


@pytest.mark.django_db
def test_pages_stay_up_without_redis(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path / 'nobody.sock'}"}}
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"database": True, "redis": False})


def test_an_unknown_host_name_is_refused(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://localhost", "localhost:80", True),
        ("https://localhost", "localhost:443", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://localhost:8001", "localhost:8000", False),  # another program of this machine
        ("http://evil.example", "localhost:8000", False),
        ("http://evil.example", "evil.example", False),  # the name of the site was pointed at us
        ("null", "localhost:8000", False),
        ("", "localhost:8000", False),
        (None, "localhost:8000", False),
        ("http://localhost:port", "localhost:8000", False),
        ("http://[::1", "localhost:8000", False),
        ("file://localhost", "localhost", False),
    ],
)
def test_a_socket_opens_only_from_a_page_of_this_site(origin: str | None, host: str, allowed: bool) -> None:
    assert origin_is_allowed(origin=origin, host=host) is allowed


def test_a_socket_opens_from_a_trusted_origin_behind_a_proxy(settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://nas.example.org"]
    assert origin_is_allowed(origin="https://nas.example.org", host="web:8000")
    assert not origin_is_allowed(origin="https://other.example.org", host="web:8000")


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite")
def test_sqlite_is_set_up_for_several_processes() -> None:
    with connection.cursor() as cursor:
        values = {}
        for name in ("journal_mode", "synchronous", "busy_timeout"):
            cursor.execute(f"PRAGMA {name}")
            values[name] = cursor.fetchone()[0]
    assert values == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 20_000}
    assert connection.transaction_mode == "IMMEDIATE"


def test_the_broker_never_starts_a_long_job_twice() -> None:
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] >= 24 * 3600
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_RETRY_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
