"""A browser's share of the live page, in Python: one snapshot over HTTP, then frames over a real WebSocket, until told to end.

Does what frontend/src/live/store.ts does: skips what it has seen, comes back with `since` when the connection breaks or a
number is missing, takes a new snapshot when it is told that it is stale.
"""

import copy
import gzip
import json
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.support.reducer import reduce

PAUSE_SECONDS = 0.2
NOT_COMPARED = (
    "at",
    "elapsed_seconds",
    "seq",
)  # differ in every snapshot; `seq` counts what is in the outbox as missing
FINAL_CODES = (4403, 4404)


def comparable(state: dict[str, Any]) -> dict[str, Any]:
    """What must be equal in a fresh snapshot and in events applied to an earlier one."""
    return {name: value for name, value in state.items() if name not in NOT_COMPARED}


class Viewer:
    """Looks at one run from `start` to `close`. `address` is asked before each connection."""

    def __init__(self, *, address: Callable[[], str], cookie: str, run_id: int) -> None:
        self._address = address
        self._cookie = cookie
        self._run_id = run_id
        self._guard = threading.Lock()
        self._state: dict[str, Any] | None = None
        self._ended = threading.Event()
        self._opened = threading.Event()
        self._socket: ClientConnection | None = None
        self._thread = threading.Thread(target=self._look, name="viewer", daemon=True)
        self.num_connections = 0
        self.num_snapshots = 0
        self.refused: int | None = None
        self.received_at: dict[int, float] = {}  # seq → time.time() at which its frame was here

    def start(self) -> "Viewer":
        self._thread.start()
        if not self._opened.wait(20):
            raise AssertionError("the viewer's socket did not open within 20 s")
        return self

    def close(self) -> None:
        self._ended.set()
        if self._socket is not None:
            self._socket.close()
        self._thread.join(timeout=10)

    def state(self) -> dict[str, Any]:
        """What its page shows now."""
        with self._guard:
            assert self._state is not None
            return self._state

    def fetch_snapshot(self) -> dict[str, Any]:
        """A fresh snapshot, as a page opened at this moment gets it."""
        request = urllib.request.Request(f"{self._address()}/runs/{self._run_id}/snapshot.json")
        request.add_header("Cookie", self._cookie)
        with urllib.request.urlopen(request, timeout=20) as response:
            snapshot: dict[str, Any] = json.loads(gzip.decompress(response.read()))
        return snapshot

    def _look(self) -> None:
        while not self._ended.is_set():
            try:
                if self._state is None:
                    self._take(self.fetch_snapshot())
                self._listen()
            except (OSError, WebSocketException, TimeoutError, ValueError, KeyError):
                pass  # the server is away
            self._ended.wait(PAUSE_SECONDS)

    def _take(self, snapshot: dict[str, Any]) -> None:
        self.num_snapshots += 1
        with self._guard:
            self._state = snapshot

    def _listen(self) -> None:
        address = self._address()
        path = f"/ws/runs/{self._run_id}/?since={self.state()['seq']}"
        with connect(
            address.replace("http", "ws", 1) + path,
            origin=Origin(address),
            additional_headers={"Cookie": self._cookie},
            open_timeout=10,
            max_size=None,
        ) as socket:
            self._socket = socket
            self.num_connections += 1
            self._opened.set()
            for text in socket:
                if not self._receive(json.loads(text), time.time()):
                    return  # a gap: ask again from what was seen
        if socket.close_code in FINAL_CODES:
            self.refused = socket.close_code
            self._ended.set()

    def _receive(self, message: dict[str, Any], at: float) -> bool:
        """False when numbers are missing before this frame."""
        if message["type"] == "stale":
            self._take(self.fetch_snapshot())
            return True
        state = self.state()
        if message["to_seq"] <= state["seq"]:
            return True
        if message["from_seq"] > state["seq"] + 1:
            return False
        state = reduce(copy.deepcopy(state), message)
        for seq in range(message["from_seq"], message["to_seq"] + 1):
            self.received_at.setdefault(seq, at)
        with self._guard:
            self._state = state
        return True
