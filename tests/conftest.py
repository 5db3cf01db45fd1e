"""What every test may use: real servers beside this process, and which tests belong to which invocation."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.settings import DATABASE_KIND, POSTGRES_DIR, TEST_STATE_DIR
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer

TESTS = Path(__file__).parent
# A time says something about the machine: it belongs to `make bench`. The suite tries the same examples until a test changes,
# so a change is judged by what it did; examples that nobody saw yet are tried by `make fuzz`.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile("suite")
# Whoever tests these rooms sends tasks and frames; they reach a real server.
ROOMS_WITH_REDIS = ("apps", "tasks", "live", "browser", "faults", "bench")
USE_THE_DATABASE = {"db", "transactional_db", "django_db_setup"}
# They need an invocation of their own: `pytest -m browser`, `-m faults`, `-m bench`.
MARKED_BY_FOLDER = ("browser", "faults", "bench")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks tests by their folder and leaves out those that belong to another invocation."""
    wanted: str = config.getoption("-m")
    left_out: list[pytest.Item] = []
    for item in items:
        room = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if room in MARKED_BY_FOLDER:
            item.add_marker(getattr(pytest.mark, room))
        if room in ROOMS_WITH_REDIS:
            item.add_marker(pytest.mark.usefixtures("redis_server"))
        elsewhere = room in MARKED_BY_FOLDER and room not in wanted
        if elsewhere or not _is_for_this_database(item):
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


def _is_for_this_database(item: pytest.Item) -> bool:
    """On PostgreSQL only what asks the database, and not merely to have a reader; the rest would say what it said on SQLite.

    `any_database` leaves out a test, or all of a file but those that are marked `each_database`.
    """
    if DATABASE_KIND != "postgres":
        return item.get_closest_marker("postgres") is None
    asks = item.get_closest_marker("django_db") or USE_THE_DATABASE.intersection(getattr(item, "fixturenames", ()))
    is_elsewhere = item.get_closest_marker("any_database") and not item.get_closest_marker("each_database")
    return bool(asks) and not is_elsewhere


def pytest_unconfigure(config: pytest.Config) -> None:
    for folder in (TEST_STATE_DIR, POSTGRES_DIR):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The Redis-protocol server of this run, at settings.REDIS_URL."""
    server = RedisServer(socket_path=TEST_STATE_DIR / "run" / "valkey.sock", data_dir=TEST_STATE_DIR / "valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Starts PostgreSQL before pytest-django makes the test database, when this run is one on PostgreSQL."""
    if DATABASE_KIND == "sqlite":
        yield
        return
    server = PostgresServer(POSTGRES_DIR)
    server.start()
    yield
    server.stop()


@pytest.fixture
def channel_layer(redis_server: RedisServer) -> Iterator[object]:
    """The product's channel layer, fresh: its connections belong to the event loop of one test."""
    from channels.layers import channel_layers, get_channel_layer

    channel_layers.backends.clear()
    yield get_channel_layer()
    channel_layers.backends.clear()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets that NASWEB_TEST_DATA names; a test that needs them is skipped without it."""
    folder = os.environ.get("NASWEB_TEST_DATA")
    if not folder:
        pytest.skip("NASWEB_TEST_DATA does not name a folder of data sets")
    return Path(folder)
