"""A real Redis-protocol server on a unix socket, which tests may also kill and start again."""

import os
import subprocess
import sys
from pathlib import Path

import redis

from apps.workers.supervisor.child import LAUNCHER
from apps.workers.supervisor.private_redis import answers, private_redis_spec, server_program
from tests.support.conditions import wait_for


class RedisServer:
    """The server that the product starts for itself, with the same options. `data_dir` keeps its append-only file."""

    def __init__(self, *, socket_path: Path, data_dir: Path) -> None:
        self.url = f"unix://{socket_path}"
        self._socket_path = socket_path
        self._data_dir = data_dir
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        self._socket_path.parent.mkdir(parents=True, exist_ok=True)
        self._data_dir.mkdir(parents=True, exist_ok=True)
        spec = private_redis_spec(
            program=server_program(), socket_path=self._socket_path, data_dir=self._data_dir, environment={}
        )
        launch = (sys.executable, "-I", "-S", str(LAUNCHER), str(int(spec.death_signal)), str(os.getpid()))
        with (self._data_dir / "server.log").open("ab") as log:
            self._process = subprocess.Popen([*launch, *spec.argv], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for(lambda: answers(self.url), what="an answer of the Redis-protocol server")

    def kill(self) -> None:
        """Ends the server at once, without a chance to save."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def flush(self) -> None:
        """Deletes everything it holds."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()
